"""Finds the chains and rules of an engine that the host lacks, by a comparison of the expected with the found rules;
and the rules that stand in the wrong order.  dockerd itself causes a wrong order: after a restart of firewalld, dockerd
restores its jumps in another order than at its own start.

An engine makes its rules again after an event removed them, so an administrator need not save them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from hairpin.engines.docker.dockerd import expected, expected_for
from hairpin.engines.docker.gateway_bridge import with_gateway_endpoints
from hairpin.engines.expected import ExpectedChain, ExpectedElement, ExpectedRule, ExpectedRules
from hairpin.engines.found import Found, of_dialect, tables_of_backend
from hairpin.engines.podman import is_known
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.ir import Dialect, Jump, NameKey, VerdictElement
from hairpin.netfilter.meaning import Meaning, meaning
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.index import networks_of_engine
from hairpin.programs import PODMAN

Owned = tuple[str, str, str, Meaning]
"""The family, table, chain and meaning of a rule."""


class Missing(msgspec.Struct, frozen=True):
    """The missing chains and rules.  ``chains`` and ``rules`` contain only chains and rules that are certainly missing.
    ``undecided``: sentences that say which parts could not be decided.  ``dialect``: the dialect to which the rules
    belong, and in which they were looked for."""

    dialect: Dialect
    chains: tuple[ExpectedChain, ...] = ()
    elements: tuple[ExpectedElement, ...] = ()
    rules: tuple[ExpectedRule, ...] = ()
    undecided: tuple[str, ...] = ()
    wanted: ExpectedRules = ExpectedRules(backend="iptables")

    def __bool__(self) -> bool:
        """Return whether a chain, map element or rule is certainly missing."""
        return bool(self.chains or self.elements or self.rules)

    def of(self, *purposes: str) -> tuple[ExpectedRule, ...]:
        """Return the missing rules that have one of the purposes."""
        return tuple(one for one in self.rules if one.purpose in purposes)


def missing(engine: Engine, namespace: Namespace, iptables_version: str | None = None) -> Missing:
    """Return the engine's chains and rules that ``namespace`` lacks, in the order of the engine's chains.

    ``iptables_version`` is the output of ``iptables -V`` on the host.  If neither back end has any of the rules, the
    version decides between the back ends.  Two rules are equal if their meanings are equal: position, comment and
    counters do not count.
    """
    return _lacking_of(expected(engine, namespace), namespace, iptables_version)


def _lacking_of(wanted: ExpectedRules, namespace: Namespace, iptables_version: str | None) -> Missing:
    where = tables_of_backend(wanted.backend, wanted.rules, namespace, iptables_version)
    if wanted.unknown:
        return Missing(where.dialect, undecided=wanted.unknown, wanted=wanted)
    unread: set[IpFamily] = set(where.unread)
    return Missing(
        dialect=where.dialect,
        chains=tuple(one for one in wanted.chains if one.family not in unread and _lacks_chain(where, one)),
        elements=tuple(one for one in wanted.elements if one.family not in unread and _lacks_element(where, one)),
        rules=tuple(one for one in lacking(where, wanted.rules) if one.family not in unread),
        undecided=(
            *(f"the {where.dialect} rules of family {family} could not be read" for family in where.unread),
            *_unread_extensions(where, wanted.rules),
        ),
        wanted=wanted,
    )


def missing_of(host: Host, engine: Engine) -> Missing:
    """Return the chains and rules that the engine, in the given state, should have and that the host lacks."""
    return missing(with_gateway_endpoints(host, engine), host.namespace(host.netns.name), host.version("iptables"))


def missing_for(host: Host, engine: Engine, container: str) -> Missing:
    """Return the missing rules of one container, in the order in which a starting engine makes them."""
    namespace = host.namespace(host.netns.name)
    wanted = expected_for(with_gateway_endpoints(host, engine), namespace, {container})
    lost = _lacking_of(wanted, namespace, host.version("iptables"))
    return msgspec.structs.replace(lost, rules=tuple(each for each in lost.rules if each.container == container))


@kept
def missing_on(host: Host) -> tuple[tuple[Engine, Missing], ...]:
    """Return each engine of the host with its missing chains and rules.

    The result is cached: at each stop of a packet, ten causes need it, and with 50,000 rules the comparison takes a
    quarter of a second.
    """
    return tuple((each, missing_of(host, each)) for each in host.engines)


def with_own_netns(host: Host) -> tuple[tuple[Engine, Missing, Netns], ...]:
    """Return each engine of the host with the namespace that has its rules, and with what that namespace lacks: the
    host's own, or for a user's dockerd the one in which it runs, if hairpin has read it.

    A user's dockerd makes there the rules that root's dockerd makes on the host.  Measured with Docker 20.10.24
    (slirp4netns) and 26.1.5 (pasta)"""
    found: list[tuple[Engine, Missing, Netns]] = []
    for engine, lost in missing_on(host):
        inside = networks_of_engine(host, engine) if engine.kind == "docker" and engine.rootless else None
        if inside is None:
            found.append((engine, lost, host.netns))
            continue
        as_roots = msgspec.structs.replace(engine, rootless=False)
        there = missing(as_roots, host.namespace(inside), host.version("iptables"))
        found.append((engine, there, host.netns.sibling(inside)))
    return tuple(found)


def missing_in(host: Host, netns: Netns) -> tuple[tuple[Engine, Missing], ...]:
    """Return the engines whose rules are in the namespace, each with what the namespace lacks.  Of the host's own
    namespace: all engines of the host."""
    if netns.is_host:
        return missing_on(host)
    return tuple((engine, lost) for engine, lost, there in with_own_netns(host) if there == netns)


def is_flushed(lost: Missing) -> bool:
    """Return whether a flush removed the rules: a chain of the engine is missing, or all its rules in a table in which
    it should have several."""
    if lost.chains:
        return True
    gone = Counter((one.family, one.table) for one in lost.rules)
    wanted = Counter((one.family, one.table) for one in lost.wanted.rules)
    return any(count > 1 and count == wanted[table] for table, count in gone.items())


def loss_text(rules: int, chains: int) -> Message:
    """Return ``26 rules and 1 chain``, ``8 rules``."""
    of_rules = message("1 rule") if rules == 1 else message("{count} rules", count=rules)
    if not chains:
        return of_rules
    of_chains = message("1 chain") if chains == 1 else message("{count} chains", count=chains)
    return message("{rules} and {chains}", rules=of_rules, chains=of_chains)


def _lacks_chain(where: Found, chain: ExpectedChain) -> bool:
    return where.chain(chain.family, chain.table, chain.chain) is None


def _lacks_element(where: Found, element: ExpectedElement) -> bool:
    table = where.table(element.family, element.table)
    maps = () if table is None else table.maps
    wanted = VerdictElement((NameKey(element.device),), Jump(element.target))
    return not any(wanted in one.elements for one in maps if one.name == element.map)


def lacking(where: Found, rules: Sequence[ExpectedRule]) -> tuple[ExpectedRule, ...]:
    """Return the rules in ``rules`` that are certainly missing from their chains."""
    places = where.places(rules)
    gone = [one for one in rules if meaning(one.rule) not in places.get((one.family, one.table, one.chain), {})]
    unreadable = frozenset(where.unreadable(gone))
    return tuple(one for one in gone if (one.family, one.table, one.chain) not in unreadable)


def _unread_extensions(where: Found, rules: Sequence[ExpectedRule]) -> tuple[str, ...]:
    return tuple(
        f"nft names the extensions in {family} {table} {chain} only" for family, table, chain in where.unreadable(rules)
    )


@kept
def _explained(host: Host) -> frozenset[tuple[str, str, str, Meaning]]:
    """Return the rules that the host's engines make: family, table, chain and meaning of each."""
    return frozenset(
        (one.family, one.table, one.chain, meaning(one.rule))
        for _, lost in missing_on(host)
        for one in lost.wanted.rules
    )


def is_engines(host: Host, place: Place) -> bool:
    """Return whether an engine of the host makes the rule at the given place in the host's namespace.

    Where hairpin does not know all rules of the release of netavark, each rule in netavark's own table or chains is
    taken for netavark's."""
    rule = rule_at(host.namespace(host.netns.name).ruleset, place)
    if rule is None:
        return False
    return (place.family, place.table, place.chain, meaning(rule)) in _explained(host) or _is_netavarks(host, place)


def _is_netavarks(host: Host, place: Place) -> bool:
    native = place.dialect == "nft"
    own = PODMAN.makes_table(place.table) if native else PODMAN.makes_chain(place.chain)
    return own and any(each.kind == "podman" and not each.rootless and not is_known(each) for each in host.engines)


def out_of_order(lost: Missing, namespace: Namespace) -> tuple[ExpectedRule, ...]:
    """Return the smallest set of rules that have to be moved so that all present rules are in the engine's order.

    A rule that its chain has twice is not moved.  No rule of dockerd's nftables back end is moved, because this back
    end rewrites its chains as a whole."""
    return () if lost.dialect == "nft" else tuple(_out_of_order(lost, namespace))


def _out_of_order(lost: Missing, namespace: Namespace) -> Iterator[ExpectedRule]:
    where = of_dialect(lost.dialect, namespace)
    wanted: dict[tuple[str, str, str], list[ExpectedRule]] = {}
    for one in lost.wanted.rules:
        wanted.setdefault((one.family, one.table, one.chain), []).append(one)
    places = where.places(lost.wanted.rules)
    for (family, table, name), rules in wanted.items():
        known = places.get((family, table, name), {})
        there = [(known[what], one) for one in rules if (what := meaning(one.rule)) in known]
        left = _behind([place for place, _ in there])
        if not left:
            continue
        chain = where.chain("ip" if family == "ip" else "ip6", table, name)
        counts = Counter(map(meaning, chain.rules if chain is not None else ()))
        yield from (there[number][1] for number in left if counts[meaning(there[number][1].rule)] == 1)


def _behind(places: Sequence[int]) -> tuple[int, ...]:
    """Return the indexes of the numbers that do not belong to a longest increasing subsequence."""
    ends: list[int] = []
    """For each length, the index at which the best increasing subsequence of this length ends; ``lowest`` has the
    number at this index."""
    lowest: list[int] = []
    before: list[int | None] = []
    for number, place in enumerate(places):
        length = bisect_right(lowest, place)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1], lowest[length : length + 1] = [number], [place]
    rising = set[int]()
    at = ends[-1] if ends else None
    while at is not None:
        rising.add(at)
        at = before[at]
    return tuple(number for number in range(len(places)) if number not in rising)


@kept
def engine_rules(host: Host) -> frozenset[Owned]:
    """Return the meanings of the rules that the host's engines make."""
    return frozenset(
        (one.family, one.table, one.chain, meaning(one.rule))
        for engine in host.engines
        for one in _expected(host, engine)
    )


def _expected(host: Host, engine: Engine) -> tuple[ExpectedRule, ...]:
    if engine.kind != "docker" or engine.rootless:
        return ()
    return expected(with_gateway_endpoints(host, engine), host.namespace(host.netns.name)).rules
