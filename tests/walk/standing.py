"""Packets at a stage of the small host, and their state one step later."""

from collections.abc import Iterable

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import SYN, TCP, Packet
from hairpin.network.network import Network, Port
from hairpin.walk.state import End, Outcome, Stage, State
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace, network, sibling

FROM_CLIENT = Packet(4, CLIENT, HOST_ADDRESS, TCP, sport=40000, dport=8151, tcp_flags=SYN)

INNER = Port(sibling("container:web"), "eth0")


def changed(name: str, **changes: object) -> Network:
    """Return the network in which one of the host's links differs."""
    host = host_namespace()
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == name else each for each in host.links)
    return network(msgspec.structs.replace(host, links=links))


def at(
    stage: Stage, packet: Packet = FROM_CLIENT, *, netns: Netns = HOST_NETNS, iif: str = "eth0", oif: str = ""
) -> State:
    """Return a packet at a stage."""
    return State(stage, netns, packet, iif=iif, oif=oif)


def told(outcomes: Iterable[Outcome]) -> list[str]:
    """Return each outcome's next stage, or ``dropped reason``, ``rejected reason answer``, ``left LINK`` …"""
    return [_told(each) for each in outcomes]


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, State):
        return outcome.stage
    return ended(outcome)


def ended(end: End) -> str:
    """Return the end of a branch as text."""
    if end.stop is None:
        return f"{end.kind} {end.state.oif}".rstrip()
    return " ".join((end.kind, end.stop.reason, *([end.stop.reject] if end.stop.reject else [])))
