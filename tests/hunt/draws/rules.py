"""Rules, chains, policies and tables of every dialect, changed, deleted and added."""

from collections.abc import Iterator

import msgspec

from hairpin.change import change as c
from hairpin.change.simulation.rules import BUILT_IN, tool_rules
from hairpin.netfilter import ir
from hairpin.netfilter.ebtables.save import parse
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.network.prefix import address_text
from tests.hunt.draws.bodies import matches, rule
from tests.hunt.draws.draw import Draw, Subject


def _tables(subject: Subject, *dialects: ir.Dialect) -> list[ir.Table]:
    return [each for each in subject.namespace.ruleset.tables if each.dialect in dialects and each.chains]


def deleted(*dialects: ir.Dialect) -> Draw:
    """Return the draw of a deleted rule of these dialects."""

    def draw(subject: Subject) -> Iterator[c.Change]:
        rules = [
            (table, chain, each)
            for table in _tables(subject, *dialects)
            for chain in table.chains
            for each in chain.rules
        ]
        if rules:
            table, chain, chosen = subject.random.choice(rules)
            yield c.Change((c.DeleteRule(subject.netns, place_of(table, chain.name, chosen)),))

    return draw


def _iptables_tables(subject: Subject) -> list[ir.Table]:
    """Return iptables' tables of the flow's family, those that are not there made empty."""
    family: ir.Family = "ip" if subject.flow.version == 4 else "ip6"
    there = [each for each in _tables(subject, "iptables-nft", "iptables-legacy") if each.family == family]
    dialect = there[0].dialect if there else "iptables-nft"
    names = {each.name for each in there}
    lacking = [
        ir.Table(
            family,
            name,
            dialect,
            tuple(ir.Chain(chain, (), hook, type_, priority) for chain, hook, type_, priority in made),
        )
        for name, made in BUILT_IN.items()
        if name not in names and name != "security"
    ]
    return there + lacking


def inserted(*names: str, ends: tuple[ir.Expression, ...]) -> Draw:
    """Return the draw of a rule with one of the ends that is inserted into an iptables table of these names."""

    def draw(subject: Subject) -> Iterator[c.Change]:
        tables = [each for each in _iptables_tables(subject) if each.name in names]
        yield from _into(subject, tables, ends)

    return draw


def inserted_nft(subject: Subject) -> Iterator[c.Change]:
    """Yield a dropping rule that is inserted into a table of nft."""
    yield from _into(subject, _tables(subject, "nft"), (ir.Verdict("drop"),))


def _into(subject: Subject, tables: list[ir.Table], ends: tuple[ir.Expression, ...]) -> Iterator[c.Change]:
    table = subject.pick(tables)
    chain = subject.pick(table.chains) if table is not None else None
    if table is None or chain is None:
        return
    hook = chain.hook or "forward"
    end = subject.random.choice(ends)
    source_hooks = ("input", "postrouting")
    if isinstance(end, ir.Nat) and (end.nat in ("snat", "masquerade")) is not (hook in source_hooks):
        return
    if isinstance(end, ir.Notrack) and chain.hook is None:
        return
    made = rule(table, chain.name, (*matches(subject, hook), end))
    if made is not None:
        at = 1 if subject.chance(0.7) else None
        yield c.Change((c.InsertRule(subject.netns, table.dialect, table.family, table.name, chain.name, made, at),))


def altered(subject: Subject) -> Iterator[c.Change]:
    """Yield a rule whose address, port or verdict is another one."""
    rules = [
        (table, chain, each)
        for table in _tables(subject, "iptables-nft", "iptables-legacy", "nft")
        for chain in table.chains
        for each in tool_rules(chain.rules)
        if len(each) == 1
    ]
    if not rules:
        return
    table, chain, (chosen,) = subject.random.choice(rules)
    body = tuple(_altered(subject, each) for each in chosen.body)
    made = rule(table, chain.name, body)
    if made is not None and body != chosen.body:
        place = place_of(table, chain.name, chosen)
        again = c.InsertRule(subject.netns, table.dialect, table.family, table.name, chain.name, made, chosen.number)
        yield c.Change((c.DeleteRule(subject.netns, place), again))


def _altered(subject: Subject, expression: ir.Expression) -> ir.Expression:
    match expression:
        case ir.FieldMatch(field="dport" | "sport", ranges=((first, last),)) if first == last:
            return msgspec.structs.replace(expression, ranges=((first + 1, last + 1),))
        case ir.FieldMatch(field="saddr4" | "daddr4", ranges=((first, last),)):
            moved = subject.random.choice((1, 256, 65536))
            return msgspec.structs.replace(expression, ranges=((first + moved, last + moved),))
        case ir.Nat(addresses=(first, last)) if subject.chance(0.5):
            return msgspec.structs.replace(expression, addresses=(first + 1, last + 1))
        case ir.Nat(ports=(first, last)):
            return msgspec.structs.replace(expression, ports=(first + 1, last + 1))
        case ir.Verdict(verdict="accept" | "return"):
            return ir.Verdict("drop")
        case _:
            return expression


def moved(subject: Subject) -> Iterator[c.Change]:
    """Yield a rule at another place of its chain."""
    chains = [
        (table, chain, rules)
        for table in _tables(subject, "iptables-nft", "iptables-legacy", "nft")
        for chain in table.chains
        if len(rules := tool_rules(chain.rules)) > 1
    ]
    if not chains:
        return
    table, chain, rules = subject.random.choice(chains)
    first, *also = subject.random.choice(rules)
    position = subject.random.randint(1, len(rules))
    if position != first.number:
        place = place_of(table, chain.name, first)
        yield c.Change(
            (
                c.DeleteRule(subject.netns, place),
                c.InsertRule(
                    subject.netns, table.dialect, table.family, table.name, chain.name, first, position, tuple(also)
                ),
            )
        )


def policy(subject: Subject) -> Iterator[c.Change]:
    """Yield a policy that drops."""
    chains = [
        (table, chain)
        for table in (*_tables(subject, "nft", "ebtables"), *_iptables_tables(subject))
        for chain in table.chains
        if chain.hook is not None and chain.type != "nat" and chain.policy != "drop"
        and subject.namespace.ruleset.table(table.family, table.name, table.dialect) is not None
    ]  # fmt: skip
    if chains:
        table, chain = subject.random.choice(chains)
        yield c.Change((c.SetPolicy(subject.netns, policy_place(table, chain), "drop"),))


def flushed(subject: Subject) -> Iterator[c.Change]:
    """Yield a chain without its rules."""
    chains = [
        (table, chain)
        for table in _tables(subject, "iptables-nft", "iptables-legacy", "nft", "ebtables")
        for chain in table.chains
        if chain.rules
    ]
    if chains:
        table, chain = subject.random.choice(chains)
        yield c.Change(tuple(_flush(subject, table, chain)))


def _flush(subject: Subject, table: ir.Table, chain: ir.Chain) -> Iterator[c.Primitive]:
    for each in reversed(tool_rules(chain.rules)):
        yield c.DeleteRule(subject.netns, place_of(table, chain.name, each[0]))


def chain_deleted(subject: Subject) -> Iterator[c.Change]:
    """Yield a user chain that is deleted, and before it all rules that jump to it."""
    chains = [
        (table, chain)
        for table in _tables(subject, "iptables-nft", "iptables-legacy", "nft")
        for chain in table.chains
        if chain.hook is None
    ]
    if not chains:
        return
    table, chain = subject.random.choice(chains)
    jumps = (
        c.DeleteRule(subject.netns, place_of(table, other.name, each[0]))
        for other in table.chains
        if other is not chain
        for each in reversed(tool_rules(other.rules))
        if any(_leads_to(one, chain.name) for one in each)
    )
    gone = c.DeleteChain(subject.netns, table.dialect, table.family, table.name, chain.name)
    yield c.Change((*jumps, *_flush(subject, table, chain), gone))


def _leads_to(rule: ir.Rule, chain: str) -> bool:
    return any(isinstance(each, ir.Jump) and each.chain == chain for each in rule.body)


def table_deleted(subject: Subject) -> Iterator[c.Change]:
    """Yield a table that is deleted (``iptables -t … -F``, then ``-X``)."""
    table = subject.pick(_tables(subject, "iptables-nft", "iptables-legacy", "nft", "ebtables"))
    if table is not None:
        yield c.Change((c.ReplaceTable(subject.netns, table.dialect, table.family, table.name, None),))


def all_flushed(subject: Subject) -> Iterator[c.Change]:
    """Yield a namespace without rules (``nft flush ruleset``)."""
    if subject.namespace.ruleset.tables:
        yield c.Change((c.ReplaceRuleset(subject.netns, ir.Ruleset()),))


def table_added(subject: Subject) -> Iterator[c.Change]:
    """Yield a table of nft beside the others, whose base chain drops by a rule or by its policy."""
    places: tuple[tuple[ir.Hook, int], ...] = (
        ("prerouting", -310), ("prerouting", -150), ("forward", -5), ("forward", 10), ("input", 5), ("output", 5),
        ("postrouting", 90),
    )  # fmt: skip
    hook, priority = subject.random.choice(places)
    empty = ir.Table("inet", "drawn", "nft", ())
    made = rule(empty, "drawn", (*matches(subject, hook), ir.Verdict("drop")))
    if made is None:
        return
    by_policy = subject.chance(0.3)
    chain = ir.Chain("drawn", () if by_policy else (made,), hook, "filter", priority, "drop" if by_policy else "accept")
    table = msgspec.structs.replace(empty, chains=(chain,))
    yield c.Change((c.ReplaceTable(subject.netns, "nft", "inet", "drawn", table),))


def ebtables_added(subject: Subject) -> Iterator[c.Change]:
    """Yield a rule of ebtables that drops frames of a bridge."""
    if all(each.kind != "bridge" for each in subject.namespace.links):
        return
    name = subject.random.choice(("INPUT", "FORWARD", "OUTPUT"))
    address = next((each for each in subject.addresses(4) if subject.chance(0.5)), None)
    fits = f"-p IPv4 --ip-{subject.random.choice(('src', 'dst'))} {address_text(address, 4)} " if address else ""
    text = f"*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A {name} {fits}-j DROP\n"
    (made,) = (each for table in parse(text, source="drawn") for chain in table.chains for each in chain.rules)
    yield c.Change((c.InsertRule(subject.netns, "ebtables", "bridge", "filter", name, made, 1),))


DROPPING: tuple[ir.Expression, ...] = (ir.Verdict("drop"),)
REJECTING: tuple[ir.Expression, ...] = (ir.Reject("icmp-port-unreachable"), ir.Reject("tcp-reset"))
TRANSLATING: tuple[ir.Expression, ...] = (
    ir.Nat("dnat", (0x0A630001, 0x0A630001), version=4), ir.Nat("redirect", ports=(9, 9)), ir.Nat("masquerade"),
    ir.Nat("snat", (0x0A630002, 0x0A630002), version=4), ir.Verdict("accept"), ir.Verdict("return"),
)  # fmt: skip

DRAWS: dict[str, Draw] = {
    "rule deleted (iptables)": deleted("iptables-nft", "iptables-legacy"),
    "rule deleted (nft)": deleted("nft"),
    "rule deleted (ebtables)": deleted("ebtables"),
    "rule inserted, drops (iptables)": inserted("filter", "mangle", "raw", ends=DROPPING),
    "rule inserted, rejects (iptables)": inserted("filter", ends=REJECTING),
    "rule inserted, translates (iptables)": inserted("nat", ends=TRANSLATING),
    "rule inserted, untracks (iptables)": inserted("raw", ends=(ir.Notrack(),)),
    "rule inserted, drops (nft)": inserted_nft,
    "rule inserted, drops (ebtables)": ebtables_added,
    "rule altered": altered,
    "rule moved": moved,
    "policy": policy,
    "chain flushed": flushed,
    "chain deleted": chain_deleted,
    "table deleted": table_deleted,
    "table added (nft)": table_added,
    "all rules flushed": all_flushed,
}
