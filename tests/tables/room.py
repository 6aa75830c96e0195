"""A full connection table.  The maximum is the machine's own; only the table of the lab's host is filled."""

import os
import sys
from pathlib import Path

from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import CLIENT, CLIENT_V6, HOST, HOST_V6, NEIGHBOUR
from tests.tables.case import Ask, Case

ID = "conntrack-table-full"
_ROOT = Path(__file__).parents[2]
_MAXIMUM = Path("/proc/sys/net/netfilter/nf_conntrack_max")
MOST = int(_MAXIMUM.read_text("ascii")) if _MAXIMUM.exists() else 0


def filled(free: int, assured: int | None = None) -> tuple[tuple[str, str], ...]:
    """Return the command that fills the host's table up to so many free places; ``assured`` None: with entries of
    which none may be evicted."""
    kept = MOST if assured is None else assured
    here = f"PYTHONPATH={_ROOT}/src:{_ROOT}:{os.pathsep.join(sys.path[1:])}"
    argv = f"$(({MOST} - $(cat /proc/sys/net/netfilter/nf_conntrack_count) - {free})) {kept}"
    return (("host", f"cd / && {here} {sys.executable} -m tests.tables.fill {argv}"),)


FLOWS = (
    ("the client", CLIENT, "client", f"{HOST}:8151"),
    ("a neighbour", NEIGHBOUR, "neighbour", f"{HOST}:8151"),
    ("the host itself", "host", "host", f"{HOST}:8151"),
    ("the host by loopback", "host", "host", "127.0.0.1:8151"),
    ("the container's way out", "container:web", "container:web", f"{CLIENT}:9000"),
)

UNTRACKED = "; ".join(
    f"iptables -t raw -A {rule} -j NOTRACK"
    for rule in ("PREROUTING -p tcp --dport 8151", "OUTPUT -p tcp", "PREROUTING -i docker0")
)


def asks(cause: str, word: str = "") -> tuple[Ask, ...]:
    """Return a question for each flow."""
    return tuple(Ask(f"{word}{name}", cause, to, origin, start) for name, origin, start, to in FLOWS)


CASES = (
    Case("full", setup=filled(0), asks=(
        *asks(ID),
        Ask("an untracked port", "", f"{HOST}:8151", before=(
            ("host", UNTRACKED),
        )),
        *(Ask(f"emptied: {name}", "", to, origin, start, before=(("host", "conntrack -F 2>/dev/null"),))
          for name, origin, start, to in FLOWS[:1]),
    )),
    Case("full, most may be evicted", setup=filled(0, assured=1000), asks=asks("")),
    Case("full, ten may be evicted", setup=filled(0, assured=MOST - 10), asks=asks(ID)[:2]),
    Case("twenty free", setup=filled(20), asks=asks("")[:3]),
    Case("full, IPv6", plan=LabPlan(ipv6=True), setup=filled(0), asks=(
        Ask("IPv6 by docker-proxy, which connects by IPv4", ID, f"[{HOST_V6}]:8151", CLIENT_V6),
    )),
)  # fmt: skip
