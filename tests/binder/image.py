"""What repo2docker makes of binder/, without repo2docker's base image and conda, which no registry here has.

Its steps, in its order (a test holds them to repo2docker's own Dockerfile): apt.txt's packages, the environment, the
repository in the home of the user 1000, postBuild. The packages are this machine's, mounted; the environment lies over
that of the tests, which comes from the same lock file.
"""

from __future__ import annotations

import io
import shutil
import stat
import subprocess
import sys
import sysconfig
import tarfile
import time
import uuid
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.confined import container, suite
from tests.confined import stage as stages

HOME = Path("/home/jovyan")
PREFIX = Path("/srv/conda/envs/notebook")
_BUILD_WITHIN = 900.0
_KEPT = ("PYTHONUNBUFFERED", "LANG", "LD_LIBRARY_PATH", "KUBELAB_IMAGES")


@dataclass(frozen=True)
class Built:
    """An image from which sessions start.

    Attributes:
        image: the empty root file system and its daemon, and how its containers see the machine.
        name: the image's.
        seconds: how long postBuild took.
    """

    base: container.Image
    name: str
    env: Mapping[str, str]
    shown: tuple[Path, ...]
    seconds: float

    def options(self) -> list[str]:
        """Options of `docker run`: the machine's folders, and the environment."""
        options = [f"--volume={path}:{path}:ro" for path in self.shown]
        options += [f"--env={name}={value}" for name, value in self.env.items()]
        if self.base.docker.cgroup:
            options.append(f"--cgroup-parent={self.base.docker.cgroup}")
        return [*options, f"--workdir={HOME}", f"--user={container.UID}:{container.UID}"]


@contextmanager
def built(base: container.Image, stage: stages.Stage) -> Iterator[Built]:
    """Builds the image, and removes it."""
    name = f"kubelab-binder:{uuid.uuid4().hex[:8]}"
    go = _go()
    shown = (*container.of_the_system(), *stages.interpreter(), go)
    made = Built(base, name, _env(stage, go), shown, 0)
    docker = base.docker
    builder = docker.call(
        "run", "--detach", f"--network={docker.network}", *made.options(), base.name, "sleep", "infinity"
    )  # fmt: skip
    try:
        docker.call("cp", "-", f"{builder}:/", data=_files(stage))
        began = time.monotonic()
        done = suite.run(docker.argv("exec", builder, "binder/postBuild"), _BUILD_WITHIN)
        assert done.code == 0, f"postBuild ended with {done.code}:\n{done.text}"
        seconds = time.monotonic() - began
        docker.call("commit", builder, name)
    finally:
        docker.call("rm", "--force", builder, check=False)
    try:
        yield Built(base, name, made.env, shown, seconds)
    finally:
        docker.call("rmi", "--force", name, check=False)


def _go() -> Path:
    """The folder of the Go toolchain, which conda brings on Binder."""
    argv = ["go", "env", "GOROOT"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    return Path(done.stdout.strip())


def _env(stage: stages.Stage, go: Path) -> dict[str, str]:
    """The variables that repo2docker sets, and where this machine has its programs."""
    outer = stage.env("", HOME)
    own = str(Path(sys.prefix) / "bin")
    search = [f"{HOME}/.local/bin", f"{PREFIX}/bin", f"{go}/bin"]
    search += [folder for folder in outer["PATH"].split(":") if folder != own]
    return {name: outer[name] for name in _KEPT if name in outer} | {
        "PATH": ":".join(search),
        "HOME": str(HOME),
        "USER": "jovyan",
        "NB_USER": "jovyan",
        "NB_UID": str(container.UID),
        "NB_PYTHON_PREFIX": str(PREFIX),
    }


def _files(stage: stages.Stage) -> bytes:
    """A tar, of user 1000: the repository in the home, the images in its cache, the environment."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.add(stage.repository, str(HOME).lstrip("/"), filter=_owned)
        if stage.has_images():
            tar.add(stage.cache / "kubelab", f"{HOME}/.cache/kubelab".lstrip("/"), filter=_owned)
        tar.add(_environment(stage.folder / "env"), str(PREFIX).lstrip("/"), filter=_owned)
    return made.getvalue()


def _owned(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = container.UID
    entry.mode |= stat.S_IWUSR
    return entry


def _environment(folder: Path) -> Path:
    """A Python environment that finds the packages of this one, and where more can be installed."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    (site,) = folder.glob("lib/python3.*/site-packages")
    packages = sysconfig.get_path("purelib")
    (site / "of-the-tests.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
    for part in ("share", "etc"):
        (folder / part).symlink_to(Path(sys.prefix) / part)
    for program in (Path(sys.prefix) / "bin").iterdir():
        _copy_script(program, folder / "bin" / program.name)
    return folder


def _copy_script(program: Path, to: Path) -> None:
    """Copies a script of this environment's Python, for that one's; other programs are left out."""
    content = program.read_bytes() if program.is_file() else b""
    first, _newline, rest = content.partition(b"\n")
    if first.startswith(b"#!") and first.endswith(b"/python") and not to.exists():
        to.write_bytes(f"#!{PREFIX}/bin/python\n".encode() + rest)
        shutil.copymode(program, to)
