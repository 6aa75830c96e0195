"""The permanent neighbour entry for the far end of a tunnel has a hardware address that the far device does not have.

Users see: the overlay network to one host is dead since its tunnel device was made anew.
"""

from collections.abc import Iterator

from hairpin.causes.between_hosts._tunnelled import (
    FarEnd,
    Tunnelled,
    entry_to,
    leads_to,
    tunnelled,
    underlay_address,
)
from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.change import AddFdbEntry, AddNeighbour, Change, Primitive
from hairpin.host.route import Neighbour
from hairpin.message import message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the entry of the tunnel's next hop has another hardware address than the far device."""
    sent = tunnelled(view)
    entry = _entry(view.network, sent) if sent is not None else None
    if sent is None or entry is None or entry.mac is None:
        return
    far = _far_end(view.network, sent, entry)
    if far is None or far.link.mac is None or far.link.mac == entry.mac:
        return
    address = address_text(entry.value, entry.version)
    yield Candidate(
        title=message("{host} has an old hardware address for {address}, the tunnel device of {far}",
                      host=sent.netns.host, address=address, far=far.netns.host),
        detail=message(
            "The permanent neighbour entry of {link} on {host} says {mac}. {far_link} of {far} has {right}, and takes "
            "no other frames.",
            link=sent.link.name, host=sent.netns.host, mac=write_mac(entry.mac), far_link=far.link.name,
            far=far.netns.host, right=write_mac(far.link.mac),
        ),
        change=_change(view.network, sent, far, entry),
        where=where(host=sent.netns.host, link=sent.link.name, address=address, mac=write_mac(entry.mac),
                    wanted=write_mac(far.link.mac)),
        in_class="stale-tunnel-entry",
        evidence=(entry.evidence,) if entry.evidence else (),
        advice=(message("restart the agent that makes these entries (flanneld, the CNI)"),),
    )  # fmt: skip


def _entry(network: Network, sent: Tunnelled) -> Neighbour | None:
    """Return the permanent entry for the next hop of the frame on the tunnel device, or None."""
    namespace, version = network.namespace(sent.netns), sent.frame.version
    found = lookup(namespace, Query(version, sent.frame.daddr))
    hop = next((each for each in found.next_hops if each.link == sent.link.name), None)
    wanted = (sent.link.name, version, sent.frame.daddr if hop is None or hop.gateway is None else hop.gateway)
    for each in namespace.neighbours:
        if (each.link, each.version, each.value) == wanted and each.state == "PERMANENT" and not each.proxy:
            return each
    return None


def _far_end(network: Network, sent: Tunnelled, entry: Neighbour) -> FarEnd | None:
    """Return the tunnel device of the one other host that has the entry's address."""
    found = [
        FarEnd(netns, link, underlay_address(network, netns, link))
        for netns, namespace in network.namespaces()
        for link in namespace.links
        if netns.host != sent.netns.host
        and link.tunnel is not None
        and link.tunnel.kind == sent.tunnel.kind
        and any(
            (each.link, each.version, each.value) == (link.name, entry.version, entry.value)
            for each in namespace.addresses
        )
    ]
    return found[0] if len(found) == 1 else None


def _change(network: Network, sent: Tunnelled, far: FarEnd, entry: Neighbour) -> Change:
    right = Neighbour(entry.link, entry.version, entry.value, far.link.mac, "PERMANENT")
    parts: list[Primitive] = [AddNeighbour(sent.netns, right)]
    mac = far.link.mac
    if mac is not None and far.address is not None and not leads_to(network, sent.netns, sent.link, mac, far):
        parts.append(AddFdbEntry(sent.netns, entry_to(sent.link, mac, far.address)))
    return Change(tuple(parts))


CAUSE = Cause(
    id="tunnel-neighbour-stale",
    title="A neighbour entry for a tunnel's far end has an old hardware address",
    source="net/core/neighbour.c: NUD_PERMANENT is never asked anew; net/ethernet/eth.c eth_type_trans()",
    reasons=frozenset(
        {
            "neighbour-wrong", "no-tunnel-remote", "tunnel-elsewhere", "wrong-answer", "left-instead", "no-neighbour",
            "no-tunnel",
        }
    ),
    find=find,
)  # fmt: skip
