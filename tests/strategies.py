"""Strategies that property tests share: packets, rules, tables, entries of a namespace's tables, changes.

Their values are drawn from small ranges, so that rules and packets, and changes and what is there, meet.
"""

from hypothesis import strategies as st

from hairpin.change import change as c
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of, policy_place
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.packet import ICMP, TCP, UDP, Packet, Seen

# Small ranges, so that rules and packets meet.
ADDRESSES = st.integers(0x0A000000, 0x0A00000F)
PORTS = st.integers(0, 7)
NAMES = st.sampled_from(("eth0", "eth1", "docker0", "e", ""))
_NUMBERS: tuple[ir.Field, ...] = ("saddr4", "daddr4", "sport", "dport", "mark", "protocol", "icmp")


@st.composite
def packets(draw: st.DrawFn) -> Seen:
    """Draw a packet, with the links that it comes in and goes out by."""
    protocol = draw(st.sampled_from((TCP, UDP, ICMP, 47)))
    ports = protocol in (TCP, UDP)
    packet = Packet(
        4,
        draw(ADDRESSES),
        draw(ADDRESSES),
        protocol,
        sport=draw(PORTS) if ports else None,
        dport=draw(PORTS) if ports else None,
        icmp=draw(PORTS) if protocol == ICMP else None,
        mark=draw(PORTS),
    )
    return Seen(packet, iif=draw(NAMES), oif=draw(NAMES))


@st.composite
def field_matches(draw: st.DrawFn) -> ir.FieldMatch:
    """Draw a match of one number, in each form that rules have."""
    field = draw(st.sampled_from(_NUMBERS))
    values = ADDRESSES if field in ("saddr4", "daddr4") else PORTS
    kind = draw(st.sampled_from(("one", "prefix", "range", "two", "masked")))
    first, last = sorted((draw(values), draw(values)))
    negated = draw(st.booleans())
    match kind:
        case "one":
            return ir.FieldMatch(field, ((first, first),), negated)
        case "prefix":
            return ir.FieldMatch(field, ((first & ~3, first | 3),), negated)
        case "range":
            return ir.FieldMatch(field, ((first, last),), negated)
        case "two":
            return ir.FieldMatch(field, ((first, first), (last, last)), negated)
        case _:
            return ir.FieldMatch(field, ((first & 6, first & 6),), negated, mask=6)


@st.composite
def name_matches(draw: st.DrawFn) -> ir.NameMatch:
    """Draw a match of a link's name."""
    names = draw(st.sampled_from((("eth0",), ("docker0",), ("eth*",), ("*",), ("eth0", "eth1"))))
    return ir.NameMatch(draw(st.sampled_from(("iif", "oif"))), names, draw(st.booleans()))


MATCHES: st.SearchStrategy[ir.Match] = st.one_of(
    field_matches(),
    name_matches(),
    st.builds(ir.FibMatch, st.just("daddr"), st.just(("local",)), st.booleans()),
    st.just(ir.OpaqueMatch("unknown")),
)
_STATEMENTS: tuple[ir.Statement, ...] = (
    ir.Verdict("accept"),
    ir.Verdict("drop"),
    ir.Verdict("return"),
    ir.Jump("c1"),
    ir.Jump("c2"),
    ir.Jump("c2", goto=True),
    ir.SetField("mark", 0, 3),
    ir.SetField("mark", 0, 5),
)


@st.composite
def tables(draw: st.DrawFn) -> ir.Table:
    """Draw three chains; jumps lead only to later ones, since the kernel refuses loops."""

    def rules(number: int) -> tuple[ir.Rule, ...]:
        bodies = draw(st.lists(st.tuples(st.lists(MATCHES, max_size=3), st.sampled_from(_STATEMENTS)), max_size=12))
        kept: list[tuple[ir.Expression, ...]] = [
            (*matches, statement)
            for matches, statement in bodies
            if not isinstance(statement, ir.Jump) or int(statement.chain[1]) > number
        ]
        return tuple(ir.Rule(body, f"{number}.{n}", n) for n, body in enumerate(kept, 1))

    base = ir.Chain("c0", rules(0), "forward", policy=draw(st.sampled_from(("accept", "drop"))))
    return ir.Table("ip", "t", "iptables-nft", (base, ir.Chain("c1", rules(1)), ir.Chain("c2", rules(2))))


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[int, int]:
    """Draw an IPv4 network and the length of its prefix."""
    length = draw(st.sampled_from((0, 8, 16, 24, 30, 32)))
    value = draw(st.integers(0x0A000000, 0x0AFFFFFF))
    return (value >> (32 - length) << (32 - length) if length else 0), length


@st.composite
def routes(draw: st.DrawFn, links: tuple[str, ...]) -> Route:
    """Draw an IPv4 route by one of the links, without a gateway, or a blackhole."""
    destination, length = draw(prefixes())
    table, metric = draw(st.sampled_from((254, 100))), draw(st.sampled_from((0, 50)))
    if draw(st.integers(0, 4)) == 0:
        return Route(4, destination, length, table, "blackhole", metric=metric)
    hop = NextHop(draw(st.sampled_from(links)))
    return Route(4, destination, length, table, next_hops=(hop,), metric=metric, scope="link")


@st.composite
def addresses(draw: st.DrawFn, links: tuple[str, ...]) -> Address:
    """Draw an IPv4 address on one of the links."""
    return Address(draw(st.sampled_from(links)), 4, draw(ADDRESSES), draw(st.sampled_from((24, 28, 32))))


@st.composite
def policy_rules(draw: st.DrawFn) -> PolicyRule:
    """Draw an ``ip rule``."""
    source = draw(st.none() | prefixes())
    return PolicyRule(4, draw(st.integers(1, 9)), table=draw(st.sampled_from((254, 100))), source=source)


@st.composite
def changes(draw: st.DrawFn, netns: Netns, namespace: Namespace) -> c.Change:
    """Draw one to four parts for the namespace; whether they fit together, only a simulation tells."""
    links = tuple(each.name for each in namespace.links if each.up)
    held: tuple[c.Entry, ...] = (*namespace.routes, *namespace.addresses, *namespace.rules)
    entries = routes(links) | addresses(links) | policy_rules()
    chains = [(table, chain) for table in namespace.ruleset.tables for chain in table.chains]

    def part() -> c.Primitive:
        kind = draw(st.integers(0, 5))
        if kind == 0:
            return c.AddEntry(netns, draw(entries))
        if kind == 1:
            return c.DeleteEntry(netns, draw(st.sampled_from(held)))
        if kind == 2:
            path = draw(st.sampled_from(sorted(namespace.sysctls.values)))
            return c.SetSysctl(netns, path, draw(st.sampled_from(("0", "1"))))
        table, chain = draw(st.sampled_from(chains))
        if kind == 3 and chain.rules:
            return c.DeleteRule(netns, place_of(table, chain.name, draw(st.sampled_from(chain.rules))))
        if kind == 4 and chain.hook is not None:
            return c.SetPolicy(netns, policy_place(table, chain), draw(st.sampled_from(("accept", "drop"))))
        if kind == 5:
            return c.AddChain(netns, table.dialect, table.family, table.name, draw(st.sampled_from(("NEW", "OTHER"))))
        link = ir.NameMatch("iif", (draw(st.sampled_from(links)),), draw(st.booleans()))
        body = (link, ir.Verdict(draw(st.sampled_from(("accept", "drop")))))
        rule = ir.Rule(body, spelled(body, chain.name, "ip"), 1)
        position = draw(st.integers(1, len(chain.rules) + 1))
        return c.InsertRule(netns, table.dialect, table.family, table.name, chain.name, rule, position)

    return c.Change(tuple(part() for _ in range(draw(st.integers(1, 4)))))
