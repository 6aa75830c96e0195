"""firewalld runs, and the port is not open in the zone of the interface that the packet came in by.

Users see: "No route to host" (icmp-admin-prohibited), and no error without firewalld.

Proof: the zone of the ingress interface has neither the port nor a service for it; with the port the packet is taken.
Now: ``firewall-cmd --zone=ZONE --add-port=PORT/tcp``.
Lasting: the same with ``--permanent``.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, Way, where
from hairpin.causes.rules._lifting import exception
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.causes.rules._zones import zone_of
from hairpin.change.calls import OpenPort
from hairpin.change.change import Change, InsertRule, Primitive
from hairpin.host.boot.configured import Configured
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import FieldMatch, Rule, Table, Verdict
from hairpin.netfilter.packet import TCP, UDP


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a rule of firewalld stopped the packet in INPUT or FORWARD."""
    place = stopped_by(view, "firewalld")
    packet = view.stop.seen.packet
    if place is None:
        return
    if view.stop.stage == "forward":
        yield _not_forwarded(view, place)
    if view.stop.stage != "input":
        return
    if packet.protocol not in (TCP, UDP) or packet.dport is None:
        return
    protocol = "tcp" if packet.protocol == TCP else "udp"
    zone = zone_of(view, view.stop.seen.iif)
    yield Candidate(
        title=message(
            "firewalld keeps port {port}/{protocol} closed in zone {zone}",
            port=packet.dport,
            protocol=protocol,
            zone=zone,
        ),
        detail=message(
            "{link} is in zone {zone}, which lets in neither the port nor a service with it, so firewalld's {chain} "
            "answers: {rule}",
            link=view.stop.seen.iif,
            zone=zone,
            chain=place.chain,
            rule=place.text,
        ),
        change=Change(
            (_opened(view, place, zone, protocol),),
            (OpenPort(zone, packet.dport, protocol),),
        ),
        where=where(
            zone=zone, port=f"{packet.dport}/{protocol}", table=f"{place.family} {place.table}", chain=place.chain
        ),
        in_class="closed-zone",
        evidence=(place.evidence,),
        configured=Configured("manager", owner=f"firewalld ({zone})", evidence=place.evidence),
    )


def _not_forwarded(view: View, place: Place) -> Candidate:
    """Return the candidate for a packet that firewalld does not forward between two zones.  An accepting rule proves
    it; the repair is a policy of firewalld's, which is for a person to name."""
    seen = view.stop.seen
    ways = [zone_of(view, link) for link in (seen.iif, seen.oif)]
    said = message(
        "let firewalld forward it: firewall-cmd --permanent --new-policy NAME; firewall-cmd --permanent --policy NAME "
        "--add-ingress-zone {one} --add-egress-zone {other} --add-port PORT/PROTOCOL; firewall-cmd --reload",
        one=ways[0],
        other=ways[1],
    )
    return Candidate(
        title=message("firewalld does not forward from {iif} to {oif}", iif=seen.iif, oif=seen.oif),
        detail=message("firewalld's {chain} decides: {rule}", chain=place.chain, rule=place.text),
        change=exception(view, place),
        where=where(table=f"{place.family} {place.table}", chain=place.chain, rule=place.text),
        in_class="separation",
        evidence=(place.evidence,),
        configured=Configured("manager", owner="firewalld", evidence=place.evidence),
        ways=(Way(Change(()), (said,)),),
        offered=False,
    )


def _opened(view: View, place: Place, zone: str, protocol: str) -> Primitive:
    """Return the rule that ``firewall-cmd --add-port`` adds, in the chain where firewalld adds it."""
    packet = view.stop.seen.packet
    assert packet.dport is not None
    body = (
        FieldMatch("protocol", ((packet.protocol, packet.protocol),)),
        FieldMatch("dport", ((packet.dport, packet.dport),)),
        Verdict("accept"),
    )
    rule = Rule(body, f"{protocol} dport {packet.dport} accept", 1)
    for table in view.host_namespace.ruleset.tables:
        for chain in (f"filter_IN_{zone}_allow", f"IN_{zone}_allow"):
            if (table.dialect, table.family, table.name) == (place.dialect, place.family, place.table) and _has(
                table, chain
            ):
                return InsertRule(view.host_netns, table.dialect, table.family, table.name, chain, rule)
    return exception(view, place).parts[0]


def _has(table: Table, chain: str) -> bool:
    return table.chain(chain) is not None


CAUSE = Cause(
    id="firewalld-zone-blocks-port",
    title=message("firewalld's zone does not let the port in"),
    source="firewalld.zone(5); firewalld: src/firewall/core/nftables.py",
    reasons=frozenset({"rule", "reject", "policy"}),
    find=find,
)
