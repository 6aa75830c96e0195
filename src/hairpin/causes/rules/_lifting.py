"""Changes that lift a rule or a policy off a flow."""

from typing import Literal

from hairpin.causes.cause import View
from hairpin.causes.rules._rule_owner import led_from
from hairpin.change.change import Change, DeleteRule, InsertRule, SetPolicy, one
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import (
    CT_ESTABLISHED,
    CT_RELATED,
    FieldMatch,
    Jump,
    NameMatch,
    Rule,
    Verdict,
)
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, is_discovery
from hairpin.network.prefix import inside, prefix_text

_ANSWERS = "-m conntrack --ctstate RELATED,ESTABLISHED"


def deletion(view: View, place: Place) -> Change:
    """Return the change that takes the rule away (a policy: that makes it accept)."""
    if place.number == 0:
        return one(SetPolicy(view.stop.netns, place, "accept"))
    return one(DeleteRule(view.stop.netns, place))


def lifted(view: View, place: Place) -> Change:
    """Return the change that takes a rule away, or lets the flow past a policy."""
    return exception(view, place) if place.number == 0 else deletion(view, place)


def iptables_rule(table: str, chain: str, text: str, family: str) -> Rule:
    """Return the rule of ``iptables -t table -A chain text``."""
    save = f"*{table}\n:{chain} - [0:0]\n-A {chain} {text}\nCOMMIT\n"
    tables = parse(save, family="ip6" if family == "ip6" else "ip", dialect="iptables-nft", source="hairpin")
    found = tables[0].chain(chain)
    assert found is not None
    return found.rules[-1]


def exception(view: View, place: Place) -> Change:
    """Return the narrowest rules that let the flow, and its answers, through the base chain that stopped it."""
    seen = view.stop.seen
    answers = bool(seen.ct_state & (CT_ESTABLISHED | CT_RELATED))
    if place.dialect == "nft":
        return _nft_exception(view, place, answers=answers)
    match view.stop.stage:
        case "forward":
            chain = _user_chain(view, place)
            texts = [f"-i {seen.iif} -o {seen.oif} -j ACCEPT", f"-i {seen.oif} -o {seen.iif} {_ANSWERS} -j ACCEPT"]
        case "output":
            chain = place.chain
            texts = [f"-o {seen.oif} {_ANSWERS} -j ACCEPT" if answers else f"-o {seen.oif} -j ACCEPT"]
            if is_discovery(seen.packet):
                texts = ["-p ipv6-icmp -j ACCEPT"]
        case _:
            chain = place.chain
            texts = [f"{_ANSWERS} -j ACCEPT"]
            if seen.packet.protocol == ICMP6:
                texts = ["-p ipv6-icmp -j ACCEPT"]  # whoever cannot be found as a neighbour gets no answers, either
            elif not answers:
                texts.append(f"-i {seen.iif} {_port(view)}-j ACCEPT")
    parts = tuple(
        InsertRule(
            view.stop.netns,
            _dialect(place),
            "ip6" if place.family == "ip6" else "ip",
            place.table,
            chain,
            iptables_rule(place.table, chain, text, place.family),
            1,
        )
        for text in texts
    )
    return Change(parts)


def _user_chain(view: View, place: Place) -> str:
    """DOCKER-USER is the administrator's place in front of everything else, where FORWARD leads to it."""
    table = view.namespace.ruleset.table("ip6" if place.family == "ip6" else "ip", place.table, _dialect(place))
    if table is None or table.chain("DOCKER-USER") is None:
        return place.chain
    forward = table.chain("FORWARD")
    for rule in forward.rules if forward is not None else ():
        if "-j DOCKER-USER" in rule.text:
            return "DOCKER-USER"
        if rule.text == place.text or any(
            led_from(view, place, part.chain) for part in rule.body if isinstance(part, Jump)
        ):
            break  # what stopped the packet stands in front of it
    return place.chain


def _dialect(place: Place) -> Literal["iptables-nft", "iptables-legacy"]:
    return "iptables-legacy" if place.dialect == "iptables-legacy" else "iptables-nft"


def _port(view: View) -> str:
    packet = view.stop.seen.packet
    if packet.protocol not in (TCP, UDP):
        return "-p icmp " if packet.protocol == ICMP else ""
    return f"-p {'tcp' if packet.protocol == TCP else 'udp'} --dport {packet.dport} "


def _nft_exception(view: View, place: Place, *, answers: bool) -> Change:
    """``ct status dnat accept`` covers a published port both ways; other flows are named by their interfaces."""
    seen = view.stop.seen
    rules: list[Rule] = []
    dnat = seen.connection is not None and bool(seen.connection.status & 32)
    if dnat and view.stop.stage == "forward":
        body = (FieldMatch("ct-status", ((1, (1 << 32) - 1),), mask=32), Verdict("accept"))
        rules.append(Rule(body, "ct status dnat accept", 1))
    elif answers:
        rules.append(_answers_rule())
    elif is_discovery(seen.packet) or (seen.packet.protocol == ICMP6 and view.stop.stage == "input"):
        rules.append(
            Rule((FieldMatch("protocol", ((ICMP6, ICMP6),)), Verdict("accept")), "meta l4proto ipv6-icmp accept", 1)
        )
    else:
        rules.append(_interfaces_rule(view))
        rules.append(_answers_rule())
    return Change(
        tuple(InsertRule(view.stop.netns, "nft", _family(place), place.table, place.chain, rule, 1) for rule in rules)
    )


def _family(place: Place) -> Literal["ip", "ip6", "inet"]:
    return "ip" if place.family == "ip" else "ip6" if place.family == "ip6" else "inet"


def _answers_rule() -> Rule:
    mask = CT_ESTABLISHED | CT_RELATED
    match_ = FieldMatch("ct-state", ((1, (1 << 32) - 1),), mask=mask)
    return Rule((match_, Verdict("accept")), "ct state established,related accept", 1)


def _interfaces_rule(view: View) -> Rule:
    seen = view.stop.seen
    body: list[FieldMatch | NameMatch | Verdict] = []
    words: list[str] = []
    if seen.iif:
        body.append(NameMatch("iif", (seen.iif,)))
        words.append(f'iifname "{seen.iif}"')
    if seen.oif:
        body.append(NameMatch("oif", (seen.oif,)))
        words.append(f'oifname "{seen.oif}"')
    packet = seen.packet
    if view.stop.stage == "input" and packet.protocol in (TCP, UDP) and packet.dport is not None:
        body += [
            FieldMatch("protocol", ((packet.protocol, packet.protocol),)),
            FieldMatch("dport", ((packet.dport, packet.dport),)),
        ]
        words.append(f"{'tcp' if packet.protocol == TCP else 'udp'} dport {packet.dport}")
    return Rule((*body, Verdict("accept")), " ".join([*words, "accept"]), 1)


def masquerading(view: View) -> tuple[Engine, DockerNetwork, Change] | None:
    """Return whose network the packet's source belongs to, and the rule that masquerades it."""
    packet = view.stop.seen.packet
    for engine in view.host.engines:
        for network in engine.networks:
            for subnet in network.subnets:
                if subnet.version != packet.version or network.bridge is None:
                    continue
                if not inside(packet.saddr, subnet.network, subnet.prefix_length, subnet.version):
                    continue
                family: Literal["ip", "ip6"] = "ip" if subnet.version == 4 else "ip6"
                prefix = prefix_text(subnet.network, subnet.prefix_length, subnet.version)
                rule = iptables_rule("nat", "POSTROUTING", f"-s {prefix} ! -o {network.bridge} -j MASQUERADE", family)
                return (
                    engine,
                    network,
                    one(InsertRule(view.host_netns, "iptables-nft", family, "nat", "POSTROUTING", rule)),
                )
    return None
