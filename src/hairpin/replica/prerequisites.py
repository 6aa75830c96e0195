"""What a replica needs of the machine."""

import os
import shutil
import sys

_TOOLS = ("ip", "bridge")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> str | None:
    """Return why no replica can be built here, or None."""
    if sys.platform != "linux":
        return "replicas need Linux"
    if os.geteuid() != 0:
        return "replicas need root (network namespaces)"
    for tool in _TOOLS:
        if shutil.which(tool, path=_PATH) is None:
            return f"replicas need {tool} (iproute2), which is not installed"
    return None
