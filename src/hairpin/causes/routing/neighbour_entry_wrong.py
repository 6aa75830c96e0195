"""A permanent neighbour entry has a hardware address that the neighbour does not have.

Users see: one container cannot be reached since it was recreated, while all other containers can.

Proof: the permanent neighbour entry has another hardware address than the neighbour's link.  With the right hardware
address the packet arrives.
Now: delete the entry, so that the kernel makes a new entry.
Lasting: remove the permanent entry from the script or configuration that makes it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfNeighbour
from hairpin.change.change import DeleteEntry, one
from hairpin.host.netns import Netns
from hairpin.host.route import BROADCAST, Neighbour
from hairpin.message import Message, message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.link.segment import who_answers
from hairpin.walk.link.tunnel import has_far_address


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each permanent neighbour entry of the next hop that has a wrong hardware address."""
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


def _is_far_end(view: View, netns: Netns, entry: Neighbour) -> bool:
    """Return whether the entry names a tunnel's far end with the tunnel device's own hardware address."""
    link = view.network.namespace(netns).link(entry.link)
    return link is not None and has_far_address(link, entry.mac)


def _detail(entry: Neighbour, address: str, right: int | None) -> Message:
    if entry.mac == BROADCAST:
        return message("The kernel made it while {address} was a broadcast address, and keeps it.", address=address)
    if right is None:
        return message("Nobody on {link} has that hardware address.", link=entry.link)
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
    title=message("A permanent neighbour entry has the wrong hardware address"),
    source="net/core/neighbour.c: NUD_PERMANENT is never asked anew",
    reasons=frozenset({"neighbour-wrong", "forwarding-off", "left-instead", "no-route", "rp-filter"}),
)
