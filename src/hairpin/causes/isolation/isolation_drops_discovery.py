"""An engine's isolation drops IPv6 neighbour discovery within one network.

Users see: two containers of an internal network reach each other over IPv4, but not over IPv6.

Proof: br_netfilter passes the bridge's frames to ip6tables.  A rule that isolates the network drops the neighbour
solicitation, because its destination is a multicast address outside of the subnet.  With a rule that accepts ICMPv6
within the bridge, the solicitation arrives.
Now: ``ip6tables -I FORWARD -i BRIDGE -o BRIDGE -p ipv6-icmp -j ACCEPT``, which opens no port to other networks.
Lasting: insert the rule after each start of dockerd, because dockerd inserts its own rules before it.  Or upgrade
dockerd.
"""

from hairpin.causes.isolation._walls import is_within
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfWall, View, message
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.change import InsertRule, one
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import FieldMatch, NameMatch, Rule, Verdict
from hairpin.netfilter.packet import ICMP6
from hairpin.network.attachment import network_of_bridge


def find(view: View) -> Iterator[Candidate]:
    place, seen = stopped_by(view, "isolation"), view.stop.seen
    network = network_of_bridge(view.host, seen.iif)
    if place is None or network is None or not is_within(view):
        return
    if place.dialect == "nft" or place.family != "ip6":
        return
    names = (seen.iif,)
    body = (
        NameMatch("iif", names),
        NameMatch("oif", names),
        FieldMatch("protocol", ((ICMP6, ICMP6),)),
        Verdict("accept"),
    )
    made = Rule(body, spelled(body, "FORWARD", "ip6"), 1)
    yield Candidate(
        title=message("The isolation of network {name} drops its own IPv6 neighbour discovery", name=network.name),
        detail=message(
            "A solicitation goes to a multicast address outside of the network's subnet. The solicitation stays on "
            "{bridge}, but br_netfilter shows it to ip6tables, and {rule} treats it as a packet to another network.",
            rule=place.text,
            bridge=seen.iif,
        ),
        change=one(InsertRule(view.stop.netns, place.dialect, "ip6", place.table, "FORWARD", made, 1)),
        where=OfWall(place, seen.iif),
        in_class="engine-protection",
        evidence=(place.evidence,),
        advice=(
            message(
                "at its next start, dockerd puts its own rules before this one: insert this rule again after each "
                "start of dockerd, or use a dockerd that lets discovery pass"
            ),
        ),
    )


CAUSE = Cause(
    title=message("An engine's isolation drops neighbour discovery within a network"),
    source="moby libnetwork/drivers/bridge/setup_ip_tables_linux.go setupInternalNetworkRules(); RFC 4861, 7.2.2",
    shown_by=(
        "sudo ip6tables-save; ip -6 neigh",
        message("a rule of an isolation chain drops all but the network's own range"),
    ),
    reasons=RULE_STOPS,
)
