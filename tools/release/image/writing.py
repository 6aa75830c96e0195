"""Makes hairpin's image of the one file.

``hairpin-image-MACHINE.tar`` is for `docker load` and `podman load`; ``image-MACHINE/`` has the same as a Containerfile
and a tar file, for builders.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from hairpin import __version__
from tools.release.image.debs import packages
from tools.release.image.oci import NAME, layer, write_image
from tools.release.image.tree import launcher, tools_tree
from tools.release.interpreter.build import Toolchain


def settings() -> dict[str, Any]:
    """Return the image's configuration."""
    return {
        "Entrypoint": ["/enter"],
        "Env": ["HOME=/root"],
        "Labels": {
            "org.opencontainers.image.description": "Why does a container's port not answer?",
            "org.opencontainers.image.licenses": "Apache-2.0",
            "org.opencontainers.image.title": "hairpin",
            "org.opencontainers.image.version": __version__,
        },
    }


def containerfile(machine: str) -> str:
    """Return the text from which Docker's and Podman's builders make the same image."""
    said = settings()
    labels = " ".join(f"{name}={json.dumps(value)}" for name, value in said["Labels"].items())
    return (
        f"# docker build -t {NAME} . and podman build -t {NAME} . make the image for {machine}; nothing is fetched.\n"
        "FROM scratch\n"
        "ADD image.tar /\n"
        f"ENV {' '.join(said['Env'])}\n"
        f"LABEL {labels}\n"
        f"ENTRYPOINT {json.dumps(said['Entrypoint'])}\n"
    )


def write_image_of(folder: Path, machine: str, toolchain: Toolchain, debs: Path, epoch: int) -> Path:
    """Make the image of ``folder/hairpin-MACHINE`` and the folder for builders; return the image's file.

    ``debs``: the folder that keeps Debian's packages.  Raises LookupError, CalledProcessError."""
    tools = tools_tree(machine, packages(machine, debs), launcher(toolchain.cc, toolchain.environment()))
    own = {"hairpin": (folder / f"hairpin-{machine}").read_bytes()}
    path = folder / f"hairpin-image-{machine}.tar"
    write_image(path, [layer(tools, epoch), layer(own, epoch)], settings(), machine, epoch)
    context = folder / f"image-{machine}"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    (context / "Containerfile").write_text(containerfile(machine), encoding="utf-8")
    (context / "Dockerfile").symlink_to("Containerfile")
    (context / "image.tar").write_bytes(layer(tools | own, epoch))
    return path
