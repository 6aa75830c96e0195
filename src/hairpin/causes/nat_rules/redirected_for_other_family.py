"""A rule of this host redirects the port for one IP version only, and the packet has the other IP version.

Users see: ``curl -4`` reaches the service on port 80 and ``curl -6`` is refused, or a client that prefers the AAAA
record fails.

Proof: a rule redirects the port for the other IP version to a port of this host.  With the same rule for the packet's
IP version, the flow arrives.
Now: add the rule's twin with the program that made the rule: a rich rule with the other family, or the rule of
``ip6tables`` or of an nftables table.
Lasting: add the twin to the file or program from which the rule is loaded.
"""

from typing import Literal

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, View, message
from hairpin.causes.nat_rules._translation import dnat_place
from hairpin.change.calls import AddRichRule
from hairpin.change.change import Change, InsertRule, ReplaceTable
from hairpin.firewalls.chain_owner import TABLE, chain_owner
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of, rules_from
from hairpin.netfilter.iptables.spelled import spelled as iptables_words
from hairpin.netfilter.nft.spelled import spelled as nft_words
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import FromHost
from hairpin.network.network import owns_address
from hairpin.network.prefix import Version

_FAMILIES: dict[Version, Literal["ip", "ip6"]] = {4: "ip", 6: "ip6"}


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule that redirects the packet's port for the other IP version."""
    packet = view.stop.seen.packet
    if view.in_reply or not view.on_host or packet.protocol not in (TCP, UDP) or packet.dport != view.flow.dport:
        return
    if view.stop.stage not in ("input", "socket") or dnat_place(view, view.host_netns) is not None:
        return
    hook: ir.Hook = "output" if isinstance(view.flow.start, FromHost) else "prerouting"
    for table, chain, rule in _rules_of_other_version(view, hook):
        body = tuple(_twin(view, table, rule))
        nat = body[-1] if body else None
        change = _change_for_twin(view, table, chain, body, hook) if isinstance(nat, ir.Nat) else None
        if not isinstance(nat, ir.Nat) or nat.ports is None or change is None:
            continue
        place = place_of(table, chain.name, rule)
        facts = {"port": view.flow.dport, "to": nat.ports[0], "other": 10 - packet.version, "version": packet.version}
        yield Candidate(
            title=message("Port {port} is redirected to port {to} for IPv{other} only", **facts),
            detail=message(
                "The rule is for IPv{other}: {table} {chain}: {rule}. An IPv{version} packet keeps port {port}.",
                table=f"{table.family} {table.name}",
                chain=chain.name,
                rule=rule.text,
                **facts,
            ),
            change=change,
            where=OfRule(place),
            in_class="bound-to-other-address",
            evidence=(place.evidence,),
        )


def _rules_of_other_version(view: View, hook: ir.Hook) -> Iterator[tuple[ir.Table, ir.Chain, ir.Rule]]:
    """Yield the rules at the hook that redirect the packet's port to a port of this host, for the other IP version
    only."""
    packet = view.stop.seen.packet
    version: Version = 4 if packet.version == 6 else 6
    for table in view.host_namespace.ruleset.tables:
        if table.dormant or table.family not in ("inet", _FAMILIES[version]):
            continue
        bases = [each.name for each in table.chains if each.hook == hook and each.type == "nat"]
        for chain, rule in rules_from(table, bases):
            nat = rule.body[-1] if rule.body else None
            if isinstance(nat, ir.Nat) and _version(table, rule) == version and _is_own(view, nat, version):
                fields = {part.field: part for part in rule.body if isinstance(part, ir.FieldMatch)}
                if all(_holds(fields.get(field), value) for field, value in _fields_of(packet.protocol, packet.dport)):
                    yield table, chain, rule


def _fields_of(protocol: int | None, port: int | None) -> tuple[tuple[ir.Field, int | None], ...]:
    return ("protocol", protocol), ("dport", port)


def _holds(part: ir.FieldMatch | None, value: int | None) -> bool:
    if part is None or part.negated or value is None:
        return False
    return any(first <= value <= last for first, last in part.ranges)


def _version(table: ir.Table, rule: ir.Rule) -> Version | None:
    """Return the only IP version whose packets the rule matches; None if it matches both."""
    if table.family in ("ip", "ip6"):
        return 4 if table.family == "ip" else 6
    for part in rule.body:
        if isinstance(part, ir.FieldMatch) and part.field == "nfproto" and not part.negated:
            return next((each for each in _FAMILIES if part.ranges == ((ir.NFPROTO[each], ir.NFPROTO[each]),)), None)
        if isinstance(part, ir.FieldMatch) and part.field in ("saddr4", "daddr4", "saddr6", "daddr6"):
            return 4 if part.field.endswith("4") else 6
        if isinstance(part, ir.Nat) and part.addresses is not None:
            return part.version
    return None


def _is_own(view: View, nat: ir.Nat, version: Version) -> bool:
    """Return whether the translation leads to a port of this host."""
    if nat.ports is None or nat.ports[0] != nat.ports[1] or nat.nat not in ("redirect", "dnat"):
        return False
    return nat.addresses is None or (
        nat.addresses[0] == nat.addresses[1] and owns_address(view.host_namespace, version, nat.addresses[0])
    )


def _twin(view: View, table: ir.Table, rule: ir.Rule) -> Iterator[ir.Expression]:
    """Yield the rule's body for the packet's IP version; yield nothing if the rule has a match without a twin."""
    packet, found = view.stop.seen.packet, list[ir.Expression]()
    number = ir.NFPROTO[packet.version]
    for part in rule.body:
        match part:
            case ir.NoEffect():
                continue
            case ir.FieldMatch(field="nfproto"):
                found.append(ir.FieldMatch("nfproto", ((number, number),)))
            case ir.FieldMatch(field="daddr4" | "daddr6", negated=False) if _is_hosts(view, part):
                address = (packet.daddr, packet.daddr)
                found.append(ir.FieldMatch("daddr6" if packet.version == 6 else "daddr4", (address,)))
            case ir.FieldMatch(field="protocol" | "dport") | ir.NameMatch() | ir.FibMatch():
                found.append(part)
            case ir.Nat():
                found.append(ir.Nat("redirect", ports=part.ports))
            case _:
                return
    of_both = table.family == "inet" and not any(
        isinstance(part, ir.FieldMatch) and part.field in ("nfproto", "daddr4", "daddr6") for part in found
    )
    yield from (ir.FieldMatch("nfproto", ((number, number),)), *found) if of_both else found


def _is_hosts(view: View, part: ir.FieldMatch) -> bool:
    version: Version = 4 if part.field == "daddr4" else 6
    return len(part.ranges) == 1 and owns_address(view.host_namespace, version, part.ranges[0][0])


def _change_for_twin(
    view: View, table: ir.Table, chain: ir.Chain, body: tuple[ir.Expression, ...], hook: ir.Hook
) -> Change | None:
    """Return the change that adds the twin by the means of the rule itself."""
    netns, version = view.host_netns, view.stop.seen.packet.version
    if table.dialect != "nft":
        return Change((_by_iptables(view, table, chain, body, hook),))
    family: ir.Family = table.family if table.family == "inet" else _FAMILIES[version]
    there = table if table.family == "inet" else view.host_namespace.ruleset.table(family, table.name, "nft")
    if there is not None and there.chain(chain.name) is not None:
        rule = ir.Rule(body, nft_words(body, there), 1)
        part = InsertRule(netns, "nft", family, table.name, chain.name, rule, 1)
        return _by_firewalld(view, table, part) if table.name == TABLE else Change((part,))
    if there is not None or chain.hook is None:
        return None  # the other family has a table of its own form: nobody knows which chain is meant
    twin = ir.Table(family, table.name, "nft", ())
    made = msgspec.structs.replace(chain, rules=(ir.Rule(body, nft_words(body, twin), 1),), packets=None)
    return Change((ReplaceTable(netns, "nft", family, table.name, msgspec.structs.replace(twin, chains=(made,))),))


def _by_iptables(
    view: View, table: ir.Table, chain: ir.Chain, body: tuple[ir.Expression, ...], hook: ir.Hook
) -> InsertRule:
    family = _FAMILIES[view.stop.seen.packet.version]
    there = view.host_namespace.ruleset.table(family, table.name, table.dialect)
    name = chain.name if there is not None and there.chain(chain.name) is not None else hook.upper()
    rule = ir.Rule(body, iptables_words(body, name, family), 1)
    return InsertRule(view.host_netns, table.dialect, family, table.name, name, rule, None)


def _by_firewalld(view: View, table: ir.Table, part: InsertRule) -> Change | None:
    """Return the change that firewalld's rich rule makes; None if the rule is in no zone."""
    owner, nat = chain_owner(table, place_of(table, part.chain, part.rule)), part.rule.body[-1]
    if owner is None or owner.kind != "zone" or not isinstance(nat, ir.Nat) or nat.ports is None:
        return None
    packet = view.stop.seen.packet
    protocol = "tcp" if packet.protocol == TCP else "udp"
    words = (
        f'rule family="ipv{packet.version}" forward-port port="{packet.dport}" protocol="{protocol}" '
        f'to-port="{nat.ports[0]}"'
    )
    return Change((part,), (AddRichRule("zone", owner.name, words),))


CAUSE = Cause(
    title=message("A port is redirected for the other IP version only"),
    source="firewalld.richlanguage(5); ip6tables(8); nft(8)",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
