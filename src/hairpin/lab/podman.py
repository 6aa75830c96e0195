"""A real Podman in a lab host: its settings, its image.  It has no daemon; its containers run as root."""

from pathlib import Path
from typing import Literal

from hairpin.lab.engine import IMAGE, PODMAN_SETTINGS, write
from hairpin.lab.image import root_file_system
from hairpin.lab.node import ENVIRONMENT, Node

_SETTINGS = """[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "{backend}"
"""


def prepare(host: Node, backend: Literal["netavark", "cni"], cgroup: str) -> None:
    """Let ``podman run`` work in the host: there is no systemd, no journal, no registry."""
    write(host, "/etc/containers/containers.conf", _SETTINGS.format(backend=backend))
    write(host, PODMAN_SETTINGS, f"{backend}\n")
    # Podman refuses a DOCKER_CONFIG without this file.
    write(host, f"{ENVIRONMENT['DOCKER_CONFIG']}/config.json", "{}\n")
    write(host, "/run/cgroup-parent", f"/{cgroup}\n")  # for pods that a plan makes itself
    root = host.run("mktemp /run/rootfs-XXXXXX").strip()
    Path(f"/proc/{host.pid}/root{root}").write_bytes(root_file_system())
    host.run(f"podman import {root} localhost/{IMAGE}; rm {root}")
