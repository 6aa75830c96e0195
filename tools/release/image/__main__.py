"""Makes hairpin's image of the one file: ``python -m tools.release.image FOLDER [MACHINE…]``.

``FOLDER/hairpin-MACHINE`` must be there.  ``FOLDER/hairpin-image-MACHINE.tar`` is made, for `docker load` and
`podman load`; and ``FOLDER/image-MACHINE/`` with the same as a Containerfile and a tar file, for builders.
"""

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hairpin import __version__
from tools.release.__main__ import commit_time
from tools.release.image.debs import ARCHITECTURES, LOCK, locked, packages
from tools.release.image.oci import layer, write_image
from tools.release.image.tree import tools_tree
from tools.release.pinned import ROOT

CACHE = ROOT / ".venv" / "debs"
_LOCK_HEAD = """# Debian's packages of the image: machine, package, version, SHA-256.
# Made by python -m tools.release.image --lock
"""


def settings() -> dict[str, Any]:
    """Return the image's configuration."""
    return {
        "Entrypoint": ["/enter"],
        "Env": ["HOME=/root"],
        "Labels": {
            "org.opencontainers.image.description": "Why does a container's port not answer?",
            "org.opencontainers.image.licenses": "MIT",
            "org.opencontainers.image.title": "hairpin",
            "org.opencontainers.image.version": __version__,
        },
    }


def containerfile(machine: str) -> str:
    """Return the text from which Docker's and Podman's builders make the same image."""
    said = settings()
    labels = " ".join(f"{name}={json.dumps(value)}" for name, value in said["Labels"].items())
    return (
        f"# docker build -t hairpin . and podman build -t hairpin . make the image for {machine}; nothing is fetched.\n"
        "FROM scratch\n"
        "ADD image.tar /\n"
        f"ENV {' '.join(said['Env'])}\n"
        f"LABEL {labels}\n"
        f"ENTRYPOINT {json.dumps(said['Entrypoint'])}\n"
    )


def make(folder: Path, machine: str, cache: Path) -> Path:
    """Make the image for a machine and return its file."""
    epoch = commit_time()
    tools = tools_tree(machine, packages(machine, cache))
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


def main() -> None:
    """Make what the command line asks for, and say what was made."""
    parser = argparse.ArgumentParser(prog="python -m tools.release.image", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist")
    parser.add_argument("machines", nargs="*", help="x86_64, aarch64; default: those whose one file is there")
    parser.add_argument("--debs", type=Path, default=CACHE, help="the folder that keeps what was fetched")
    parser.add_argument("--lock", action="store_true", help="write debian.lock with the packages' present versions")
    parser.add_argument(
        "--fetch", action="store_true", help="only fetch what is missing: a build then needs no network"
    )
    given = parser.parse_args()
    if given.lock:
        LOCK.write_text(_LOCK_HEAD + "".join(locked(each, given.debs) for each in ARCHITECTURES), encoding="utf-8")
        return
    if given.fetch:
        for each in given.machines or ARCHITECTURES:
            packages(each, given.debs)
        return
    machines = given.machines or [each for each in ARCHITECTURES if (given.folder / f"hairpin-{each}").exists()]
    if not machines:
        raise SystemExit(f"{given.folder} has no hairpin-x86_64 and no hairpin-aarch64: run make dist")
    for machine in machines:
        path = make(given.folder, machine, given.debs)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    try:
        main()
    except (LookupError, FileNotFoundError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"make image: {error}") from error
