"""What a kit's files were made of, with versions and licences: Debian packages, Go modules, Python packages."""

from __future__ import annotations

import email
import json
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course import gobuild
from course.errors import KitError
from course.images import apt as debian
from course.images import paths as image_paths
from course.images import spec
from course.kit import programs, system_images
from course.kit.contents import Component
from course.progress import Progress

LICENCES = "licences"
_LICENCE_FILES = ("LICENSE", "LICENCE", "COPYING", "LICENSE.md", "LICENSE.txt", "LICENSE.code")


def find(kit: Path, progress: Progress) -> list[Component]:
    """All components; their licences' texts are put into the kit."""
    progress("gathering licences", 0, 0)
    found = [*_debian(kit), *_go(kit), *_python(kit)]
    return sorted(found, key=lambda c: (c.kind, c.name, c.version))


def _debian(kit: Path) -> Iterator[Component]:
    apt = debian.Apt(image_paths.apt())
    folders = (spec.DEFINITIONS, system_images.DEFINITIONS)
    packages = set()
    for definition in (d for folder in folders for d in spec.definitions(folder).values()):
        packages |= set(apt.fetch(definition.packages, definition.assumed))
    for package in sorted(packages):
        text = _copyright(package)
        licence = _keep(kit, "debian", f"{package.name}_{package.version}", text) if text else ""
        yield Component(kind="debian", name=package.name, version=package.version, licence=licence)


def _copyright(package: debian.Package) -> bytes:
    """/usr/share/doc/PACKAGE/copyright, Debian's policy 12.5; empty where it is a link to another's."""
    argv = ["dpkg-deb", "--fsys-tarfile", str(package.path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - asked for above
        text = b""
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(f"/doc/{package.name}/copyright"):
                    data = archive.extractfile(member)
                    text = data.read() if data else b""
        process.stdout.read()
    return text


def _go(kit: Path) -> Iterator[Component]:
    seen = set()
    modules = (*programs.MODULES, programs.KIND_NODE)
    podling = [*programs.KIND_NODE.packages, "./cmd/podling", "./cmd/podling-launch"]
    for module in modules:
        packages = podling if module is programs.KIND_NODE else list(module.packages)
        for name, version, folder in _modules_of(module.folder, packages):
            if (name, version) in seen:
                continue
            seen.add((name, version))
            text = _licence_in(Path(folder))
            place = f"{name.replace('/', '_')}@{version}"
            licence = _keep(kit, "go", place, text) if text else ""
            yield Component(kind="go", name=name, version=version, licence=licence)


def _modules_of(module: Path, packages: list[str]) -> set[tuple[str, str, str]]:
    """The modules that packages of a module are compiled from: name, version, folder."""
    go = gobuild.toolchain(module)
    template = (
        "{{with .Module}}{{if not .Main}}{{with (or .Replace .)}}"
        '["{{.Path}}","{{.Version}}","{{.Dir}}"]{{end}}{{end}}{{end}}'
    )
    argv = [go, "list", "-deps", "-f", template, *packages]
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    done = subprocess.run(
        argv, cwd=module, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise KitError(f"the Go modules of {module} cannot be listed: {done.stderr.strip()}")
    rows = {tuple(json.loads(line)) for line in done.stdout.splitlines() if line.startswith("[")}
    return {(row[0], row[1], row[2]) for row in rows}


def _licence_in(folder: Path) -> bytes:
    for name in _LICENCE_FILES:
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    return b""


def _python(kit: Path) -> Iterator[Component]:
    for wheel in sorted((kit / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            inside = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
            fields = email.message_from_bytes(archive.read(inside))
        classifiers = [
            text.rpartition(" :: ")[2]
            for text in fields.get_all("Classifier", [])
            if text.startswith("License ::")
        ]
        said = fields["License-Expression"] or ", ".join(classifiers) or fields["License"] or ""
        yield Component(
            kind="python",
            name=fields["Name"],
            version=fields["Version"],
            licence=said.splitlines()[0] if said else "",
        )


def _keep(kit: Path, kind: str, name: str, text: bytes) -> str:
    file = kit / LICENCES / kind / name.replace(":", "-")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text)
    return file.relative_to(kit).as_posix()
