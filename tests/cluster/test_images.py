"""Images that no registry has: they come from an archive."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path
from typing import Any

import pytest

from course.errors import ClusterError
from tests.cluster.kube import Kube, container, pod


def oci_archive(path: Path, name: str, files: dict[str, bytes]) -> None:
    """Writes an OCI image archive of one layer: the OCI image layout, in a tar."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for file, data in files.items():
            info = tarfile.TarInfo(file)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    blobs: dict[str, bytes] = {}

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    diff = hashlib.sha256(layer.getvalue()).hexdigest()
    config = {
        "architecture": "arm64" if platform.machine() == "aarch64" else "amd64",
        "os": "linux",
        "config": {"Cmd": ["/hello"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff}"]},
    }
    prefix = "application/vnd.oci.image."
    manifest = {
        "schemaVersion": 2,
        "mediaType": prefix + "manifest.v1+json",
        "config": blob(json.dumps(config).encode(), prefix + "config.v1+json"),
        "layers": [blob(layer.getvalue(), prefix + "layer.v1.tar")],
    }
    entry = blob(json.dumps(manifest).encode(), prefix + "manifest.v1+json")
    entry["annotations"] = {"io.containerd.image.name": name}
    with tarfile.open(path, "w") as tar:
        for file, data in {
            "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
            "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
            **{f"blobs/sha256/{digest}": data for digest, data in blobs.items()},
        }.items():
            info = tarfile.TarInfo(file)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def test_an_image_from_an_archive_runs(
    cluster: Any, binary: Path, kube: Kube, tmp_path: Path
) -> None:
    # The launcher is a static program, so the image needs no file but it.
    hello = (binary / "podling-launch").read_bytes()
    archive = tmp_path / "hello.tar"
    oci_archive(archive, "example.org/hello:1", {"hello": hello})
    cluster.load_image(archive)
    kube.apply(pod("hello", container(image="example.org/hello:1"), restartPolicy="Never"))
    kube.ended("hello", "Failed")  # it wants arguments, says so, and ends with 2
    ended = kube.get("pod", "hello")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 2
    assert kube.logs("hello").startswith("usage: podling-launch")


def test_an_archive_that_is_none_is_refused(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_text("this is no archive")
    with pytest.raises(ClusterError, match=r"no\.tar"):
        cluster.load_image(tmp_path / "no.tar")
