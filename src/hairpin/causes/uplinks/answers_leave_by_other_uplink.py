"""A host with two uplinks sends packets with one uplink's address out by the other uplink, whose router drops them.

Users see: the port answers at the address of one uplink and times out at the address of the other uplink.

Proof: the packet left with the address of another uplink, and the router behind the egress link drops it, as the user
stated with ``--outside``.  If the packet leaves by the address's own uplink, it arrives.
Now: add a policy rule for the address.  For a container's answers, add a mark that records the uplink through which the
client's packet came in: ``iptables -t mangle -A PREROUTING -i LINK … -j CONNMARK``, and ``ip rule add fwmark …``.
Lasting: put these rules into the saved rules and into the host's network configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.causes.uplinks._gateway import ways_home
from hairpin.network.prefix import address_text
from hairpin.network.uplinks import holder_of_addresses, home_of
from hairpin.walk.trace import ForeignSource


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate for each change that sends the packet out by the uplink that has its source address."""
    packet, netns = view.stop.seen.packet, view.stop.netns
    if not netns.is_host:
        return
    link = holder_of_addresses(view.namespace, view.stop.link)
    home = home_of(view.network, netns, packet.version, packet.saddr, link)
    if home is None:
        return
    facts = {"source": address_text(packet.saddr, packet.version), "home": home.link, "link": link}
    for change in ways_home(view.network, ForeignSource(netns, packet.version, packet.saddr, home.link, link)):
        yield Candidate(
            title=message("Packets from {source} leave through {link}, but {source} is the address of {home}", **facts),
            detail=message(
                "{source} is the address of {home}. The route to the other end leaves through {link}. You stated that "
                "the router there drops packets from {source}. NAT of a container's answer is undone after routing, so "
                "no policy rule for {source} matches it.",
                **facts,
            ),
            change=change,
            where=OfLink(netns=netns, link=link, state=facts["source"]),
            in_class="filtering-peer",
            advice=(message("or let the router behind {link} forward packets from {source}", **facts),),
        )


CAUSE = Cause(
    title=message("Packets with one uplink's address leave by another uplink, whose router drops them"),
    source="RFC 2827 (BCP 38), RFC 3704; net/netfilter/nf_nat_core.c nf_nat_packet(); stated with --outside",
    shown_by=(
        "docker exec {container} ip route; ip route show table all; ip rule",
        message(
            "the way back to the client is through another link than the link by which the client's packets came in"
        ),
    ),
    reasons=frozenset({"peer-drops"}),
)
