"""A WireGuard device has no peer for an address, because the AllowedIPs of its peers lack the address, or because the
peer's endpoint is not known.

Users see: the tunnel is up and its own addresses answer, but a container network or a LAN behind the tunnel does not
answer.

Proof: the device refuses to send packets to the address, or drops packets from the address.  With the address among the
AllowedIPs of its peer, the packet passes.
Now: ``wg set DEVICE peer KEY allowed-ips …`` with all present AllowedIPs of the peer and the network of the address.
Lasting: add the network to ``AllowedIPs`` in the device's configuration (``/etc/wireguard``), on the host whose device
refuses the packet.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfLink, View, Way, message
from hairpin.change.change import Change, SetLink, one
from hairpin.host.link import Link, Peer
from hairpin.netfilter.packet import Packet
from hairpin.network.prefix import Prefix, address_text, width
from hairpin.network.tunnel.wireguard import allowed_text, settings
from hairpin.walk.decided import LinkDecided


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each peer to which the address may belong.

    The proof is certain only if the device has a single peer."""
    stop = view.stop
    link = view.namespace.link(stop.link)
    if link is None or link.wireguard is None or not isinstance(stop.decided_by, LinkDecided):
        return
    sends = stop.reason == "no-tunnel-remote"
    inner = stop.seen.packet if sends else _inner(view)
    if inner is None:
        return
    address = inner.daddr if sends else inner.saddr
    wanted = Prefix(inner.version, address, width(inner.version))
    for peer in settings(link).peers:
        if not sends or peer.endpoint is not None:
            yield _candidate(view, link, peer, wanted, stop.decided_by.said)


def _inner(view: View) -> Packet | None:
    """Return the inner packet that the far device encapsulated.  Return None if the walk contains no encapsulation by
    the far device."""
    steps = (*view.branch.request, *view.branch.reply, *view.branch.data)
    wrapped = [step.packet for step in steps if step.stage == "tunnel" and step.note != view.stop.reason]
    return wrapped[-1] if wrapped else None


def _candidate(view: View, link: Link, peer: Peer, wanted: Prefix, said: Message) -> Candidate:
    """Return the candidate that adds the address to the peer's AllowedIPs, and removes it from all other peers."""
    device = settings(link)
    others = tuple(
        msgspec.structs.replace(
            each,
            allowed=(*each.allowed, wanted) if each == peer else tuple(one for one in each.allowed if one != wanted),
        )
        for each in device.peers
    )
    changed = msgspec.structs.replace(link, wireguard=msgspec.structs.replace(device, peers=others))
    address, host = address_text(wanted.network, wanted.version), view.stop.netns.host
    return Candidate(
        title=message(
            "No peer of WireGuard device {link} on {host} has {address} in its AllowedIPs",
            link=link.name,
            host=host or message("this host"),
            address=address,
        )
        if len(device.peers) == 1
        else message(
            "On {host}, the peer of WireGuard device {link} that has {address} does not have this address in its "
            "AllowedIPs",
            link=link.name,
            host=host or message("this host"),
            address=address,
        ),
        detail=message("{said}.", said=said),
        change=one(SetLink(view.stop.netns, changed)),
        where=OfLink(link.name),
        in_class="unlike-tunnel-ends",
        evidence=(device.evidence or link.evidence,),
        offered=False,
        ways=(Way(Change(()), (_allow(link, peer, address),)),),
    )


def _allow(link: Link, peer: Peer, address: str) -> Message:
    has = allowed_text(peer.allowed)
    return message(
        "if {address} is behind peer {number} of {link}: add its network to that peer's AllowedIPs (now {has}). Change "
        "the list in /etc/wireguard/{link}.conf. To change it now: wg set {link} peer KEY allowed-ips, with the whole "
        "list",
        address=address,
        number=peer.number,
        link=link.name,
        has=has,
    )


CAUSE = Cause(
    title=message("A WireGuard device has no peer for an address"),
    source="drivers/net/wireguard/allowedips.c wg_allowedips_lookup_dst(), wg_allowedips_lookup_src()",
    reasons=frozenset({"no-tunnel-remote", "peer-not-allowed"}),
)
