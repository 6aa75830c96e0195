"""A rule drops the ICMP error that would tell a sender about a smaller MTU.

Users see: the connection opens and short answers arrive, but downloads, uploads or TLS handshakes hang after the first
bytes.

Proof: a full-sized packet is too large for a link on its path, and the rule drops the ICMP error about it
("fragmentation needed", IPv6 "packet too big").  If the error is accepted, the sender sends smaller packets, and they
arrive.
Now: insert a rule before it that accepts this ICMP error alone.  The rule is hardening and stays.
Lasting: make the same change in the saved rules.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, View, Way, message
from hairpin.causes.rules._by_owner import repairs
from hairpin.walk.size.size_stop import narrow, tells_mtu


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate for each change that lets the ICMP error about a too large packet pass the rule that drops the
    error."""
    place, lost, told = view.place, narrow(view.network, view.branch), view.stop.seen.packet
    if place is None or lost is None or not tells_mtu(told):
        return
    four = told.version == 4
    ways = repairs(view, place)
    for change in ways:
        yield Candidate(
            title=message("{chain} drops the ICMP message that tells {sender} of the smaller MTU of {link}",
                          chain=place.chain, sender=view.network.netns_text(lost.sender), link=lost.link)
            if lost.sender is not None else
            message("{chain} drops the ICMP message that tells the sender of the smaller MTU of {link}",
                    chain=place.chain, link=lost.link),
            detail=message(
                "A packet of {length} bytes does not fit {link}, whose MTU is {mtu}. The kernel tells the packet's "
                "sender by ICMP ({error}) to send smaller packets. {rule} drops this message, so the sender sends the "
                "same packet again and again. Handshakes and short answers pass.",
                length=lost.length_bytes, link=lost.link, mtu=lost.mtu_bytes, rule=place.text,
                error="fragmentation-needed" if four else "packet-too-big",
            ),
            change=change,
            where=OfRule(place),
            in_class="dropping-rule",
            evidence=(place.evidence,),
            ways=tuple(Way(each) for each in ways if each != change),
        )  # fmt: skip


CAUSE = Cause(
    title=message("A rule drops the ICMP message that tells of a smaller MTU"),
    source="net/ipv4/ip_forward.c ip_forward(): ICMP_FRAG_NEEDED; net/ipv6/ip6_output.c ip6_forward()",
    reasons=RULE_STOPS,
)
