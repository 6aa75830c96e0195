"""The hints of a pasted text, in addition to its told parts: its words, logs of firewalls, address ranges that it
names, and its stated outcomes together."""

import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

import msgspec

from hairpin.answer.answer import Answer
from hairpin.causes.registry import known_cause
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.host import Host
from hairpin.kept import kept
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.pasted.joining import telling_in
from hairpin.question.target import is_outside_name
from hairpin.suppose.alternatives import Alternative
from hairpin.suppose.asked import UNNAMED
from hairpin.suppose.hints.asked_ways import (
    asks_inside_a_machine,
    asks_itself,
    asks_the_bridge,
    asks_without_address,
    closed_by_ufw,
)
from hairpin.suppose.hints.bridge_asked import asked_on_a_bridge
from hairpin.suppose.hints.captured import seen_coming_in, untranslated_packets
from hairpin.suppose.hints.engine_ranges import covered_by_an_engine
from hairpin.suppose.hints.firewall_log import counted_drops, logged_drops
from hairpin.suppose.hints.hint import Hinted, Prose, hints_in, prose_of
from hairpin.suppose.hints.known_versions import known_version_faults
from hairpin.suppose.hints.name_servers import another_is_asked_first, localhost_without_address, public_one_is_silent
from hairpin.suppose.hints.proxied import asks_other_family, forwards_to_itself, keeps_old_address
from hairpin.suppose.hints.quoted import quoted_lines
from hairpin.suppose.hints.routed_for_others import dropped_for_others
from hairpin.suppose.hints.said_ranges import inside_the_pools, overlapping_ranges
from hairpin.suppose.hints.told_facts import (
    discovery_dropped,
    diverting_rules,
    own_host_hints,
    published_elsewhere,
    resolver_rules_gone,
    saved_by_the_service,
    two_translations,
)
from hairpin.suppose.hints.told_names import (
    SURE,
    apart_from_a_proxy,
    held_by_another,
    mistyped_addresses,
    mistyped_host_name,
    mistyped_names,
    names_of_nobody,
    silent_name_server,
    stopped_containers,
)
from hairpin.suppose.hints.told_reach import (
    host_service_on_loopback,
    own_public_address,
    unknown_host_name,
    unpublished_port,
)
from hairpin.suppose.hints.told_ways import (
    bare_bridge,
    bare_uplink,
    bridge_skips_rules,
    masquerades_elsewhere,
    silent_router,
    smaller_in_addresses,
    switched_off_links,
    two_routes,
)
from hairpin.suppose.hints.two_moments import differing_moments
from hairpin.suppose.hints.typed_ports import (
    image_has_other_port,
    only_for_root,
    ports_on_the_hosts_network,
    printed_inner_port,
    published_without_udp,
)
from hairpin.suppose.hints.typed_settings import labelled_otherwise, listens_otherwise, refused_by_mosquitto
from hairpin.suppose.said_out import said_out
from hairpin.suppose.trouble import speaks_of_network
from hairpin.words.hints import OF_CAUSE, hints
from hairpin.words.pattern import sought

_NOTHING: Mapping[str, str] = MappingProxyType({})
_BEFORE = sought(
    r"\bsecurity (?:group|list)s?\b|\binbound\b|\b(?:ec2|aws|azure|lightsail|oracle cloud|digital ?ocean|google "
    r"cloud|gcp)\b|安全组|阿里云|腾讯云"
)
_LISTENS = re.compile(
    r"(?:0\.0\.0\.0|\*|::|\[::\]):(?P<port>\d+)\b[^\n]*\bLISTEN\b"
    r"|LISTEN\b[^\n]*?(?:0\.0\.0\.0|\*|::\]):(?P<port2>\d+)\b"
)
"""Matches a line of `netstat` or `ss`: a port at all addresses."""
_CLOUD = sought(
    r"\bsecurity (?:group|list|rule)s?\b|\b(?:ec2|aws|azure|gcp|google cloud|oracle cloud|digital ?ocean|hetzner"
    r"|lightsail|linode|vultr|ovh|contabo|alibaba|aliyun|tencent)\b|\bvps\b|port[ -]forward(?:ing)?|\brouter\b"
    r"|安全组|阿里云|腾讯云|华为云"
)


def hints_of(answer: Answer, failures: tuple[Outcome, ...]) -> tuple[Hinted, ...]:
    """Return the hints, the heaviest first, each cause once."""
    held = _read_of(answer).hints
    if failures not in held:
        found: dict[tuple[str, str], Hinted] = {}
        for each in sorted(_all(answer, failures), key=lambda one: -one.weight):
            found.setdefault((each.cause, "" if each.cause else each.means.template), each)
        held[failures] = tuple(found.values())
    return held[failures]


class _Read:
    """What the words of an answer's texts say.  Several steps ask for it, and each reading searches the whole text.

    ``of``: the question, the texts and the flows that it is about; they are compared by identity, and the flows by
    value."""

    def __init__(self, of: tuple[object, ...], flows: tuple[Flow, ...]) -> None:
        self.of = of
        self.flows = flows
        self.hints: dict[tuple[Outcome, ...], tuple[Hinted, ...]] = {}

    def is_about(self, of: tuple[object, ...], flows: tuple[Flow, ...]) -> bool:
        same = len(of) == len(self.of) and all(map(operator.is_, of, self.of))
        return same and flows == self.flows


@kept
def _last_read(network: Network) -> list[_Read]:  # noqa: ARG001
    return []


def _read_of(answer: Answer) -> _Read:
    of, flows = (answer.question, *answer.evidence), tuple(each.trace.flow for each in answer.flows)
    last = _last_read(answer.network)
    if not last or not last[0].is_about(of, flows):
        last[:] = [_Read(of, flows)]
    return last[0]


def sure_about(answer: Answer) -> frozenset[str]:
    """Return the ids of the causes that the texts name in plain words.  For a cause outside the
    catalogue, return its command instead."""
    outcomes = tuple(each for host in answer.network.hosts if host.told is not None for each in host.told.outcomes)
    failures = tuple(each for each in outcomes if each.failed)
    return frozenset(each.cause or each.command for each in hints_of(answer, failures) if each.weight >= SURE)


def _all(answer: Answer, failures: tuple[Outcome, ...]) -> Iterator[Hinted]:
    lines = _lines(answer)
    prose = prose_of(lines)
    places = _places(answer)
    yield from _in_words(prose, tuple(places.items()), has_failure=bool(failures))
    yield from logged_drops(lines)
    yield from differing_moments(answer.evidence)
    if failures:
        yield from counted_drops(lines)
        yield from bare_bridge(_listings(answer))
        yield from smaller_in_addresses(prose, _listings(answer, "ip-addr-text", "ip-link-text"))
        yield from quoted_lines(lines)
        yield from silent_name_server(prose, _outside_names(answer), places["{container}"])
    flows = tuple(each.trace.flow for each in answer.flows)
    for host in answer.network.hosts:
        if host.told is not None:
            origin = answer.question.origin
            yield from host_service_on_loopback(prose, host, host.told, origin, has_failure=bool(failures))
        if host.told is not None and not failures:
            yield from overlapping_ranges(lines, host, host.told, has_failure=False)
        if host.told is None or not failures:
            continue
        yield from own_public_address(host, host.told)
        yield from unpublished_port(prose, host, host.told)
        yield from unknown_host_name(prose, host, host.told, answer.question.asking or UNNAMED)
        yield from overlapping_ranges(lines, host, host.told)
        yield from inside_the_pools(lines, host.told)
        yield from own_host_hints(prose, host, host.told)
        yield from covered_by_an_engine(lines, answer.evidence, host, flows)
        yield from asks_itself(host.told, flows)
        yield from asks_without_address(host.told)
        yield from forwards_to_itself(prose, host)
        yield from _of_typed_lines(prose, host, host.told, flows)
        yield from keeps_old_address(prose, host, host.told)
        yield from asks_inside_a_machine(prose, host.told, flows)
        yield from asks_other_family(prose, host, host.told)
        yield from asks_the_bridge(prose, host.told, flows)
        yield from closed_by_ufw(answer.evidence, host, flows)
        yield from two_translations(host, flows)
        yield from published_elsewhere(host, flows)
        yield from resolver_rules_gone(prose, host)
        yield from stopped_containers(prose, host.told, flows)
        yield from _of_names(answer, prose, host, host.told, flows)
        yield from apart_from_a_proxy(prose, host)
        yield from held_by_another(lines, prose, flows)
        yield from discovery_dropped(host, flows)
        yield from asked_on_a_bridge(lines, host, host.told)
        yield from two_routes(host, host.told)
        yield from silent_router(prose, host.told)
        yield from bare_uplink(host, host.told)
        yield from bridge_skips_rules(host, host.told)
        yield from switched_off_links(host, host.told)
        yield from masquerades_elsewhere(prose, host, host.told)
        yield from untranslated_packets(host.told.outcomes)
        yield from seen_coming_in(host.told.outcomes)
        yield from diverting_rules(prose, host, host.told)
        yield from saved_by_the_service(host, flows)
        yield from dropped_for_others(prose, host, host.told)
        yield from known_version_faults(prose, answer.evidence, host)


@lru_cache(maxsize=2)
def _in_words(prose: Prose, places: tuple[tuple[str, str], ...], *, has_failure: bool) -> tuple[Hinted, ...]:
    """Return the hints that the words alone give.  They are kept for the next answer about the same text, because each
    is searched in all of it."""
    return tuple(hints_in(prose, hints(), has_failure=has_failure, fill=dict(places)))


def _of_names(answer: Answer, prose: Prose, host: Host, told: ToldParts, flows: tuple[Flow, ...]) -> Iterator[Hinted]:
    """Yield the hints of names and addresses that nobody has, and of the servers that resolve names."""
    yield from mistyped_names(prose, host, told)
    yield from names_of_nobody(prose, host, told)
    yield from mistyped_host_name(prose)
    yield from mistyped_addresses(prose, host, told, flows)
    yield from another_is_asked_first(prose, answer.evidence, told)
    yield from localhost_without_address(prose, answer.evidence)
    yield from public_one_is_silent(prose, answer.evidence)


def _of_typed_lines(prose: Prose, host: Host, told: ToldParts, flows: tuple[Flow, ...]) -> Iterator[Hinted]:
    """Yield the hints of settings and port mappings that somebody typed."""
    yield from listens_otherwise(prose, host, flows)
    yield from labelled_otherwise(prose, host)
    yield from refused_by_mosquitto(prose, host)
    yield from published_without_udp(prose, host, told)
    yield from image_has_other_port(prose, host, told, flows)
    yield from printed_inner_port(prose, host, told)
    yield from ports_on_the_hosts_network(prose, host, told, flows)
    yield from only_for_root(prose, host, told)


def with_shown_by(found: Iterable[Alternative], answer: Answer) -> Iterator[Alternative]:
    """Yield the alternatives, each with the command that decides it and with the command's output if it is true.  If an
    alternative has no command or no output of its own, it gets those of its cause."""
    for each in found:
        own = shown_by(answer, each.cause, each.fill)
        if own is None or (each.command and each.shows != OF_CAUSE):
            yield each
        else:
            shows = own[1] if each.shows == OF_CAUSE else each.shows
            yield msgspec.structs.replace(each, command=each.command or own[0], shows=shows)


def shown_by(answer: Answer, cause: str, fill: Mapping[str, str] = _NOTHING) -> tuple[str, Message] | None:
    """Return the command that decides the cause with this id, and its output if the cause is true.  If no text names
    the cause, return None.  ``fill``: values that replace places of both, if they are other than the question's."""
    known = known_cause(cause)
    if known is None or known.shown_by is None:
        return None
    command, shows = known.shown_by
    places = {**_places(answer), **fill}
    for place, value in places.items():
        command = command.replace(place, value)
    return command, shows.filled(port=places["{port}"], name=places["{container}"])


def prose_in(answer: Answer) -> Prose:
    """Return the words of the texts."""
    return prose_of(_lines(answer))


def about_network(answer: Answer) -> bool:
    """Return whether the words of the texts are about a network."""
    return speaks_of_network(prose_in(answer).text)


def ruled_out_by_words(answer: Answer, outcomes: tuple[Outcome, ...]) -> frozenset[str]:
    """Return the ids of the causes that the words of the texts rule out."""
    return said_out(prose_in(answer).text, outcomes)


def _outside_names(answer: Answer) -> Iterator[str]:
    """Yield the names of the outside for which the question asks from a container."""
    if answer.question.asking:
        names = (each.container for each in answer.question.targets if each.container is not None)
        yield from filter(is_outside_name, names)


def _lines(answer: Answer) -> tuple[tuple[int, str], ...]:
    return tuple(line for evidence in answer.evidence for line in telling_in(evidence))


def _listings(answer: Answer, *keys: str) -> Iterator[str]:
    """Yield the outputs of ``ip addr`` at the host, or those with the given keys."""
    wanted = keys or ("ip-addr-text",)
    for evidence in answer.evidence:
        yield from (each.text for each in evidence.readings if each.key in wanted and each.netns == HOST)


def _places(answer: Answer) -> dict[str, str]:
    flow = next((each.trace.flow for each in answer.flows), None)
    if flow is None:
        return {"{container}": UNNAMED, "{port}": "PORT", "{protocol}": "tcp"}
    name = flow.of_container or UNNAMED
    return {"{container}": name, "{port}": str(flow.dport), "{protocol}": flow.protocol}


def lost_before_weight(answer: Answer, outcomes: tuple[Outcome, ...]) -> int:
    """Return the weight of the alternative that a client's packets never reach the host.  The weight is greatest if the
    host itself got an answer, and if it is behind a provider's filter or a router."""
    from_host = any(not each.failed and (each.origin == "host" or each.host == "localhost") for each in outcomes)
    text = prose_in(answer).text
    ports = {str(each.trace.flow.dport) for each in answer.flows}
    is_open = any((found["port"] or found["port2"]) in ports for found in _LISTENS.finditer(text))
    behind = 12 if _BEFORE.search(text) is not None else 8 if _CLOUD.search(text) is not None else 0
    return 5 + (9 if from_host else 0) + (9 if is_open else 0) + behind
