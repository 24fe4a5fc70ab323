"""Image archives as `docker save` writes them and every Docker and Podman loads them.

https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from course.images.oci import CREATED
from course.images.tree import FIXED_TIME, Tree
from course.kit.system_images import architecture


def write(out: Path, name: str, layers: Iterable[Tree], config: dict[str, Any]) -> None:
    """Writes an image of one name; the layers are not packed, as Docker unpacks them at once."""
    half = out.with_name(f".{out.name}.new")
    digests = []
    with tarfile.open(half, "w", format=tarfile.GNU_FORMAT) as archive:
        for tree in layers:
            with tempfile.TemporaryFile(dir=out.parent) as layer:
                tree.write_tar(layer)
                digest = _sha256(layer)
                _add(archive, f"{digest}/layer.tar", layer, layer.tell())
            digests.append(digest)
        document = {
            "created": CREATED,
            "architecture": architecture(),
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{d}" for d in digests]},
            "history": [{"created": CREATED, "created_by": "kubelab"} for _ in digests],
        }
        text = json.dumps(document, sort_keys=True).encode()
        own = f"{hashlib.sha256(text).hexdigest()}.json"
        _add(archive, own, io.BytesIO(text), len(text))
        tarballs = [f"{digest}/layer.tar" for digest in digests]
        listed = json.dumps([{"Config": own, "RepoTags": [name], "Layers": tarballs}]).encode()
        _add(archive, "manifest.json", io.BytesIO(listed), len(listed))
    half.replace(out)


def name_in(archive: Path) -> str:
    """The name of the image in an archive."""
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        return str(json.load(manifest)[0]["RepoTags"][0]) if manifest else ""


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _add(archive: tarfile.TarFile, name: str, data: IO[bytes], size: int) -> None:
    data.seek(0)
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, FIXED_TIME
    archive.addfile(info, data)
