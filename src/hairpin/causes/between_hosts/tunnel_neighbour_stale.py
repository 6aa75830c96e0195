"""The permanent neighbour entry for a tunnel's far end is missing, or has a hardware address that the far device does
not have.

Users see: since the tunnel device of one host was recreated, the overlay network to that host is dead.

Proof: the permanent neighbour entry for the far end is missing, or has another hardware address than the far device.
With the right entry the packet arrives.
Now: ``ip neigh replace ADDRESS lladdr MAC dev TUNNEL nud permanent``.
Lasting: restart the agent that makes the entries (flanneld, the CNI).
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import (
    FarEnd,
    Tunnelled,
    end_with,
    lacking_entries,
    last_tunnel,
    next_hop,
    unsent,
)
from hairpin.causes.kit import Candidate, Cause, Iterator, OfNeighbour, View, message
from hairpin.change.change import Change
from hairpin.host.route import Neighbour
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, is_bridge_port
from hairpin.network.prefix import address_text


class _Unlike(msgspec.Struct, frozen=True):
    """A tunnel's next hop.  ``far``: the device that has ``address``.  ``entry``: the wrong neighbour entry, or None if
    there is no entry."""

    sent: Tunnelled
    address: int
    far: FarEnd
    mac: int
    entry: Neighbour | None


def find(view: View) -> Iterator[Candidate]:
    found = _unlike(view)
    if found is None:
        return
    sent, far, entry = found.sent, found.far, found.entry
    address, host = address_text(found.address, sent.frame.version), sent.netns.host
    right = write_mac(found.mac)
    yield Candidate(
        title=message("{host} has an old hardware address for {address}, the tunnel device of {far}",
                      host=host, address=address, far=far.netns.host)
        if entry is not None
        else message("{host} has no neighbour entry for {address}, the tunnel device of {far}",
                     host=host, address=address, far=far.netns.host),
        detail=message(
            "The permanent neighbour entry of {link} on {host} says {mac}. {far_link} of {far} has {right} and drops "
            "frames for any other address.",
            link=sent.link.name, host=host, mac=write_mac(entry.mac or 0), far_link=far.link.name,
            far=far.netns.host, right=right,
        )
        if entry is not None
        else message(
            "{link} on {host} sends broadcasts to nobody, so ARP finds no far end. {far_link} of {far} has {right}.",
            link=sent.link.name, host=host, far_link=far.link.name, far=far.netns.host, right=right,
        ),
        change=Change(
            lacking_entries(view.network, sent.netns, sent.link, far, found.address, sent.frame.version)
        ),
        where=OfNeighbour(
            sent.link.name, address, host, write_mac(entry.mac or 0) if entry is not None else None, right, entry
        ),
        in_class="stale-tunnel-entry",
        evidence=(entry.evidence,) if entry is not None and entry.evidence else (),
        advice=(message("restart the agent that makes these entries (flanneld, the CNI)"),),
    )  # fmt: skip


def _unlike(view: View) -> _Unlike | None:
    """Return the next hop of the tunnel that the packet entered or was about to enter, if its neighbour entry does not
    have the far device's hardware address; else None."""
    sent = last_tunnel(view) or unsent(view)
    if sent is None or is_bridge_port(view.network.namespace(sent.netns), sent.link):
        return None
    address = next_hop(view.network, sent)
    far, entry = end_with(view.network, sent, address), _entry(view.network, sent, address)
    if far is None or far.link.mac is None or (entry is None and view.stop.reason != "no-neighbour"):
        return None
    if entry is not None and entry.mac in (None, far.link.mac):
        return None
    return _Unlike(sent, address, far, far.link.mac, entry)


def _entry(network: Network, sent: Tunnelled, address: int) -> Neighbour | None:
    """Return the permanent entry for the address on the tunnel device, or None."""
    wanted = (sent.link.name, sent.frame.version, address)
    for each in network.namespace(sent.netns).neighbours:
        if (each.link, each.version, each.value) == wanted and each.static:
            return each
    return None


CAUSE = Cause(
    title=message("A neighbour entry for a tunnel's far end is missing or has an old hardware address"),
    source="net/core/neighbour.c: NUD_PERMANENT is never asked anew; net/ethernet/eth.c eth_type_trans()",
    reasons=frozenset({"neighbour-wrong", "no-tunnel-remote", "tunnel-elsewhere", "wrong-answer", "left-instead",
                       "no-neighbour", "no-tunnel"}),
)  # fmt: skip
