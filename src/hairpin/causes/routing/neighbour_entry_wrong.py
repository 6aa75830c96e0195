"""A neighbour entry has a hardware address that the neighbour does not have: a permanent entry, or an entry that the
kernel learned from another machine which claims the address.

Users see: one container cannot be reached since it was recreated, while all other containers can.

Proof: the neighbour entry has another hardware address than the neighbour's link.  With the right hardware address the
packet arrives.  For a learned entry, the bridge's forwarding database shows the port of the machine that claims the
address, such as a namespace that a removed container has left behind.
Now: delete the permanent entry, so that the kernel makes a new entry.  End the machine that claims the address, or take
its port off the bridge.
Lasting: remove the permanent entry from the script or configuration that makes it.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Netns, OfNeighbour, View, Way, message
from hairpin.change.change import Change, DeleteEntry, SetLink, one
from hairpin.host.route import BROADCAST, Neighbour
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.decided import LinkDecided
from hairpin.walk.link.claimed_address import claiming_port
from hairpin.walk.link.segment import who_answers
from hairpin.walk.link.tunnel import has_far_address


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each permanent neighbour entry of the next hop that has a wrong hardware address, and for
    a learned entry of a machine that claims another machine's address."""
    yield from _claim_of_another(view)
    at_end = view.stop.reason == "neighbour-wrong"
    netns = view.stop.netns if at_end else view.host_netns
    packet = view.stop.seen.packet
    wanted = (packet.version, view.stop.address if at_end else packet.daddr)
    for entry in view.network.namespace(netns).neighbours:
        if (entry.version, entry.value) != wanted or not entry.static or entry.mac is None:
            continue
        right = _owner_mac(view.network, netns, entry)
        if right == entry.mac or (right is None and not at_end) or _is_far_end(view, netns, entry):
            continue
        address = address_text(entry.value, entry.version)
        to_all = entry.mac == BROADCAST
        yield Candidate(
            title=message(
                "A neighbour entry sends {address} to all machines on {link}", address=address, link=entry.link
            )
            if to_all
            else message(
                "A permanent neighbour entry sends {address} to {mac}", address=address, mac=write_mac(entry.mac)
            ),
            detail=_detail(entry, address, right),
            change=one(DeleteEntry(netns, entry)),
            where=OfNeighbour(entry.link, address, mac=write_mac(entry.mac), entry=entry),
            in_class="wrong-neighbour-entry",
            evidence=(entry.evidence,),
            advice=()
            if to_all
            else (
                message("find what sets this entry: a script, a network configuration with static neighbour entries"),
            ),
        )


def _claim_of_another(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a learned entry of a machine that claims the address."""
    decided = view.stop.decided_by
    entry = decided.neighbour if isinstance(decided, LinkDecided) else None
    link = view.namespace.link(entry.link) if entry is not None else None
    port = claiming_port(view.network, view.stop.netns, link, entry) if entry is not None and link is not None else None
    if entry is None or entry.mac is None or port is None:
        return
    outer = view.network.namespace(port.netns).link(port.link)
    right = _owner_mac(view.network, view.stop.netns, entry)
    assert outer is not None
    facts = {
        "address": address_text(entry.value, entry.version),
        "mac": write_mac(entry.mac),
        "right": write_mac(right) if right is not None else "",
        "port": port.link,
        "bridge": outer.master or "",
        "name": _owner_name(view.network, view.stop.netns, entry),
    }
    yield Candidate(
        title=message("Something behind port {port} of {bridge} claims {address}, the address of {name}", **facts),
        detail=message(
            "{name} has the hardware address {right}. The neighbour entry has {mac}. {bridge} learned {mac} at port "
            "{port}, so a machine behind this port has claimed {address}. hairpin did not read what is behind the "
            "port. It may be a namespace that a removed container left behind.",
            **facts,
        ),
        change=Change(
            (
                SetLink(port.netns, msgspec.structs.replace(outer, master=None, port=None)),
                DeleteEntry(view.stop.netns, entry),
            )
        ),
        where=OfNeighbour(entry.link, facts["address"], mac=facts["mac"], entry=entry),
        in_class="wrong-neighbour-entry",
        evidence=tuple(each for each in (entry.evidence, outer.evidence) if each),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "find out whose port {port} is: `ip -d link show dev {port}` names the namespace at its other "
                        "end (link-netnsid), and `lsns -t net` names the process that keeps that namespace",
                        **facts,
                    ),
                    message(
                        "if nobody needs it, end that process, or take the port off its bridge: `ip link set dev "
                        "{port} nomaster`",
                        **facts,
                    ),
                ),
                by_person=True,
            ),
        ),
    )


def _owner_name(network: Network, netns: Netns, entry: Neighbour) -> str:
    link = network.namespace(netns).link(entry.link)
    owner = who_answers(network, netns, link, entry.version, entry.value).port if link is not None else None
    return network.netns_text(owner.netns) if owner is not None else ""


def _is_far_end(view: View, netns: Netns, entry: Neighbour) -> bool:
    """Return whether the entry gives a tunnel's far end the hardware address of the tunnel device itself."""
    link = view.network.namespace(netns).link(entry.link)
    return link is not None and has_far_address(link, entry.mac)


def _detail(entry: Neighbour, address: str, right: int | None) -> Message:
    if entry.mac == BROADCAST:
        return message(
            "The kernel made the entry while {address} was a broadcast address, and keeps it.", address=address
        )
    if right is None:
        return message("No machine on {link} has the hardware address of this entry.", link=entry.link)
    return message(
        "On {link}, {address} has the hardware address {right}.",
        link=entry.link,
        address=address,
        right=write_mac(right),
    )


def _owner_mac(network: Network, netns: Netns, entry: Neighbour) -> int | None:
    link = network.namespace(netns).link(entry.link)
    port = who_answers(network, netns, link, entry.version, entry.value).port if link is not None else None
    owner = network.namespace(port.netns).link(port.link) if port is not None else None
    return owner.mac if owner is not None else None


CAUSE = Cause(
    title=message("A neighbour entry has the wrong hardware address"),
    source="net/core/neighbour.c: NUD_PERMANENT is never asked anew; net/ipv4/arp.c arp_process()",
    reasons=frozenset({"neighbour-wrong", "forwarding-off", "left-instead", "no-route", "rp-filter"}),
)
