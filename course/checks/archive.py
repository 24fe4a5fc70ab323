"""A tiny image archive, as `docker save` writes one, to be read without any container program.

Its form is that of Docker since version 25: an OCI image layout with Docker's manifest.json beside it.
https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from course import kubectl

_WORDS = ("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heron", "iris", "juniper")
_FOLDERS = ("data", "lib", "pages", "share", "words")
_OCI = "application/vnd.oci.image"
CONFIG_MAP, FILE = "image-archive", "app.tar"


@dataclass(frozen=True)
class ImageArchive:
    """An image, chosen by a seed.

    Attributes:
        tag: the reference that it is saved under.
        layers: how many layers it has.
        command: what a container of it runs, when nobody says otherwise.
        token: what a file held that a layer adds and a later one deletes.
    """

    tag: str
    layers: int
    command: tuple[str, ...]
    token: str

    @classmethod
    def of(cls, seed: int) -> ImageArchive:
        """The same seed gives the same image, on every machine."""
        dice = random.Random(f"archive {seed}")  # noqa: S311 - a riddle, not a secret
        team, app, token = dice.sample(_WORDS, 3)
        tag = f"{team}/{app}:{dice.randint(1, 9)}.{dice.randint(0, 20)}"
        command = (f"/bin/{app}", "--port", str(dice.randint(8000, 9000)))
        return cls(
            tag, dice.randint(3, 2 + len(_FOLDERS)), command, f"{token}-{dice.randint(1000, 9999)}"
        )

    def file_trees(self) -> list[dict[str, str]]:
        """The files of each layer, by path: the token comes second, and goes last."""
        program = {self.command[0].strip("/"): "#!/bin/sh\nexec httpd -f\n"}
        between = [
            {f"{folder}/read-me.txt": f"{folder}\n"} for folder in _FOLDERS[: self.layers - 3]
        ]
        # A deletion is a file that is named .wh.NAME.
        return [program, {"etc/token": self.token}, *between, {"etc/.wh.token": ""}]

    def as_tar(self) -> bytes:
        """The archive."""
        blobs: dict[str, bytes] = {}

        def keep(data: bytes, media_type: str) -> dict[str, Any]:
            digest = hashlib.sha256(data).hexdigest()
            blobs[f"blobs/sha256/{digest}"] = data
            return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

        tars = [
            _tar({path: text.encode() for path, text in tree.items()}) for tree in self.file_trees()
        ]
        layers = [keep(tar, f"{_OCI}.layer.v1.tar") for tar in tars]
        entrypoint, *cmd = self.command
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": [entrypoint], "Cmd": cmd, "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
        kept = keep(_json(config), f"{_OCI}.config.v1+json")
        manifest = {"schemaVersion": 2, "config": kept, "layers": layers}
        described = keep(_json(manifest), f"{_OCI}.manifest.v1+json")
        described["annotations"] = {"io.containerd.image.name": f"docker.io/{self.tag}"}
        docker = {
            "Config": _path(kept),
            "RepoTags": [self.tag],
            "Layers": [_path(layer) for layer in layers],
        }
        return _tar(
            {
                **blobs,
                "index.json": _json({"schemaVersion": 2, "manifests": [described]}),
                "manifest.json": _json([docker]),
                "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
            }
        )


def give_archive(namespace: str, seed: int) -> None:
    """Put the archive of a seed into the ConfigMap `image-archive`: from there a notebook can fetch it."""
    data = base64.b64encode(ImageArchive.of(seed).as_tar()).decode()
    meta = {"name": CONFIG_MAP, "namespace": namespace}
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "binaryData": {FILE: data},
    }
    kubectl.run(["create", "--filename", "-"], stdin=json.dumps(manifest)).check()


def _path(blob: Mapping[str, Any]) -> str:
    return "blobs/" + str(blob["digest"]).replace(":", "/")


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, data in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()
