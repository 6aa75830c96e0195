"""The stop of a walk that lost full-sized segments: the link whose MTU was too small, and the ICMP error about the
MTU."""

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ICMP, ICMP6, Packet
from hairpin.network.network import Network
from hairpin.walk.state import Step
from hairpin.walk.trace import Branch

_TELLS_MTU = ((ICMP, 3 << 8 | 4), (ICMP6, 2 << 8))


class Narrow(msgspec.Struct, frozen=True):
    """The link at which a full-sized packet was lost, its MTU, and the packet's length.

    ``sender`` is the namespace that sent the packet; None if the packet came in from outside.  ``ends`` has the ends of
    the connection that are containers, each with its link."""

    netns: Netns
    link: str
    mtu_bytes: int
    length_bytes: int
    sender: Netns | None
    ends: tuple[tuple[Netns, str], ...]


def tells_mtu(packet: Packet) -> bool:
    """Return whether the packet is an ICMP error that tells a smaller MTU."""
    return (packet.protocol, packet.icmp) in _TELLS_MTU


def narrow(network: Network, branch: Branch) -> Narrow | None:
    """Return the link at which the branch lost a full-sized packet; None if the branch lost none, or lost it inside a
    tunnel."""
    lost = next((step for step in branch.data if step.note == "mtu"), None)
    if lost is None or _outer(branch.data, lost):
        return None
    link = network.namespace(lost.netns).link(lost.link)
    if link is None:
        return None
    first = branch.data[0]
    sender = first.netns if first.stage not in ("device-in", "outside") else None
    ends = (_end(branch.request[0].netns, branch.request), _end(branch.request[-1].netns, branch.request))
    found = tuple(dict.fromkeys(each for each in ends if each is not None))
    return Narrow(lost.netns, link.name, link.mtu_bytes, lost.packet.length_bytes, sender, found)


def _end(netns: Netns, steps: tuple[Step, ...]) -> tuple[Netns, str] | None:
    """Return the container's namespace and the link by which the request leaves or enters it; None for any other
    namespace."""
    links = (each.link for each in steps if each.netns == netns and each.stage in ("device-out", "device-in"))
    link = next(links, None)
    return None if netns.is_host or link is None else (netns, link)


def _outer(steps: tuple[Step, ...], lost: Step) -> bool:
    """Return whether the packet was lost inside a tunnel."""
    return any(step.stage == "tunnel" for step in steps[: steps.index(lost)])
