"""An OCI image layout on disk: blobs by digest, and an index that is replaced in one step.

https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.images.tree import FIXED_TIME, Tree

CREATED = "2023-06-10T00:00:00Z"  # FIXED_TIME
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
assert FIXED_TIME == 1_686_355_200  # noqa: S101 - CREATED says the same in words

Descriptor = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """A layer: its blob, the digest of its tar, and what its history says."""

    descriptor: Descriptor
    diff_id: str
    created_by: str


class Layout:
    """A folder with an OCI image layout.

    Blobs are added, never changed; the index is renamed into place. So a reader (the registry)
    sees the old images or the new ones, and a build that dies half-way changes nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)

    def add_blob(self, data: bytes, media_type: str) -> Descriptor:
        """Stores bytes under their digest."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.blobs / digest
        if not path.is_file() or path.stat().st_size != len(data):
            write_whole(path, data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_json(self, value: Any, media_type: str) -> Descriptor:
        """Stores a JSON document, always written in the same way."""
        return self.add_blob(_json(value), media_type)

    def add_layer(self, tree: Tree, created_by: str) -> Layer:
        """Stores a tree as a gzipped tar."""
        plain = io.BytesIO()
        tree.write_tar(plain)
        tar = plain.getvalue()
        diff_id = f"sha256:{hashlib.sha256(tar).hexdigest()}"
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=4, mtime=0) as out:
            out.write(tar)
        return Layer(self.add_blob(packed.getvalue(), LAYER), diff_id, created_by)

    def add_image(
        self,
        layers: list[Layer],
        config: dict[str, Any],
        architecture: str,
        annotations: dict[str, str],
    ) -> Descriptor:
        """Stores an image's configuration and manifest; returns the manifest's descriptor."""
        document = {
            "created": CREATED,
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "history": [{"created": CREATED, "created_by": layer.created_by} for layer in layers],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.add_json(document, CONFIG),
            "layers": [layer.descriptor for layer in layers],
            "annotations": annotations,
        }
        descriptor = self.add_json(manifest, MANIFEST)
        descriptor["platform"] = {"architecture": architecture, "os": "linux"}
        return descriptor

    def publish(self, manifests: list[Descriptor], key: str) -> None:
        """Makes these the layout's images: the step that others see."""
        write_whole(self.folder / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        index = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": manifests,
            "annotations": {"org.kubelab.key": key},
        }
        before = self.digests()
        write_whole(self.folder / "index.json", _json(index))
        # A pull that began before this keeps its blobs; those of two builds ago go.
        keep = before | self.digests()
        for path in self.blobs.iterdir():
            if path.name not in keep:
                path.unlink(missing_ok=True)

    def index(self) -> dict[str, Any]:
        """The index; empty when there is none, or none that can be read."""
        try:
            found = json.loads((self.folder / "index.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def sizes(self) -> dict[str, int]:
        """The blobs that the index's images need (hex digest → bytes); empty if one is broken."""
        found: dict[str, int] = {}
        for image in self.index().get("manifests", []):
            try:
                manifest = json.loads((self.blobs / image["digest"].split(":")[1]).read_bytes())
            except (OSError, ValueError):
                return {}
            for part in (image, manifest["config"], *manifest["layers"]):
                found[part["digest"].split(":")[1]] = part["size"]
        return found

    def digests(self) -> set[str]:
        """The hex digests of the blobs that the index's images need."""
        return set(self.sizes())

    def is_whole(self, key: str) -> bool:
        """Whether these are the images of this key, with every blob there in its full size."""
        if self.index().get("annotations", {}).get("org.kubelab.key") != key:
            return False
        sizes = self.sizes()
        return bool(sizes) and all(
            path.is_file() and path.stat().st_size == size
            for path, size in ((self.blobs / name, size) for name, size in sizes.items())
        )


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Writes a file so that no one ever sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
