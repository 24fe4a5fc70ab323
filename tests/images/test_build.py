"""The layout that is built: whole, true to its definitions, the same every time."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from course import images
from course.errors import ImageError
from course.images import apt, build, oci, paths, spec, tree
from tests.support import fastest

from .conftest import BUILD, Image, python

Images = Callable[[str], Image]


def test_every_blob_is_what_its_digest_says(layout: Path) -> None:
    blobs = list((layout / "blobs/sha256").iterdir())
    assert len(blobs) == 7  # three layers, two configurations, two manifests
    for blob in blobs:
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name


@pytest.mark.parametrize("name", ["nginx:1.22", "busybox:1.35"])
def test_layers_and_diff_ids_agree(image: Images, name: str) -> None:
    found = image(name)
    plain = [gzip.decompress(found.path(d).read_bytes()) for d in found.manifest["layers"]]
    digests = [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in plain]
    assert digests == found.config["rootfs"]["diff_ids"]


def test_latest_is_the_same_image(image: Images) -> None:
    assert image("nginx:latest").entry["digest"] == image("nginx:1.22").entry["digest"]
    assert image("busybox:latest").entry["digest"] == image("busybox:1.35").entry["digest"]


@pytest.mark.parametrize(
    ("name", "package"), [("nginx:1.22", "nginx 1.22"), ("busybox:1.35", "busybox 1:1.35")]
)
def test_a_stand_in_says_so(image: Images, name: str, package: str) -> None:
    labels = image(name).config["config"]["Labels"]
    assert labels["org.kubelab.stand-in"] == "true"
    assert labels["org.kubelab.stands-in-for"] == f"docker.io/library/{name}"
    assert package in labels["org.kubelab.built-from"]
    assert labels["org.opencontainers.image.version"].startswith(name.split(":")[1])


def test_nginx_is_started_as_the_official_image_is(image: Images) -> None:
    config = image("nginx:1.22").config["config"]
    assert config["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert config["StopSignal"] == "SIGQUIT"
    assert config["ExposedPorts"] == {"80/tcp": {}}
    assert "NGINX_VERSION=1.22.1" in config["Env"]


def test_tars_are_sorted_and_have_one_time(image: Images) -> None:
    found = image("nginx:1.22")
    for layer in found.manifest["layers"]:
        with tarfile.open(found.path(layer)) as tar:
            members = tar.getmembers()
        names = [m.name for m in members]
        assert names == sorted(set(names))
        assert {m.mtime for m in members} == {tree.FIXED_TIME}
        assert not [m.name for m in members if m.mode & 0o6000 and m.isfile()]


def test_the_images_stay_small(image: Images) -> None:
    def size(name: str) -> int:
        return sum(layer["size"] for layer in image(name).manifest["layers"])

    assert size("nginx:1.22") < 20_000_000
    assert size("busybox:1.35") < 2_500_000


def test_the_second_call_does_nothing_and_is_fast(layout: Path) -> None:
    before = (layout / "index.json").stat()
    assert images.ensure() == layout
    assert fastest(images.ensure)[0] < 0.05
    assert (layout / "index.json").stat() == before


def test_the_same_packages_make_the_same_digests(layout: Path, tmp_path: Path) -> None:
    again = oci.Layout(tmp_path)
    index = build.build(spec.definitions(), again, apt.Apt(paths.apt()), lambda *_: None)
    assert index == oci.Layout(layout).index()["manifests"]


def test_a_damaged_layout_is_mended(layout: Path, image: Images) -> None:
    blob = image("busybox:1.35").path(image("busybox:1.35").manifest["layers"][0])
    whole = blob.read_bytes()
    blob.write_bytes(whole[:1000])
    assert images.ensure() == layout
    assert blob.read_bytes() == whole


def with_packages(cache: Path, folder: Path, user: str | None = None) -> Path:
    """Another cache folder, that has the packages already."""
    shutil.copytree(cache / "kubelab/apt", folder / "kubelab/apt")
    if user:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user)
    return folder


def test_two_at_once_and_one_that_is_killed(layout: Path, cache: Path, tmp_path: Path) -> None:
    other = with_packages(cache, tmp_path)
    doomed = python(BUILD, other)
    deadline = time.monotonic() + 30
    while not list(other.glob("kubelab/images/blobs/sha256/*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    doomed.kill()
    doomed.communicate(timeout=10)
    both = [python(BUILD, other), python(BUILD, other)]
    for process in both:
        said, _ = process.communicate(timeout=120)
        assert (process.returncode, said.strip()) == (0, str(other / "kubelab/images"))
    assert (other / "kubelab/images/index.json").read_bytes() == (
        layout / "index.json"
    ).read_bytes()
    assert not list(other.rglob(".new-*"))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_builds_the_same(layout: Path, cache: Path, tmp_path: Path) -> None:
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    mine = tmp_path / "nobody"
    mine.mkdir()
    process = python(BUILD, with_packages(cache, mine, "nobody"), "nobody")
    said, _ = process.communicate(timeout=120)
    assert (process.returncode, said.strip()) == (0, str(mine / "kubelab/images"))
    made = (mine / "kubelab/images/index.json").read_bytes()
    assert made == (layout / "index.json").read_bytes()


def test_a_version_that_the_tag_does_not_promise_is_refused(tmp_path: Path) -> None:
    definition = spec.Definition(
        key="x", name="library/x", tags=("1.3",), version_of="x", title="x"
    )
    made = build.Built(None, [], [apt.Package("x", "1:1.35.0-4", Path("x.deb"))])  # type: ignore[arg-type]
    with pytest.raises(ImageError, match=r"library/x:1\.3 cannot be built from x 1:1\.35"):
        build._entries(definition, made, oci.Layout(tmp_path))


def test_real_images_are_used_where_docker_io_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KUBELAB_IMAGES", "auto")
    monkeypatch.setattr(images, "docker_io_answers", lambda: True)
    assert images.ensure() is None
    monkeypatch.setenv("KUBELAB_IMAGES", "sometimes")
    with pytest.raises(ImageError, match="Set it to one of: auto, real, stand-in"):
        images.ensure()


def test_without_apt_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KUBELAB_IMAGES", "stand-in")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match=r"there is no apt-get.*\n.*docker\.io.*Debian 12"):
        images.ensure()


def test_a_definition_with_a_slip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nginx.toml"
    path.write_text('name = "library/nginx"\n[config]\ncmds = ["nginx"]\n')
    with pytest.raises(ImageError, match=r"nginx\.toml, \[config\]: unknown key 'cmds'"):
        spec.read(path)
    path.write_text("name = \n")
    with pytest.raises(ImageError, match=r"nginx\.toml cannot be read"):
        spec.read(path)


def test_a_package_that_does_not_exist_is_named_by_apt(cache: Path, tmp_path: Path) -> None:
    shutil.copytree(cache / "kubelab/apt/state", tmp_path / "state")
    with pytest.raises(ImageError, match="Unable to locate package no-such-package"):
        apt.Apt(tmp_path).fetch(["no-such-package"])


def test_the_builder_leaves_no_process(layout: Path) -> None:
    children = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "comm="],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    assert not {"apt-get", "dpkg-deb"} & set(children)
