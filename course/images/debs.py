"""Packages taken apart: into an image's tree, or into a folder of the cache as a program to run."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course.errors import ImageError
from course.images import apt as debian
from course.images import paths
from course.images.lock import held
from course.images.oci import write_whole
from course.images.tree import Tree

_WRAPPER = """\
#!/bin/sh
exec {loader} --library-path {libraries} --argv0 "$0" {program} "$@"
"""


def unpack(packages: Iterable[debian.Package], tree: Tree) -> None:
    """Adds the files of packages to a tree, in the order given. Two are decompressed at a time."""
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda package: _files(package, tree.merged_usr), packages):
            for path, entry in part.entries.items():
                # A folder that several packages ship keeps what the first one says.
                if not (entry.kind == "dir" and path in tree.entries):
                    tree.add(path, entry)


def _files(package: debian.Package, merged_usr: bool) -> Tree:
    part = Tree(merged_usr)
    argv = ["dpkg-deb", "--fsys-tarfile", str(package.path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr  # noqa: S101 - asked for above
        try:
            part.unpack(process.stdout)
        except (OSError, ValueError) as problem:
            process.kill()
            raise ImageError(f"the package {package.path} cannot be read: {problem}") from problem
        process.stdout.read()
        words = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise ImageError(
            f"the package {package.path} cannot be unpacked: {words.strip()}",
            f"Remove {package.path} and run this again.",
        )
    return part


def tool(name: str, package: str = "") -> Path:
    """A program of a Debian package, for a machine that does not have it installed.

    The package and its libraries are unpacked into the cache. The program is run by the C
    library's loader that comes with it, so it works on any Linux of the same architecture.

    Args:
        name: the program's name, as in /usr/bin.
        package: the package that holds it, if it is called otherwise.

    Returns:
        An executable: a script of one line that becomes the program (same pid).

    Raises:
        ImageError: this is not Debian 12, or apt cannot get the package.
    """
    package = package or name
    folder = paths.tools() / package
    wrapper = folder / "run" / name
    if wrapper.is_file():
        return wrapper
    debian.require()
    paths.tools().mkdir(parents=True, exist_ok=True)
    with held(paths.tools() / f".{package}.lock"):
        if not wrapper.is_file():
            _make_tool(folder, name, package)
    return wrapper


def _make_tool(folder: Path, name: str, package: str) -> None:
    for left in paths.tools().glob(f".{package}-*"):  # by one that was killed
        shutil.rmtree(left)
    # Its own apt folder: the images may be built at the same time, under another lock.
    apt = debian.Apt(paths.tools() / ".apt" / package)
    packages = apt.fetch([package], ["debconf", "perl", "perl-base", "dpkg"])
    with tempfile.TemporaryDirectory(dir=paths.tools(), prefix=f".{package}-") as temporary:
        root = Path(temporary) / "root"
        for found in packages:
            argv = ["dpkg-deb", "-x", str(found.path), str(root)]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ImageError(f"{found.path} cannot be unpacked: {done.stderr.strip()}")
        for rest in ("usr/share", "usr/include", "etc", "var"):
            shutil.rmtree(root / rest, ignore_errors=True)
        program = _inside(root, [f"usr/bin/{name}", f"bin/{name}", f"usr/sbin/{name}"], name)
        loader = _inside(root, ["lib/*/ld-linux-*.so.*", "usr/lib/*/ld-linux-*.so.*"], "ld-linux")
        libraries = {path.parent for path in root.rglob("lib*.so.*")}
        final = folder / "root"
        text = _WRAPPER.format(
            loader=shlex.quote(str(final / loader)),
            libraries=shlex.quote(
                ":".join(sorted(str(final / path.relative_to(root)) for path in libraries))
            ),
            program=shlex.quote(str(final / program)),
        )
        shutil.rmtree(folder, ignore_errors=True)
        (Path(temporary) / "run").mkdir()
        write_whole(Path(temporary) / "run" / name, text.encode(), 0o755)
        Path(temporary).chmod(0o755)
        Path(temporary).rename(folder)
        Path(temporary).mkdir()  # for TemporaryDirectory to remove
    shutil.rmtree(apt.folder)


def _inside(root: Path, patterns: list[str], what: str) -> Path:
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            return path.relative_to(root)
    raise ImageError(f"the Debian packages hold no {what}")
