"""What is put into a kind node's containerd: the same images are the same bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from course.images import oci
from course.images.tree import Entry, Tree
from course.kit import programs

NAMES = [f"registry.example/image-{number}:1" for number in range(8)]


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """An OCI layout with several images of several layers."""
    made = oci.Layout(tmp_path / "layout")
    entries = []
    for name in NAMES:
        layers = [made.add_layer(_tree(f"{name}, layer {number}"), name) for number in range(3)]
        manifest = made.add_image(layers, {}, "amd64", {})
        entries.append({**manifest, "annotations": {"io.containerd.image.name": name}})
    made.publish(entries, "test")
    return made.folder


def _tree(text: str) -> Tree:
    tree = Tree()
    tree.add("file", Entry("file", 0o644, data=text.encode()))
    return tree


@pytest.mark.slow
@pytest.mark.timeout(1800)  # where no one has built it before, containerd is built
def test_two_preloads_of_the_same_images_are_the_same_bytes(layout: Path, tmp_path: Path) -> None:
    preload = programs.ensure("containerd") / "preload"
    made = []
    for name in ("one", "another"):
        subprocess.run([preload, layout, tmp_path / name], check=True, timeout=60)
        made.append(
            {
                str(path.relative_to(tmp_path / name)): path.read_bytes()
                for path in (tmp_path / name).rglob("*")
                if path.is_file()
            }
        )
    assert made[0] == made[1]
    database = made[0]["io.containerd.metadata.v1.bolt/meta.db"]
    assert all(name.encode() in database for name in NAMES)
