"""Mistakes that are planted into the walk, to see that the hunt finds each of them.

A mistake replaces one function or constant of the model (its *seam*) for as long as it is planted; the product has no
switch for it.
"""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.evaluate.header import Header
from hairpin.netfilter.ir import STATUS_DNAT, Chain, Jump, Table
from hairpin.netfilter.packet import Seen, Tcp
from hairpin.network.routing import Query, lookup
from hairpin.walk.hooks.nat_range import Manip
from hairpin.walk.state import State
from tests.fidelity.case import Case
from tests.fidelity.generate.case import case_of
from tests.fidelity.judge import Disagreement, compare
from tests.fidelity.kernel import Answer, ask
from tests.fidelity.netns import SetupError

Right = Callable[..., Any]
"""What stands at a seam: a function of the model."""


class Mistake(NamedTuple):
    """``wrong``: what it says of the kernel.  ``seam``: the module and the name in it whose value ``plant`` replaces,
    made from the right one."""

    name: str
    wrong: str
    seam: str
    plant: Callable[[Any], Any]


@contextmanager
def planted(mistake: Mistake) -> Generator[None]:
    """Have the walk make the mistake meanwhile, with nothing remembered from before, nor afterwards from meanwhile."""
    wrong = mistake.plant(resolve_name(mistake.seam))
    _forget()
    try:
        with patch(mistake.seam.replace(":", "."), wrong):
            yield
    finally:
        _forget()


def _forget() -> None:
    """Empty every cache of the product's modules; indexes that values keep (``kept``) depend on no seam."""
    for name, module in tuple(sys.modules.items()):
        if name.startswith("hairpin."):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


# --- rules -----------------------------------------------------------------------------------------------------------


def _policy_of_user_chain(right: Right) -> Right:
    def mistaken(run: Any, cursor: Any) -> object:
        cursor.stack = ()
        return right(run, cursor)

    return mistaken


def _goto_returns(right: Right) -> Right:
    def mistaken(run: Any, cursor: Any, jump: Jump) -> None:
        right(run, cursor, Jump(jump.chain))

    return mistaken


def _equals_reversed(right: Right) -> Right:
    def mistaken(*asked: object) -> list[tuple[Table, Chain]]:
        found: list[tuple[Table, Chain]] = right(*asked)
        found.reverse()
        found.sort(key=lambda pair: pair[1].priority)
        return found

    return mistaken


def _no_dnat_state(right: Right) -> Right:
    def mistaken(seen: Seen) -> Header:
        header: Header = right(seen)
        status = header.get("ct-status")
        if isinstance(status, int) and seen.ct_direction == 0:
            header["ct-status"] = status & ~STATUS_DNAT
        return header

    return mistaken


def _any_link(right: Right) -> Right:
    return lambda *asked: right(*asked[:-1], None)


# --- connections and their translation -------------------------------------------------------------------------------


def _own_replies_stay(right: Right) -> Right:
    def mistaken(state: State, manip: Manip) -> State:
        return state if state.ct_direction == 1 and not state.iif else right(state, manip)

    return mistaken


def _asked_each_time(right: Right) -> Right:
    def mistaken(state: State, manip: Manip) -> bool:
        connection = state.connection
        fresh = connection if connection is None else msgspec.structs.replace(connection, nat_checked=())
        asked: bool = right(msgspec.structs.replace(state, connection=fresh), manip)
        return asked

    return mistaken


def _prefsrc(right: Right) -> Right:
    def mistaken(state: State, namespace: Namespace) -> int | None:
        packet = state.packet
        route = lookup(namespace, Query(packet.version, packet.daddr, mark=packet.mark)).route
        if route is not None and route.prefsrc is not None:
            return route.prefsrc
        address: int | None = right(state, namespace)
        return address

    return mistaken


def _mark_does_not_route(right: Right) -> Right:
    def mistaken(item: object, before: State, after: State) -> object:
        return right(item, _with_mark(before, 0), _with_mark(after, 0))

    return mistaken


def _with_mark(state: State, mark: int) -> State:
    return msgspec.structs.replace(state, packet=msgspec.structs.replace(state.packet, mark=mark))


# --- routes, interfaces, bridges -------------------------------------------------------------------------------------


def _conf(name: str, rule: str) -> Callable[[Right], Right]:
    """Combine one per-interface sysctl otherwise: ``own`` or ``all`` alone counts, or ``none``: it has no effect."""

    def plant(right: Right) -> Right:
        def mistaken(namespace: Namespace, version: int, link: str, asked: str, **rules: str) -> object:
            if asked == name and rule == "none":
                return 0
            if asked == name and version == 4:
                return right(namespace, version, "all" if rule == "all" else link, asked, rule="own")
            return right(namespace, version, link, asked, **rules)

        return mistaken

    return plant


def _local_table_last(right: Right) -> Right:
    return lambda *asked: tuple(sorted(right(*asked), key=lambda rule: rule.priority == 0))


def _latest_rule_first(right: Right) -> Right:
    return lambda *asked: tuple(sorted(right(*asked), key=lambda rule: -rule.priority))


def _metric_first(right: Right) -> Right:
    return lambda *asked: iter(sorted(right(*asked), key=lambda route: route.metric))


def _throw_is_final(right: Right) -> Right:
    return lambda *asked: (each for each in right(*asked) if each.type != "throw")


def _value(value: object) -> Callable[[object], object]:
    """That is what stands there, whatever is right."""
    return lambda _: value


def _answer(answer: object) -> Callable[[object], Right]:
    """That is always the answer."""

    def plant(_: object) -> Right:
        return lambda *_, **__: answer

    return plant


MISTAKES = (
    Mistake("user-chain-policy", "at the end of a user chain the base chain's policy decides",
            "hairpin.netfilter.evaluate.chain:_Run._end_of_chain", _policy_of_user_chain),
    Mistake("goto-returns", "goto comes back, as jump does",
            "hairpin.netfilter.evaluate.chain:_Run._jump", _goto_returns),
    Mistake("equal-priorities", "of chains of equal priority the one registered first goes first",
            "hairpin.walk.hooks.hooks:_chains", _equals_reversed),
    Mistake("ctstate-dnat", "a connection's state is not DNAT when its first packet has just been translated",
            "hairpin.netfilter.evaluate.chain:header_of", _no_dnat_state),
    Mistake("raw-behind-conntrack", "connection tracking comes before the raw table: NOTRACK is too late",
            "hairpin.walk.hooks.hooks:_CONNTRACK_PRIORITY", _value(-301)),
    Mistake("fib-interface", "the type of an address is the same on every interface",
            "hairpin.walk.hooks.surroundings:address_type4", _any_link),
    Mistake("redirect-reply", "an answer that is made here keeps its source (as behind REDIRECT)",
            "hairpin.walk.hooks.hooks:translate", _own_replies_stay),
    Mistake("nat-each-packet", "every packet of a connection asks the nat chains",
            "hairpin.walk.hooks.hooks:needs_decision", _asked_each_time),
    Mistake("masquerade-prefsrc", "MASQUERADE takes the route's preferred source",
            "hairpin.walk.hooks.nat:_towards_next_hop", _prefsrc),
    Mistake("syn-ack-begins", "any TCP packet begins a connection",
            "hairpin.walk.hooks.conntrack:begun", _answer(Tcp("SYN_SENT"))),
    Mistake("mark-reroute", "a mark set in OUTPUT does not choose another route",
            "hairpin.walk.hooks.hooks:_changes_route", _mark_does_not_route),
    Mistake("rp-filter-own", "rp_filter of all interfaces does not count",
            "hairpin.walk.ip.route_in:conf", _conf("rp_filter", "own")),
    Mistake("route-localnet-own", "route_localnet of all interfaces does not count",
            "hairpin.walk.ip.route_in:conf", _conf("route_localnet", "own")),
    Mistake("accept-local-own", "accept_local of all interfaces does not count",
            "hairpin.walk.ip.route_in:conf", _conf("accept_local", "own")),
    Mistake("forwarding-all", "a host forwards when all.forwarding says so, not the interface that the packet came by",
            "hairpin.walk.ip.route_in:conf", _conf("forwarding", "all")),
    Mistake("local-table-last", "the local table is asked behind the others",
            "hairpin.network.routing:rules_of", _local_table_last),
    Mistake("rules-backwards", "policy rules are asked from the highest priority down",
            "hairpin.network.routing:rules_of", _latest_rule_first),
    Mistake("metric-first", "the lowest metric wins over the longest prefix",
            "hairpin.network.routing:_by_precedence", _metric_first),
    Mistake("throw", "a throw route is skipped, not the whole table",
            "hairpin.network.routing:_by_precedence", _throw_is_final),
    Mistake("br-netfilter-off", "frames that cross a bridge are never shown to the IP chains",
            "hairpin.walk.link.bridge:calls_iptables", _answer(False)),
    Mistake("br-netfilter-on", "frames that cross a bridge are always shown to the IP chains",
            "hairpin.walk.link.bridge:calls_iptables", _answer(True)),
)  # fmt: skip


MOST_PAIRS = 20_000
"""A run that has not found a mistake in so many packets has missed it."""


class Search:
    """The kernel's answers to the cases from a seed on, each asked once, in which mistakes are then looked for."""

    def __init__(self, seed: int) -> None:
        self._numbers = iter(range(seed, seed + MOST_PAIRS))
        self._asked: list[tuple[Case, Answer]] = []
        self.disagreements: dict[int, Disagreement] = {}
        """By seed: cases of which the walk as it is says something else than the kernel; no mistake is found there."""

    def _cases(self) -> Iterator[tuple[Case, Answer]]:
        yield from self._asked
        for number in self._numbers:
            case = case_of(number)
            try:
                answer = ask(case)
            except SetupError:
                continue
            self._asked.append((case, answer))
            differs = compare(answer).disagreements
            if differs:
                self.disagreements[number] = differs[0]
            yield case, answer

    def pairs_until_found(self, mistake: Mistake) -> int | None:
        """Return how many packets a run that finds the mistake has compared; None when that would be too many."""
        pairs = 0
        for case, answer in self._cases():
            with planted(mistake):
                judgement = compare(answer)
            pairs += judgement.packets
            if pairs > MOST_PAIRS:
                break
            if judgement.disagreements and case.seed not in self.disagreements:
                return pairs
        return None
