"""A container as strict as a notebook server's pod: no capability, no new privileges, little memory."""

from __future__ import annotations

import io
import tarfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.confined.daemon import Docker

UID = 1000
HOME = Path("/home/jovyan")
CONFINED = (
    f"--user={UID}:{UID}",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=2g",
    "--cpus=1",
)
"""Docker's default seccomp profile holds too: nothing here says otherwise."""
_SYSTEM = ("usr", "etc", "bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class Image:
    """An image of empty folders, over which the machine's own are mounted: no registry is needed."""

    docker: Docker
    name: str

    def argv(
        self,
        called: str,
        command: Sequence[str],
        env: Mapping[str, str],
        shown: Sequence[Path],
        folder: Path,
        internet: bool = False,
    ) -> list[str]:
        """`docker run` of a command in a confined container that sees the folders `shown`, read-only."""
        network = self.docker.network if internet else "none"
        options = [f"--name={called}", f"--workdir={folder}", f"--network={network}", *CONFINED]
        if self.docker.cgroup:
            options.append(f"--cgroup-parent={self.docker.cgroup}")
        options += [f"--volume={p}:{p}:ro" for p in [*of_the_system(), *shown]]
        options += [f"--env={name}={value}" for name, value in env.items()]
        return self.docker.argv("run", "--rm", *options, self.name, *command)


@contextmanager
def image(docker: Docker) -> Iterator[Image]:
    """Makes the image, and removes it."""
    name = f"kubelab-confined:{uuid.uuid4().hex[:8]}"
    docker.call("import", "-", name, data=_empty_root())
    try:
        yield Image(docker, name)
    finally:
        docker.call("rmi", "--force", name, check=False)


def _empty_root() -> bytes:
    """A tar of the folders that a root file system has, and of the machine's symbolic links to /usr."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        folders = ["proc", "sys", "dev", "run", "var", "tmp", "var/tmp", "home"]
        for name in folders:
            tar.addfile(_entry(name, tarfile.DIRTYPE, 0o1777 if name.endswith("tmp") else 0o755))
        home = _entry(str(HOME).lstrip("/"), tarfile.DIRTYPE, 0o755)
        home.uid = home.gid = UID
        tar.addfile(home)
        for name in _SYSTEM:
            path = Path("/") / name
            if path.is_symlink():
                link = _entry(name, tarfile.SYMTYPE, 0o777)
                link.linkname = str(path.readlink())
                tar.addfile(link)
            elif path.is_dir():
                tar.addfile(_entry(name, tarfile.DIRTYPE, 0o755))
    return made.getvalue()


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode = kind, mode
    return entry


def of_the_system() -> list[Path]:
    """The folders of the machine's own programs, which containers see."""
    all_of_it = [Path("/") / name for name in _SYSTEM]
    return [path for path in all_of_it if path.is_dir() and not path.is_symlink()]
