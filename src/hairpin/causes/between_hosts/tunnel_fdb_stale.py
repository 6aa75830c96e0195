"""A tunnel device's forwarding database names an address that the far host does not have, or no address.

Users see: since the address of one host changed, or since somebody deleted an entry, the overlay network to that host
is dead.

Proof: the forwarding entry for the far device's hardware address names an address that the far host does not have, or
is missing.  With the right address the packet arrives.
Now: ``bridge fdb replace MAC dev TUNNEL dst NODE``.  If the far host was not read, only its administrator knows NODE.
Lasting: restart the agent that makes the entries, or give the hosts fixed addresses.
"""

import msgspec

from hairpin.causes.between_hosts._tunnelled import FarEnd, Tunnelled, entry_to, last_tunnel, leads_to, receiver, unsent
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfForwarding, View, Way, message
from hairpin.change.change import AddEntry, Change, DeleteEntry, Primitive, ReplaceEntry, SetLink, one
from hairpin.change.simulation.entries import is_alone_in_fdb
from hairpin.host.route import FdbEntry
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, free_address, is_bridge_port, is_held
from hairpin.network.prefix import Version, address_text
from hairpin.network.tunnel.tunnels import ALL_FRAMES, entries_of
from hairpin.network.uplinks import uplinks_of


def find(view: View) -> Iterator[Candidate]:
    if view.stop.reason == "no-tunnel-remote":
        yield from _without_entry(view)
    sent = last_tunnel(view) or _flooded(view)
    far = receiver(view, sent) if sent is not None else None
    if sent is None or far is None or far.address is None:
        return
    if leads_to(view.network, sent.netns, sent.link, sent.frame.dmac, far):
        return
    stale = _entries(view.network, sent)
    version = sent.tunnel.version
    named = ", ".join(address_text(each.remote or 0, version) for each in stale)
    right = address_text(far.address, version)
    yield Candidate(
        title=message("{link} of {host} sends frames for {far} to an address that {far} does not have",
                      link=sent.link.name, host=sent.netns.host, far=far.netns.host),
        detail=message(
            "The forwarding entry of {link} on {host} names {named}. {far} has {right}.",
            link=sent.link.name, host=sent.netns.host, named=named, far=far.netns.host, right=right,
        )
        if stale
        else message("{link} on {host} has no forwarding entry that leads to {far}, which has {right}.",
                     link=sent.link.name, host=sent.netns.host, far=far.netns.host, right=right),
        change=_change(view.network, sent, far, stale),
        where=OfForwarding(sent.netns.host, sent.link.name, write_mac(_mac(sent, stale)), named or None, right, stale),
        in_class="stale-tunnel-entry",
        evidence=tuple(dict.fromkeys(each.evidence for each in stale if each.evidence)),
        advice=(_AGENT,),
    )  # fmt: skip


def _without_entry(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a device that has no entry for the frame, if no host that was read is its receiver."""
    mac, link, netns = view.stop.seen.packet.dmac, view.namespace.link(view.stop.link), view.stop.netns
    if mac is None or link is None or link.tunnel is None or link.tunnel.kind != "vxlan":
        return
    if any(each.mac == mac for _, space in view.network.namespaces() for each in space.links):
        return
    remote = _some_machine(view, link.tunnel.version)
    if remote is None:
        return
    facts = {"link": link.name, "mac": write_mac(mac), "host": netns.host}
    yield Candidate(
        title=message("{link} of {host} has no forwarding entry for {mac}", **facts),
        detail=message(
            "The next hop has the hardware address {mac}. Without an entry, {link} does not know to which machine the "
            "frame goes, and the kernel drops it.",
            **facts,
        ),
        change=one(AddEntry(netns, entry_to(link, mac, remote))),
        where=OfForwarding(netns.host, link.name, write_mac(mac), None, None, ()),
        in_class="stale-tunnel-entry",
        evidence=(link.evidence,),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "add the entry: bridge fdb append {mac} dev {link} dst NODE. NODE is the address of the "
                        "machine whose tunnel device has {mac}",
                        **facts,
                    ),
                ),
            ),
        ),
        advice=(_AGENT,),
    )


def _some_machine(view: View, version: Version) -> int | None:
    """Return the address of a machine beside this host, which stands for the far host in the proof."""
    uplink = next(iter(uplinks_of(view.network, view.stop.netns.of_host, version)), None)
    if uplink is None:
        return None
    network = uplink.main.prefix.first
    return free_address(view.host_namespace, network, uplink.main.prefix_length, version)


_AGENT = message("restart the agent that makes these entries (flanneld, the CNI), or give hosts fixed addresses")


def _flooded(view: View) -> Tunnelled | None:
    """Return the unanswered ARP or neighbour request that a bridge floods to its tunnel device, or None."""
    sent = unsent(view)
    if sent is None or not is_bridge_port(view.network.namespace(sent.netns), sent.link):
        return None
    frame = msgspec.structs.replace(sent.frame, dmac=None)
    return msgspec.structs.replace(sent, frame=frame)


def _entries(network: Network, sent: Tunnelled) -> tuple[FdbEntry, ...]:
    """Return the forwarding entries that decided about the frame.

    If the device has no entry for the frame's hardware address, return the entries for 00:00:00:00:00:00 whose remote
    address is on no host."""
    own = entries_of(network.namespace(sent.netns), sent.link)
    named = tuple(each for each in own if each.mac == sent.frame.dmac)
    return named or tuple(
        each
        for each in own
        if each.mac == ALL_FRAMES
        and not (each.remote is not None and is_held(network, sent.tunnel.version, each.remote))
    )


def _mac(sent: Tunnelled, stale: tuple[FdbEntry, ...]) -> int:
    return stale[0].mac if stale else sent.frame.dmac or ALL_FRAMES


def _change(network: Network, sent: Tunnelled, far: FarEnd, stale: tuple[FdbEntry, ...]) -> Change:
    assert far.address is not None
    if not stale and sent.tunnel.remote is not None:
        tunnel = msgspec.structs.replace(sent.tunnel, remote=far.address)
        return Change((SetLink(sent.netns, msgspec.structs.replace(sent.link, tunnel=tunnel)),))
    right = entry_to(sent.link, _mac(sent, stale), far.address)
    for each in stale:
        if is_alone_in_fdb(network.namespace(sent.netns).fdb, each):
            entry = msgspec.structs.replace(each, remote=far.address, state=right.state, evidence="", entry=0)
            return Change((ReplaceEntry(sent.netns, each, entry),))
    # 00:00:00:00:00:00 has one entry per remote host: add the right entry before deleting the wrong entries.
    gone: tuple[Primitive, ...] = tuple(DeleteEntry(sent.netns, each) for each in stale)
    added = AddEntry(sent.netns, right)
    return Change((added, *gone) if right.mac == ALL_FRAMES else (*gone, added))


CAUSE = Cause(
    title=message("A tunnel's forwarding entry is missing, or names an address that the far host does not have"),
    source="drivers/net/vxlan/vxlan_core.c vxlan_xmit(): the remote of the forwarding entry",
    reasons=frozenset({"tunnel-elsewhere", "no-tunnel-remote", "no-tunnel", "wrong-answer", "no-listener",
                       "no-neighbour", "no-route", "neighbour-wrong", "left-instead", "loop", *RULE_STOPS}),
)  # fmt: skip
