"""Half-open connections: a socket accepted a SYN, and its SYN-ACK was not acknowledged.

The SYN-ACK may never have been on a link: a rule of OUTPUT dropped it, or its next hop does not answer ARP.  Source:
net/ipv4/tcp_input.c tcp_conn_request(), net/ipv4/tcp_ipv4.c get_openreq4()
"""

from pathlib import Path

from hairpin.host.netns import Netns

_FILES = ("/proc/net/tcp", "/proc/net/tcp6")
_SYN_RECEIVED = "03"


class HalfOpen:
    """The half-open connections of each namespace."""

    def __init__(self) -> None:
        self._before = set[tuple[Netns, str, str]]()

    def appeared(self, netns: Netns) -> bool:
        """Return whether there are new ones since the last reading, in the namespace that the process is in."""
        now = {(netns, *ends) for name in _FILES if Path(name).exists() for ends in _ends(Path(name))}
        new = now - self._before
        self._before |= now
        return bool(new)


def _ends(path: Path) -> set[tuple[str, str]]:
    """Return both ends of each."""
    rows = (line.split(None, 4)[1:4] for line in path.read_text("ascii").splitlines()[1:])
    return {(ours, theirs) for ours, theirs, state in rows if state == _SYN_RECEIVED}
