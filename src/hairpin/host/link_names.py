"""What the name of a link tells before its kind is known: whether it is a bridge, and whether an engine made it."""

import re

ENGINE_BRIDGE = r"docker\d+|docker_gwbridge|br-[0-9a-f]{12}|(?:podman|cni|cni-podman)\d+"
"""The names that Docker, Podman and CNI give to their bridges.  ``com.docker.network.bridge.name`` may choose another
one."""
_ENGINE_BRIDGE = re.compile(ENGINE_BRIDGE)
_OTHER_BRIDGE = re.compile(r"br-[\w.-]+|(?:virbr|lxdbr|vmbr|cni-?|podman)[\w-]*\d")


def is_engine_bridge(name: str) -> bool:
    """Return whether an engine names a bridge so."""
    return _ENGINE_BRIDGE.fullmatch(name) is not None


def is_bridge_by_name(name: str) -> bool:
    """Return whether links of this name are bridges as a rule: those of engines, libvirt, LXD, Proxmox and OpenWrt,
    and an engine's whose name a person has masked (``br-xxxx``)."""
    return is_engine_bridge(name) or _OTHER_BRIDGE.fullmatch(name) is not None
