"""A small kit from one folder to another by `lab kit serve`'s server; and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from course import images
from course.errors import KitError
from course.kit import contents, fetch, programs
from course.kit.contents import Contents
from course.kit.serve import serving
from course.progress import silent

PORTS = (18765, 18766)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit that holds no more than serving needs."""
    folder = tmp_path / "kit"
    for path, text in {
        "bin/tool": b"#!/bin/sh\n",
        "wheels/one.whl": b"wheel",
        "course.tar": b"tar",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)
    (folder / "bin" / "kind-node").symlink_to(programs.ensure("kind-node") / "kind-node")
    layout = images.stand_ins(silent)
    (folder / "images").symlink_to(layout)
    parts = [contents.part_of(folder, p, "x") for p in ("bin/tool", "wheels/one.whl", "course.tar")]
    Contents(kubernetes="v", architecture="a", sources="s", parts=parts, components=[]).write(
        folder
    )
    return folder


@pytest.fixture
def url(kit: Path) -> Iterator[str]:
    with serving(kit, *PORTS) as found:
        yield f"http://127.0.0.1:{found.rpartition(':')[2]}"


def test_a_kit_arrives_whole_and_is_fetched_once(kit: Path, url: str, tmp_path: Path) -> None:
    target = tmp_path / "arrived"
    assert fetch.fetch(url, target) == 3
    assert contents.read(target) == contents.read(kit)
    for part in contents.read(target).parts:
        contents.verified(target, part)
    assert (target / "bin" / "tool").stat().st_mode & 0o111
    assert fetch.fetch(url, target) == 0


def test_a_file_that_was_changed_on_the_way_is_refused(kit: Path, url: str, tmp_path: Path) -> None:
    (kit / "course.tar").write_bytes(b"another")
    with pytest.raises(fetch.FetchError, match=r"course\.tar is not what kit\.json says"):
        fetch.fetch(url, tmp_path / "arrived")
    assert not (tmp_path / "arrived" / "kit.json").exists()


def test_a_path_out_of_the_folder_is_refused(kit: Path, url: str, tmp_path: Path) -> None:
    text = (kit / "kit.json").read_text().replace("course.tar", "../course.tar")
    (kit / "kit.json").write_text(text)
    with pytest.raises(fetch.FetchError, match="outside of the kit"):
        fetch.fetch(url, tmp_path / "arrived")


def test_the_images_are_there_as_a_mirror_has_them(url: str) -> None:
    manifest = f"http://127.0.0.1:{PORTS[1]}/v2/library/nginx/manifests/1.22"
    text = _when_it_answers(manifest)
    assert b"schemaVersion" in text


def _when_it_answers(url: str) -> bytes:
    """curl asks again while nobody listens yet."""
    argv = [
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--retry",
        "20",
        "--retry-connrefused",
        "--retry-delay",
        "1",
        url,
    ]
    return subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout


def test_a_damaged_kit_is_not_served(kit: Path) -> None:
    (kit / "bin" / "tool").write_bytes(b"x")
    with pytest.raises(KitError, match=r"is not what kit\.json says"), serving(kit, *PORTS):
        pass


def test_the_errors_of_the_first_step_are_one_line(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-I", fetch.__file__, f"http://127.0.0.1:{PORTS[0]}", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert said.returncode == 1
    assert said.stderr.startswith("ERROR: ")
    assert "lab kit serve" in said.stderr
    assert len(said.stderr.splitlines()) == 1
