"""Whether the kernel itself asks for a neighbour: it sends ``mcast_solicit`` requests on the link.

Before these requests, the kernel asks a program over netlink ``app_solicit`` times.  If both sysctls are 0, it sends no
packet to a neighbour without an entry.

Source: net/core/neighbour.c __neigh_event_send(), neigh_max_probes(); net/ipv4/arp.c arp_solicit(); net/ipv6/ndisc.c
ndisc_solicit()
"""

from collections.abc import Iterator

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.network.prefix import Version
from hairpin.walk.decided import SysctlDecided
from hairpin.walk.state import End, Outcome, State, stopped

_USUAL = "3"
"""The value of ``mcast_solicit`` on a new link: net/ipv4/arp.c arp_tbl, net/ipv6/ndisc.c nd_tbl."""
_RESOLVED = ("REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT", "NOARP")


def asked_for(namespace: Namespace, state: State, link: Link, address: int) -> Iterator[Outcome]:
    """Yield the packet if the kernel knows its neighbour or asks for the neighbour; else the packet's end.

    A program that answers the kernel's requests leaves entries on the link.  If the link has no entries, no program
    answers."""
    version = state.packet.version
    path = _path(version, link.name, "mcast_solicit")
    learned = (state.netns, link.name, address) in state.history.neighbours
    if learned or namespace.sysctl(*path) != 0:
        yield state
        return
    entries = [each for each in namespace.neighbours if each.link == link.name and each.version == version]
    if any(each.value == address and each.state in _RESOLVED for each in entries):
        yield state
        return
    by_program = namespace.sysctl(*_path(version, link.name, "app_solicit"))
    if not by_program or not any(each.state in _RESOLVED for each in entries):
        yield _without_request(namespace, state, link, path, address)
        return
    answered = Condition(
        message("a program resolves the neighbours on {link} (app_solicit)", link=link.name), holds=True
    )
    yield state.given(answered)
    other = Condition(answered.said, holds=False, usual=False)
    yield _without_request(namespace, state.given(other), link, path, address)


def _without_request(namespace: Namespace, state: State, link: Link, path: Path, address: int) -> End:
    decided = SysctlDecided(path, "0", _USUAL, namespace.sysctls.evidence)
    return stopped(state, "no-neighbour", stage="neighbour", link=link.name, decided_by=decided, address=address)


def _path(version: Version, link: str, key: str) -> Path:
    return ("net", f"ipv{version}", "neigh", link, key)
