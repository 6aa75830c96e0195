"""Pairs of the small host of tests/small_host.py, of which the later one has some changes."""

from collections.abc import Callable

import msgspec

from hairpin.compare.comparison import Comparison, comparison_of, network_sides
from hairpin.compare.listed_difference import ListedDifference, Text
from hairpin.host.host import Host, Namespace
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests import small_host as small


def host(outer: Namespace | None = None, inner: Namespace | None = None) -> Host:
    """Return the small host."""
    return small.network(outer, inner).this


def changed(change: Callable[[Network], Network]) -> Host:
    """Return the small host after a change."""
    return change(small.network()).this


def with_rules(*replacements: tuple[str, str]) -> Host:
    """Return the small host with other rules."""
    rules = small.DOCKER_RULES
    for old, new in replacements:
        assert old in rules
        rules = rules.replace(old, new)
    return host(small.host_namespace(rules))


def differences(now: Host, was: Host | None = None) -> tuple[ListedDifference, ...]:
    """Return the listed differences from the small host."""
    return tuple(each for each in network_sides(was or host(), now)[1] if each.listed)


def texts(now: Host, was: Host | None = None) -> list[tuple[str, str, str | None, str | None]]:
    """Return part, place, before and after of each difference."""
    return [(each.part, str(each.where), _text(each.before), _text(each.after)) for each in differences(now, was)]


def _text(text: Text | None) -> str | None:
    return None if text is None else str(text)


def comparison(now: Host, was: Host | None = None, *targets: str) -> Comparison:
    """Return the comparison with the small host for the published port."""
    question = parse_question("check", targets or ("8151",), None, (), World())
    return comparison_of(question, was or host(), now, ())


def with_namespace(one: Host, **fields: object) -> Host:
    """Return the host whose own namespace has other fields."""
    outer = msgspec.structs.replace(one.namespace("host"), **fields)
    return msgspec.structs.replace(one, namespaces=(outer, *one.namespaces[1:]))
