"""A firewall rule of a host drops the outer packets of a tunnel: VXLAN, Geneve.

Users see: the overlay network works within one host only.
"""

from collections.abc import Iterator
from typing import Literal

from hairpin.causes.between_hosts._tunnelled import tunnelled
from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import iptables_rule
from hairpin.change.change import Change, InsertRule, one
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, FieldMatch, Rule, Verdict
from hairpin.netfilter.packet import UDP


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a rule or a policy dropped an outer packet of a tunnel over UDP."""
    sent, place = tunnelled(view), view.place
    if sent is None or place is None or not sent.inside or sent.tunnel.port is None or not view.on_host:
        return
    if place.dialect == "ebtables":
        return
    host, port = view.stop.netns.host, sent.tunnel.port
    yield Candidate(
        title=message("{host} drops the packets of its tunnel (UDP port {port})", host=host, port=port),
        detail=message(
            "Packets between containers of several hosts travel inside UDP packets to port {port}, and on {host} "
            "{chain} drops these: {rule}",
            port=port, host=host, chain=place.chain, rule=place.text,
        ),
        change=_accepting(view, place, port),
        where=rule_where(place),
        in_class="closed-tunnel-port",
        evidence=(place.evidence,),
        advice=(
            message("let only the other hosts of the overlay network in: nobody else should send to this port"),
        ),
    )  # fmt: skip


def _accepting(view: View, place: Place, port: int) -> Change:
    """Return the rule that accepts the tunnel's outer packets in front of the chain that drops them."""
    if place.dialect == "nft":
        body = (FieldMatch("protocol", ((UDP, UDP),)), FieldMatch("dport", ((port, port),)), Verdict("accept"))
        rule = Rule(body, f"udp dport {port} accept", 1)
        family: Family = "ip" if place.family == "ip" else "ip6" if place.family == "ip6" else "inet"
        return one(InsertRule(view.stop.netns, "nft", family, place.table, place.chain, rule, 1))
    dialect: Dialect = "iptables-legacy" if place.dialect == "iptables-legacy" else "iptables-nft"
    version: Literal["ip", "ip6"] = "ip6" if place.family == "ip6" else "ip"
    rule = iptables_rule(place.table, place.chain, f"-p udp --dport {port} -j ACCEPT", version)
    return one(InsertRule(view.stop.netns, dialect, version, place.table, place.chain, rule, 1))


CAUSE = Cause(
    id="vxlan-port-blocked",
    title="A host's firewall drops the packets of the tunnel between hosts",
    source="drivers/net/vxlan/vxlan_core.c: a UDP socket of the kernel, behind INPUT like any other",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
