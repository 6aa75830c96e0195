"""How full the table of connections is: a full one drops the packets of new connections.

Source: linux Documentation/networking/nf_conntrack-sysctl.rst
"""

import os
import time
from collections.abc import Iterator

from hairpin.guard.change import SeenChange
from hairpin.guard.sources.source import Source

FULL, EASED = 0.9, 0.8
"""Above the first share it is told, and again when it is below the second."""
_COUNT, _MOST = (f"/proc/sys/net/netfilter/nf_conntrack_{each}" for each in ("count", "max"))


class ConntrackLevel(Source):
    """The table of the network namespace in which the process is."""

    def __init__(self, count: str = _COUNT, most: str = _MOST) -> None:
        self._files = (count, most)
        self._is_full = False

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Yield that the table has become nearly full, or is so no more."""
        del now_s
        count, most = map(_number, self._files)
        if not most:
            return
        share = count / most
        if share >= FULL if not self._is_full else share < EASED:
            self._is_full = not self._is_full
            yield SeenChange("conntrack", time.time(), f"{count} of {most}")


def _number(path: str) -> int:
    """Return the number in a file; 0 without the file, which the kernel has with the module only."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        text = os.read(file, 32).strip()
    finally:
        os.close(file)
    return int(text) if text.isdigit() else 0
