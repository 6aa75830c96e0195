"""The flows that a change opens, closes, diverts and restores, in few lines: flows with the same effect share a
line."""

from collections.abc import Iterable, Iterator

from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.remedy.effect import Effects, FlowEffect
from hairpin.remedy.known_flows import Known
from hairpin.report.words import Words

FEW = 8
"""The greatest number of ports that one line names.  Further ports are only counted."""


def effects_told(effects: Effects, words: Words) -> Iterator[Message]:
    """Yield sentences about the effects on flows that were not asked, about open connections that break, and about
    flows that stay stopped.  If the change only restores a flow's state before an accident, the flow is named only if
    the change closes the flow, or opens a published port to clients outside of the host."""
    yield from unasked_told(effects.found, words)
    again = (each for each in effects.restores if not each.of_asked and _is_to_published_port(each.flow))
    for clients, services in _alike(again, words):
        yield message("the repair lets {clients} reach {services} again, too", services=services, clients=clients)
    if effects.cut:
        named = _listed((_port(each, words) for each in effects.cut), words)
        yield message("the repair breaks the open connections to {services}", services=named)
    yield from _still_told(effects.still, words)


def _still_told(still: Iterable[Known], words: Words) -> Iterator[Message]:
    """Yield sentences about the flows that the same rule or policy stops after the repair, too."""
    flows = tuple(still)
    inward, outward = ([each for each in flows if _is_inward(each) is way] for way in (True, False))
    for clients, targets in (*_alike(inward, words), *_alike(outward, words)):
        yield message(
            "even after the repair, {clients} cannot reach {targets}: the same rule or policy stops these packets",
            targets=targets, clients=clients,
        )  # fmt: skip


def unasked_told(found: Iterable[FlowEffect], words: Words) -> Iterator[Message]:
    """Yield a sentence for each kind of effect and each group of clients."""
    told = [each for each in found if not (each.again and each.kind != "closes")]
    # "80 (web)" alone would read as web's published port.
    own = (each for each in told if each.kind == "closes" and each.again and each.group == "published")
    apart = _named_twice(told, words) | frozenset(_port(each.flow, words) for each in own)
    for clients, services in _alike((each for each in told if each.kind == "opens" and _is_inward(each)), words, apart):
        yield message("the repair opens {services} to {clients}", services=services, clients=clients)
    for clients, targets in _alike(
        (each for each in told if each.kind == "opens" and not _is_inward(each)), words, apart
    ):
        yield message("the repair lets {clients} reach {targets}", clients=clients, targets=targets)
    closed = [each for each in told if each.kind == "closes" and not each.again]
    for clients, services in _alike((each for each in closed if each.before == "leaves"), words, apart):
        yield message(
            "packets from {clients} to {services} no longer leave this host; hairpin does not know whether they arrive "
            "now",
            services=services, clients=clients,
        )  # fmt: skip
    for clients, services in _alike((each for each in closed if each.before != "leaves"), words, apart):
        yield message("the repair closes {services}, which {clients} can reach now", services=services, clients=clients)
    for clients, services in _alike((each for each in told if each.kind == "closes" and each.again), words, apart):
        yield message(
            "the repair closes {services} again; {clients} can reach them only because the engine's rules are gone",
            services=services, clients=clients,
        )  # fmt: skip
    diverted = [each for each in told if each.kind == "diverts"]
    for before, after in dict.fromkeys(each.links for each in diverted):
        for clients, targets in _alike((each for each in diverted if each.links == (before, after)), words, apart):
            yield message(
                "packets from {clients} to {targets} then leave through {after} instead of {before}",
                clients=clients, targets=targets, after=after, before=before,
            )  # fmt: skip


def left_open_told(found: Iterable[FlowEffect], words: Words) -> Iterator[Message]:
    """Yield sentences about the flows that stay open because a policy of FORWARD stays at ACCEPT."""
    for clients, services in _alike(found, words):
        yield message(
            "after the repair, {clients} can still reach {services}, which no container publishes",
            services=services, clients=clients,
        )  # fmt: skip


def _named_twice(effects: Iterable[FlowEffect], words: Words) -> frozenset[str]:
    """Return the services that the change opens at one address and closes at another address, although both addresses
    have the same name."""
    named: dict[str, dict[str, set[int]]] = {"opens": {}, "closes": {}, "diverts": {}}
    for each in (one for one in effects if one.flow.container):
        named[each.kind].setdefault(_port(each.flow, words), set()).add(each.flow.daddr)
    both = named["opens"].keys() & named["closes"].keys()
    return frozenset(each for each in both if named["opens"][each].isdisjoint(named["closes"][each]))


def _is_to_published_port(flow: Flow) -> bool:
    return flow.purpose == "published" and isinstance(flow.start, Outside | Lan)


def _is_inward(effect: FlowEffect | Known) -> bool:
    return effect.group != "way-out"


def _alike(
    effects: Iterable[FlowEffect | Known], words: Words, apart: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Yield the clients and the services that share an effect, both as lists in text.  ``apart``: the services that are
    named with their address."""
    clients: dict[str, dict[str, None]] = {}
    for each in effects:
        name = _port(each.flow, words) if _is_inward(each) else _outer(each.flow, words)
        if name in apart:
            name = f"{each.flow.target_text()} ({each.flow.container})"
        clients.setdefault(name, {})[_client(each.flow, words)] = None
    together: dict[tuple[str, ...], list[str]] = {}
    for service, asking in clients.items():
        together.setdefault(tuple(asking), []).append(service)
    for named, services in together.items():
        yield _listed(named, words), _listed(services, words)


def _listed(names: Iterable[str], words: Words) -> str:
    found = list(dict.fromkeys(names))
    if len(found) <= FEW:
        return ", ".join(found)
    shown = ", ".join(found[: FEW - 1])
    return words(message("{names} and {count} more (--json lists them)", names=shown, count=len(found) - FEW + 1))


def _client(flow: Flow, words: Words) -> str:
    match flow.start:
        case Outside():
            return words(message("outside"))
        case Lan():
            return words(message("the LAN"))
        case FromContainer(name=name):
            return name
        case _:
            return words(message("the host"))


def _outer(flow: Flow, words: Words) -> str:
    """Return the flow's destination outside: another machine's address with the port, or the Internet."""
    if flow.purpose == "egress" and flow.invented:
        return words(message("the Internet ({protocol})", protocol=flow.protocol))
    return flow.target_text()


def _port(flow: Flow, words: Words) -> str:
    """Return the flow's port with its container, or its destination outside."""
    if flow.purpose == "egress" and flow.invented:
        return _outer(flow, words)
    if isinstance(flow.start, FromContainer) and flow.container in (None, flow.start.name):
        return flow.target_text()
    port = str(flow.dport) if flow.protocol == "tcp" else f"{flow.dport}/{flow.protocol}"
    if flow.container:
        return f"{port} ({flow.container})"
    return words(message("{port} of the host", port=port))
