"""Builds images from their definitions: packages → trees → layers → an OCI layout."""

from __future__ import annotations

import posixpath
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import ImageError
from course.images import apt as debian
from course.images import debs, oci
from course.images.spec import Applets, Definition
from course.images.tree import Entry, Tree

_PLATFORM = {"armhf": "arm", "i386": "386", "ppc64el": "ppc64le"}  # Debian's name → OCI's


@dataclass
class Built:
    """What a definition became."""

    tree: Tree
    layers: list[oci.Layer]
    packages: list[debian.Package]


def build(
    wanted: dict[str, Definition],
    layout: oci.Layout,
    apt: debian.Apt,
    progress: debian.Progress,
) -> list[oci.Descriptor]:
    """Builds every definition into the layout (bases first); returns the index's entries.

    Raises:
        ImageError: a package cannot be had, or is not what the definition says.
    """
    steps = 2 * len(wanted)
    fetched: dict[str, list[debian.Package]] = {}
    # Bases last: their packages have come with those of the images on them by then.
    for count, definition in enumerate(reversed(wanted.values())):
        progress(f"fetching Debian packages for {definition.title}", count, steps)
        chain = _chain(wanted, definition)
        fetched[definition.key] = apt.fetch(
            [name for link in chain for name in link.packages],
            [name for link in chain for name in link.assumed],
        )
    built: dict[str, Built] = {}
    index: list[oci.Descriptor] = []
    for count, definition in enumerate(wanted.values(), len(wanted)):
        progress(f"building {definition.title}", count, steps)
        made = _build_one(definition, built.get(definition.base), fetched[definition.key], layout)
        built[definition.key] = made
        index += _entries(definition, made, layout)
    progress("images are built", steps, steps)
    return index


def _chain(wanted: dict[str, Definition], definition: Definition) -> list[Definition]:
    """A definition after its bases: apt must find their packages together."""
    below = _chain(wanted, wanted[definition.base]) if definition.base else []
    return [*below, definition]


def _build_one(
    definition: Definition,
    base: Built | None,
    packages: list[debian.Package],
    layout: oci.Layout,
) -> Built:
    tree = base.tree.copy() if base else Tree(definition.merged_usr)
    new = [p for p in packages if not base or p not in base.packages]
    debs.unpack(new, tree)
    furnish(tree, definition)
    names = ", ".join(f"{p.name} {p.version}" for p in new)
    upper = tree.minus(base.tree) if base else tree
    layer = layout.add_layer(upper, f"kubelab: Debian packages {names}")
    return Built(tree, [*(base.layers if base else []), layer], packages)


def furnish(tree: Tree, definition: Definition) -> None:
    """Does to a tree what packages' scripts would have done, and what the definition says."""
    if definition.identities:
        for name in ("passwd", "group"):
            master = tree.read(f"usr/share/base-passwd/{name}.master")
            tree.add(f"etc/{name}", Entry("file", 0o644, data=master.replace(b":*:", b":x:")))
    files = [
        (file, _joined(tree, file.join) if file.join else file.text.encode())
        for file in definition.files
    ]
    tree.drop(definition.drop)  # before our own files, which may take a dropped one's place
    for file, data in files:
        tree.add(file.path, Entry("file", int(file.mode, 8), data=data))
    for folder in definition.folders:
        tree.add(folder.path, Entry("dir", int(folder.mode, 8), folder.uid, folder.gid))
    for link in definition.links:
        tree.add(link.path, Entry("link", 0o777, target=link.to))
    if definition.applets:
        _add_applets(tree, definition.applets)
    for user in definition.users:
        line = f"{user.name}:x:{user.uid}:{user.gid}:{user.name}:{user.home}:{user.shell}\n"
        _append(tree, "etc/passwd", line)
        _append(tree, "etc/group", f"{user.name}:x:{user.gid}:\n")
    if tree.merged_usr:
        tree.merge_usr()


def _joined(tree: Tree, pattern: str) -> bytes:
    found = tree.match(pattern)
    if not found:
        raise ImageError(f"no file of the image's packages matches {pattern}")
    return b"".join(tree.read(path) for path in found)


def _append(tree: Tree, path: str, line: str) -> None:
    before = tree.read(path) if path in tree.entries else b""
    tree.add(path, Entry("file", 0o644, data=before + line.encode()))


def _add_applets(tree: Tree, applets: Applets) -> None:
    """Links a program's names to it; the program itself, run here, says which it has."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / posixpath.basename(applets.program)  # it looks at its name
        oci.write_whole(program, tree.read(applets.program), 0o755)
        names = subprocess.run(
            [program, applets.list_argument], capture_output=True, text=True, timeout=20, check=True
        ).stdout.split()
    for name in names:
        path = tree.place(posixpath.join(applets.folder, name))
        if path not in tree.entries:
            tree.add(path, Entry("link", 0o777, target=posixpath.basename(applets.program)))


def _entries(definition: Definition, made: Built, layout: oci.Layout) -> list[oci.Descriptor]:
    """The image itself, once for each of its tags; nothing for a definition without tags."""
    if not definition.tags:
        return []
    version = _version(definition, made.packages)
    labels = {
        "org.kubelab.stand-in": "true",
        "org.kubelab.stands-in-for": f"docker.io/{definition.name}:{definition.tags[0]}",
        "org.kubelab.built-from": "Debian packages "
        + ", ".join(f"{p.name} {p.version}" for p in made.packages),
        "org.opencontainers.image.title": definition.title,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": oci.CREATED,
        "org.opencontainers.image.vendor": "Kubelab",
        "org.opencontainers.image.description": f"A stand-in for the {definition.title} image, "
        "built on this machine from Debian packages",
    }
    architecture = _PLATFORM.get(debian.architecture(), debian.architecture())
    settings = config(definition, version, labels)
    manifest = layout.add_image(
        made.layers, settings, architecture, {"org.kubelab.stand-in": "true"}
    )
    entries = []
    for tag in definition.tags:
        reference = f"docker.io/{definition.name}:{tag}"
        names = {"org.opencontainers.image.ref.name": tag, "io.containerd.image.name": reference}
        entries.append({**manifest, "annotations": names})
    return entries


def _version(definition: Definition, packages: list[debian.Package]) -> str:
    """The upstream version of the image's main package.

    Raises:
        ImageError: it is not what the tag promises.
    """
    found = {p.name: p.version for p in packages}[definition.version_of]
    upstream = found.split(":")[-1].rpartition("-")[0]
    if not f"{upstream}.".startswith(f"{definition.tags[0]}."):
        raise ImageError(
            f"the image {definition.name}:{definition.tags[0]} cannot be built from "
            f"{definition.version_of} {found}",
            "Correct the tag in its definition, or apt's sources (Debian 12 is meant).",
        )
    return upstream


def config(definition: Definition, version: str, labels: dict[str, str]) -> dict[str, Any]:
    given = definition.config
    full = {
        "Entrypoint": list(given.entrypoint),
        "Cmd": list(given.cmd),
        "Env": [line.replace("{version}", version) for line in given.env],
        "ExposedPorts": {port: {} for port in given.exposed},
        "StopSignal": given.stop_signal,
        "WorkingDir": given.workdir,
        "User": given.user,
        "Labels": labels,
    }
    return {key: value for key, value in full.items() if value}
