"""The machine's prerequisites for a replica."""

import os
import shutil
import sys
from pathlib import Path

from hairpin.carry.run import SEARCH_PATH
from hairpin.message import Message, message

_TOOLS = ("ip", "bridge")
_SYS_ADMIN, _NET_ADMIN = 21, 12
"""The numbers of the capabilities in capabilities(7)."""


def missing() -> Message | None:
    """Return the reason why this machine cannot build a replica; None if it can build one."""
    if sys.platform != "linux":
        return message("test copies of a network (replicas) need Linux")
    if os.geteuid() != 0:
        return message("test copies of a network (replicas) need root, because they use network namespaces")
    if not _capable():
        return message(
            "test copies of a network (replicas) need CAP_SYS_ADMIN and CAP_NET_ADMIN for network namespaces, and root "
            "does not have these here"
        )
    for tool in _TOOLS:
        if shutil.which(tool, path=SEARCH_PATH) is None:
            return message(
                "test copies of a network (replicas) need {tool} (iproute2), which is not installed", tool=tool
            )
    return None


def _capable() -> bool:
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            return bool(held >> _SYS_ADMIN & 1 and held >> _NET_ADMIN & 1)
    return False


def may_replicate() -> bool:
    """Return whether this machine can build replicas."""
    return missing() is None
