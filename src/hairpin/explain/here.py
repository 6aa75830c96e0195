"""Whether a text is true here, now: only an answer of ``check`` decides, never the words."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import REPLICA, Answer, CauseAnswer, FlowAnswer
from hairpin.causes.registry import all_causes
from hairpin.causes.where import places
from hairpin.explain.understand import TextFound
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromHost
from hairpin.network.prefix import address_text
from hairpin.wanted import Wanted

Here = Literal["true", "false", "unknown"]
_LOOPBACK = ("127.", "localhost", "::1", "[::1]")


_HELD = "published-port-held-by-other-process"
_SEEN_AS = {"docker-proxy-stale": _HELD, "ephemeral-port-collision": _HELD}
"""Causes that have no proof of their own, with the cause that is proven where they hold."""


class TextHere(msgspec.Struct, frozen=True):
    """Whether a text is true on the host that was read.

    ``cause``: the proven cause, of ``answer``, that makes it true; ``flow``: the flow that it stops, if it stops one.
    ``why``: why it is not decided, or what was looked at.  ``cause_ids``: those of the text's entry, with what is
    proven here in front."""

    here: Here
    cause_ids: tuple[str, ...]
    why: Message
    cause: CauseAnswer | None = None
    flow: FlowAnswer | None = None
    answer: Answer | None = None


class HereAnswers(msgspec.Struct, frozen=True):
    """What was asked about the host.  ``whole``: everything that is published; ``targets``: the answer about the ports
    and addresses of the texts (None: none could be asked); ``askable``: those of them that it is about.  ``within``:
    the same asked from containers; ``left``: the number of containers from which it was not asked."""

    whole: Answer
    targets: Answer | None = None
    askable: frozenset[str] = frozenset()
    within: tuple[Answer, ...] = ()
    left: int = 0

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers, the one about the texts' own ports first."""
        return (self.whole,) if self.targets is None else (self.targets, *self.within, self.whole)


def are_loopback(targets: tuple[str, ...]) -> bool:
    """Return whether a target is at a loopback address, which is another one in each container."""
    return any(each.startswith(_LOOPBACK) for each in targets)


def not_asked(found: TextFound, why: Message) -> TextHere:
    """Return that nothing could be asked."""
    return TextHere("unknown", found.entry.causes, why)


def decide_here(found: TextFound, asked: HereAnswers) -> TextHere:
    """Return whether the text is true on the host of the answers."""
    for answer in asked.answers:
        for cause in answer.causes:
            flow = next(_stopped(cause, answer, found), None)
            if _is_now(cause) and _makes(cause, flow, found):
                return _true(found, cause, flow, answer)
    why = _undecided(found, asked)
    likely = tuple(dict.fromkeys(_fitting(found, asked.whole)))
    otherwise = tuple(dict.fromkeys(_otherwise(found, asked)))
    if otherwise:
        why = message(
            "what it names fails now, and otherwise than the text says: {causes}", causes=", ".join(otherwise)
        )
    if why is not None:
        return TextHere("unknown", tuple(dict.fromkeys((*otherwise, *likely, *found.entry.causes))), why)
    return TextHere("false", found.entry.causes, message("everything was read, and nothing of the kind holds now"))


def _is_now(cause: CauseAnswer) -> bool:
    return cause.severity in ("blocking", "advice") and (cause.severity == "blocking" or cause.proof is None)


def _makes(cause: CauseAnswer, flow: FlowAnswer | None, found: TextFound) -> bool:
    """Return whether the proven cause makes the text true.  ``flow``: a flow of the text's own that it stops."""
    entry = found.entry
    if entry.about == "host":
        return cause.id in entry.causes
    if entry.about == "flow":
        return flow is not None and flow.verdict in entry.verdicts
    return cause.id in entry.causes and (flow is not None or (cause.proof is None and _names(cause, found)))


def _stopped(cause: CauseAnswer, answer: Answer, found: TextFound) -> Iterator[FlowAnswer]:
    """Yield the flows that the cause stops and the text is about."""
    ports = {each.value for each in found.named if each.kind == "port"}
    addresses = {each.value for each in found.named if each.kind == "address"}
    names = {each.value for each in found.named if each.kind in ("container", "host")}
    for each in answer.flows:
        flow = each.trace.flow
        if cause.ref not in each.causes or (found.said_by and _is_hosts_own(flow)):
            continue
        if found.entry.about == "host":
            yield each
        elif ports and str(flow.dport) in ports:
            address = address_text(flow.daddr, flow.version)
            if not addresses or address in addresses or _are_any(addresses) or flow.container in names:
                yield each
        elif not ports and ((flow.container or "") in names or address_text(flow.daddr, flow.version) in addresses):
            yield each


def _is_hosts_own(flow: Flow) -> bool:
    """Return whether the flow is from the host to itself by a loopback address, which no container can have meant."""
    return isinstance(flow.start, FromHost) and address_text(flow.daddr, flow.version).startswith(_LOOPBACK)


def _are_any(addresses: set[str]) -> bool:
    """Return whether the text names all addresses of the host, as engines do."""
    return bool(addresses & {"0.0.0.0", "::"})


def _names(cause: CauseAnswer, found: TextFound) -> bool:
    """Return whether a state of the host is about what the text names."""
    candidate = cause.candidate
    said = {value for each in (candidate.title, candidate.detail) for value in _values(each)}
    said |= set(dict(places(candidate.where)).values())
    words = {part for each in said for part in each.replace("/", " ").replace(":", " ").replace(",", " ").split()}
    ports = {each.value for each in found.named if each.kind == "port"}
    return bool(words & (ports or {each.value for each in found.named}))


def _values(said: Message) -> Iterator[str]:
    for _, value in said.values:
        match value:
            case Message():
                yield from _values(value)
            case Wanted():
                pass
            case _:
                yield value


def _true(found: TextFound, cause: CauseAnswer, flow: FlowAnswer | None, answer: Answer) -> TextHere:
    ids = tuple(dict.fromkeys((cause.id, *found.entry.causes)))
    why = message("{cause} is proven on {host}", cause=cause.id, host=cause.host or "-")
    return TextHere("true", ids, why, cause, flow, answer)


def _undecided(found: TextFound, asked: HereAnswers) -> Message | None:
    """Return why nothing can be said, or None if everything was looked at."""
    entry = found.entry
    known = {each.id for each in all_causes()}
    beyond = [each for each in entry.causes if _SEEN_AS.get(each, each) not in known]
    if not entry.causes:
        return message("nothing that is read of a host tells it")
    if entry.passing:
        return message("it comes and goes: that it does not hold now says nothing about the time of the message")
    if entry.about != "host" and not found.targets:
        return message("the text names no port; ask `hairpin check PORT`")
    if entry.about == "flow" and not asked.askable.issuperset(found.targets):
        return message("what the text names is nothing that this host can be asked about")
    if entry.about == "flow" and are_loopback(found.targets):
        return message("127.0.0.1 is another one in each container; ask with `--from container:NAME`")
    if entry.about == "flow" and any(map(_leaves, asked.targets.flows if asked.targets is not None else ())):
        return message("the packets leave this host, and what is beyond was not read")
    if entry.about == "flow" and asked.left:
        return message("{count} containers more may have said it; ask with `--from container:NAME`", count=asked.left)
    if beyond:
        return message("hairpin cannot prove {causes} in this version", causes=", ".join(beyond))
    return _unread(asked)


def _leaves(flow: FlowAnswer) -> bool:
    return flow.verdict == "leaves"


def _unread(asked: HereAnswers) -> Message | None:
    for answer in asked.answers:
        if not all(host.was_read for host in answer.network.hosts):
            return message("not every host could be read")
        first = next((each for each in answer.unread if each.key != REPLICA), None)
        if first is not None:
            return message(
                "not all of the host could be read: {origin}: {reason}", origin=first.origin, reason=first.reason
            )
        if any(each.verdict == "depends" for each in answer.flows):
            return message("some flows depend on what cannot be known")
    return None


def _otherwise(found: TextFound, asked: HereAnswers) -> Iterator[str]:
    """Yield the ids of causes that stop the text's own flows with another verdict than it tells."""
    if found.entry.about == "flow" and asked.targets is not None:
        for cause in asked.targets.causes:
            if any(_stopped(cause, asked.targets, found)):
                yield cause.id


def _fitting(found: TextFound, answer: Answer) -> Iterator[str]:
    """Yield the ids of causes here that stop flows as the text tells, without its naming one of them."""
    if found.entry.about != "flow" or found.targets:
        return
    for each in answer.flows:
        if each.verdict in found.entry.verdicts:
            yield from (cause.id for cause in answer.causes if cause.ref in each.causes)
