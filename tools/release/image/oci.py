"""Images as one tar file that each engine loads: an OCI layout, and the ``manifest.json`` of ``docker save`` beside it.

Docker before 25 reads only ``manifest.json``; Podman and newer Dockers read either.  The bytes follow from the files
and the time alone.  Source: the OCI image specification (image-layout.md, manifest.md, config.md).
"""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from tools.release.pinned import ARCHITECTURES

NAME = "localhost/hairpin"
"""The image's name.  An engine that lacks the image asks no registry of others for a name below ``localhost/``."""


def layer(tree: Mapping[str, bytes | str], epoch: int) -> bytes:
    """Return the tar file of a tree; see ``tree.Tree``.  All files are root's and executable."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folders = {str(each) for name in tree for each in PurePosixPath(name).parents if str(each) != "."}
        for name in sorted(folders | set(tree)):
            info = tarfile.TarInfo(name)
            info.mtime, info.mode = epoch, 0o755
            data = tree.get(name)
            if data is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(data, str):
                info.type, info.linkname = tarfile.SYMTYPE, data
            else:
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return made.getvalue()


def write_image(path: Path, layers: Sequence[bytes], settings: Mapping[str, Any], machine: str, epoch: int) -> None:
    """Write the image.  ``settings``: its ``config`` (Entrypoint, Labels, …).  ``epoch``: its time, in seconds."""
    version = settings["Labels"]["org.opencontainers.image.version"]
    packed = [gzip.compress(each, 9, mtime=0) for each in layers]
    config = _json(
        {
            "created": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "architecture": ARCHITECTURES[machine],
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [_digest(each) for each in layers]},
            "history": [{"created_by": "tools/release/image"} for _ in layers],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _described(config, "config.v1+json"),
            "layers": [_described(each, "layer.v1.tar+gzip") for each in packed],
        }
    )
    # Podman takes the first name, Docker's containerd the other.
    names = {"org.opencontainers.image.ref.name": f"{NAME}:latest", "io.containerd.image.name": f"{NAME}:latest"}
    index = {"schemaVersion": 2, "manifests": [_described(manifest, "manifest.v1+json") | {"annotations": names}]}
    blobs = {f"blobs/sha256/{_digest(each)[7:]}": each for each in (config, manifest, *packed)}
    docker = [
        {
            "Config": f"blobs/sha256/{_digest(config)[7:]}",
            "RepoTags": [f"{NAME}:{version}", f"{NAME}:latest"],
            "Layers": [f"blobs/sha256/{_digest(each)[7:]}" for each in packed],
        }
    ]
    members = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json(index),
        "manifest.json": _json(docker),
    }
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in (members | dict(sorted(blobs.items()))).items():
            info = tarfile.TarInfo(name)
            info.mtime, info.mode, info.size = epoch, 0o644, len(data)
            archive.addfile(info, io.BytesIO(data))


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()


def _digest(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def _described(data: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": _digest(data), "size": len(data)}
