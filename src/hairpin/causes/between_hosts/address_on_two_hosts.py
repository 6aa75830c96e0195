"""Two hosts on one wire have the same address: one host, or a container on a macvlan or ipvlan of its uplink, has the
address of the other.

Users see: a port answers at times and is refused at times, or another machine's service answers.

Proof: both hosts were read, and links of both are on the wire with this address.  Both answer ARP requests, and a
sender believes the last answer, so no single packet shows the fault.
Now: give one of the two another address: recreate the container with another ``--ip``, or change the host's network
configuration.
Lasting: keep the engine's range (``--ip-range``) apart from the addresses that the network gives to machines.
"""

from typing import NamedTuple

from hairpin.causes.kit import (
    AskedFlows,
    Candidate,
    Cause,
    Finding,
    Host,
    Iterator,
    Message,
    Netns,
    OfContainer,
    OfLink,
    Way,
    message,
)
from hairpin.causes.where import Where
from hairpin.change.change import Change
from hairpin.host.link import Address
from hairpin.network.network import Network, Port, is_uplink
from hairpin.network.prefix import address_text, width
from hairpin.network.stacked import stacked_on
from hairpin.network.wires import wires_of
from hairpin.walk.trace import Trace


class _Holder(NamedTuple):
    """A link that answers ARP requests on the wire behind ``uplink``."""

    netns: Netns
    address: Address
    uplink: Port


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield a finding for each IPv4 address that links of two hosts on one wire have."""
    network = asked.network
    held: dict[int, list[_Holder]] = {}
    for host in network.hosts:
        for each in _holders(network, host) if host.netns in network else ():
            held.setdefault(each.address.value, []).append(each)
    for value, holders in held.items():
        one, other = holders[0], next((each for each in holders if _share_a_wire(network, holders[0], each)), None)
        if other is None or _is_moved_at_will(one) or _is_moved_at_will(other):
            continue
        wrong, right = (one, other) if network.container_of(one.netns) is not None else (other, one)
        flows = tuple(number for number, trace in enumerate(asked.traces) if _meets(trace, value))
        yield Finding(_candidate(network, wrong, right), "blocking", host=wrong.netns.host, flows=flows)


def _holders(network: Network, host: Host) -> Iterator[_Holder]:
    """Yield the addresses of the host's uplinks, of their bridges, and of the macvlans and ipvlans on them."""
    own = network.namespace(host.netns)
    for link in own.links:
        if not is_uplink(network, host.netns, link):
            continue
        uplink = Port(host.netns, link.name)
        for port in (uplink, Port(host.netns, link.master or ""), *stacked_on(network, uplink)):
            for each in network.namespace(port.netns).addresses if port.netns in network else ():
                if (each.link, each.version, each.scope) == (port.link, 4, "global"):
                    yield _Holder(port.netns, each, uplink)


def _share_a_wire(network: Network, one: _Holder, other: _Holder) -> bool:
    if one.netns.host == other.netns.host:
        return False
    return any((wire.far, wire.reason == "fabric") == (other.uplink, False) for wire in wires_of(network, one.uplink))


def _is_moved_at_will(holder: _Holder) -> bool:
    """Return whether a program may move the address from host to host, as keepalived does.  Two snapshots that were not
    taken at one moment then both show it."""
    return holder.netns.is_host and holder.address.prefix_length == width(4)


def _meets(trace: Trace, value: int) -> bool:
    """Return whether a packet of the flow is from or to the address."""
    return any(value in (step.packet.saddr, step.packet.daddr) for step in trace.usual.steps)


def _candidate(network: Network, wrong: _Holder, right: _Holder) -> Candidate:
    container = network.container_of(wrong.netns)
    text = address_text(wrong.address.value, 4)
    owner = network.container_of(right.netns)
    whose: Message | str = right.netns.host if owner is None else message(
        "{name} on {host}", name=owner.name, host=right.netns.host
    )  # fmt: skip
    facts = {"address": text, "host": wrong.netns.host, "owner": whose, "link": wrong.address.link}
    where: Where
    if container is not None:
        title = message(
            "Container {name} on {host} has {address}, the address of {owner}", name=container.name, **facts
        )
        way = message("recreate {name} with another address than {address} (--ip)", name=container.name, **facts)
        where = OfContainer(container=container.name, address=text, held_by=right.netns.host)
    else:
        title = message("{link} of {host} has {address}, the address of {owner}", **facts)
        way = message("give one of the two machines another address than {address}", **facts)
        where = OfLink(link=wrong.address.link, address=f"{text}/{wrong.address.prefix_length}")
    return Candidate(
        title=title,
        detail=message(
            "Both are on one wire, and both answer ARP requests for {address}. A sender believes the last answer, so "
            "packets for {owner} reach the other machine, too.",
            **facts,
        ),
        change=Change(()),
        where=where,
        in_class="wrong-neighbour-entry",
        evidence=tuple(dict.fromkeys(each.address.evidence for each in (wrong, right) if each.address.evidence)),
        offered=False,
        ways=(Way(Change(()), (way,)),),
    )


CAUSE = Cause(
    title=message("Two hosts on one wire have the same address"), source="RFC 5227, 1.1; net/ipv4/arp.c arp_process()"
)
