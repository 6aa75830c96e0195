"""A host or a container does not answer ARP requests for its own address.

Users see: clients time out, or get "No route to host" after three seconds, and ``ip neigh`` on other machines shows
``FAILED``.

Proof: ARP is off on the link that has the address, or ``arp_ignore`` keeps the kernel from answering.  Or
``arp_filter`` does this, because the route to the asking machine leaves through another link.  With an ARP answer the
packet arrives.
Now: ``ip link set LINK arp on``, or ``sysctl -w net.ipv4.conf.LINK.arp_ignore=0``, or the same with ``arp_filter``.
Lasting: correct the host's network configuration, or put the key into the file of sysctl.d that sorts last.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, Netns, OfLink, OfSysctl, View, message
from hairpin.change.change import Change, SetLink, SetSysctl, one
from hairpin.host.link import Link
from hairpin.host.sysctl import dotted
from hairpin.network.attachment import attachment_of
from hairpin.network.prefix import address_text
from hairpin.walk.decided import SysctlDecided
from hairpin.walk.link.arp import arp_silence, is_mute

_KEYS = ("arp_ignore", "arp_filter")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the link at which the packet stopped, or the link of its destination container, answers no
    ARP requests."""
    stop = view.stop
    own = view.namespace.link(stop.link)
    if own is not None and is_mute(own):
        yield _switched_on(stop.netns, own)
    elif isinstance(stop.decided_by, SysctlDecided) and stop.decided_by.path[-1] in _KEYS and stop.address is not None:
        yield _answering(stop.netns, view.namespace, stop.link, stop.address, stop.decided_by)
    else:
        yield from _of_container(view)


def _of_container(view: View) -> Iterator[Candidate]:
    packet = view.stop.seen.packet
    meant = attachment_of(view.network, view.host, packet.daddr, packet.version)
    if meant is None or meant.container.netns is None or meant.container.netns not in view.host:
        return
    netns = view.host_netns.sibling(meant.container.netns)
    namespace = view.network.namespace(netns)
    link = next((each.link for each in namespace.addresses if each.value == packet.daddr), "")
    on = namespace.link(link)
    if on is not None and is_mute(on):
        yield _switched_on(netns, on)
    elif packet.version == 4:
        asked_by = meant.endpoint.gateway4 or packet.daddr
        decided = arp_silence(namespace, link, packet.daddr, asked_by)
        if isinstance(decided, SysctlDecided):
            yield _answering(netns, namespace, link, packet.daddr, decided)


def _switched_on(netns: Netns, link: Link) -> Candidate:
    flags = tuple(each for each in link.flags if each != "NOARP")
    return Candidate(
        title=message("ARP is off on {link}", link=link.name),
        detail=message(
            "The link has the flag NOARP: no other machine learns its hardware address, and it learns none of theirs."
        ),
        change=one(SetLink(netns, msgspec.structs.replace(link, flags=flags))),
        where=OfLink(netns=netns, link=link.name, state="NOARP"),
        in_class="link-or-route",
        evidence=(link.evidence,),
    )


def _answering(netns: Netns, namespace: Namespace, link: str, address: int, decided: SysctlDecided) -> Candidate:
    keys = (("net", "ipv4", "conf", name, decided.path[-1]) for name in ("all", link))
    filters = decided.path[-1] == "arp_filter"
    return Candidate(
        title=message("{link} answers no ARP request for {address}", link=link, address=address_text(address, 4)),
        detail=message(
            "{key} is {value}; of conf.all and the link's own value, the kernel takes the larger one, and with it the "
            "kernel answers no ARP request for the address.",
            key=dotted(decided.path),
            value=decided.value,
        )
        if not filters
        else message(
            "{key} is {value}: a link answers an ARP request only if the route to the asking machine leaves through "
            "this link. Here the route to that machine leaves through another link.",
            key=dotted(decided.path),
            value=decided.value,
        ),
        change=Change(tuple(SetSysctl(netns, key, "0") for key in keys if namespace.sysctls.number(*key))),
        where=OfSysctl(sysctl=decided.path, value=decided.value, wanted=decided.wanted),
        in_class="filtering-sysctl",
        evidence=(decided.evidence,),
        side_effects=(message("a link then answers ARP requests for the addresses of other links, too"),)
        if filters
        else (),
        advice=(message("or route that machine through {link}: `ip route get` shows its present route", link=link),)
        if filters
        else (),
    )


CAUSE = Cause(
    title=message("No ARP request for the address is answered"),
    source="net/ipv4/arp.c arp_rcv(), arp_ignore(), arp_filter()",
    shown_by=(
        "ip neigh; sysctl -a 2>/dev/null | grep -E 'proxy_(arp|ndp)'; sudo tcpdump -eni any arp or icmp6",
        message("requests for the address are repeated, and nobody answers them"),
    ),
    reasons=frozenset({"no-neighbour"}),
)
