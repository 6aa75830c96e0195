"""Decides whether a text is true now on the hosts that were read.  Only an answer of ``check`` or a reading can decide
this, and only if the sender is known.  The words of the text alone never decide whether it is true."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import REPLICA, Answer, CauseAnswer, FlowAnswer
from hairpin.answer.texts.as_far import as_far, holder_of, is_kept_apart
from hairpin.answer.texts.named_flows import StoppedNow, ends_beyond, flows_of, is_now, outcomes_of, own_flows
from hairpin.answer.texts.sender import STUB_RESOLVER, UNKNOWN, TextSender
from hairpin.causes.registry import all_causes, known_cause
from hairpin.causes.where import places
from hairpin.explain.readings import StateReading, reading_of
from hairpin.explain.understand import TextFound
from hairpin.message import Message, message
from hairpin.walk.trace import LongPackets
from hairpin.walk.verdicts import VERDICTS
from hairpin.wanted import Wanted

Here = Literal["true", "false", "unknown"]
_HELD = "published-port-held-by-other-process"
_SEEN_AS = {"docker-proxy-stale": _HELD, "ephemeral-port-collision": _HELD}
"""Causes that a check never proves, each with the cause that is proven in its place."""


class TextHere(msgspec.Struct, frozen=True):
    """Whether a text is true on the hosts that were read.

    ``cause``: the proven cause in ``answer`` that makes the text true.  ``flow``: the flow that this cause stops, if it
    stops a flow.  ``reading``: the result of a host's readings.  ``why``: the reason for the decision, or the reason
    why nothing could be decided.  ``cause_ids``: the ids of the causes in the text's entry; ids of proven causes come
    first.  ``sender``: the host, container or client that printed the text."""

    here: Here
    cause_ids: tuple[str, ...]
    why: Message
    cause: CauseAnswer | None = None
    flow: FlowAnswer | None = None
    answer: Answer | None = None
    sender: TextSender = UNKNOWN
    reading: StateReading | None = None


class TextAsked(msgspec.Struct, frozen=True):
    """The answers to the questions about one text.

    ``whole``: the answer about all ports that the hosts publish.  ``targets``: the answer about the text's targets,
    asked from the text's sender, or from all usual clients if the sender is unknown.  ``targets`` is None if the text
    names no target about which these hosts can be asked.  ``askable``: the targets of the text that are in this
    answer."""

    sender: TextSender
    whole: Answer
    targets: Answer | None = None
    askable: frozenset[str] = frozenset()


def not_asked(found: TextFound, why: Message) -> TextHere:
    """Return the result for a text about which nothing could be asked."""
    return TextHere("unknown", found.entry.causes, why)


def decide_here(found: TextFound, asked: TextAsked) -> TextHere:
    """Return whether the text is true on the hosts of the answers."""
    sender = asked.sender
    if sender.kind == "elsewhere":
        where = sender.host or sender.name
        why = message("{where} printed the text, and hairpin read no such host or container", where=where)
        told = TextHere("unknown", found.entry.causes, why)
    elif found.entry.about in ("flow", "name"):
        told = _of_flows(found, asked)
    elif found.entry.printed_by == "client" and not sender.is_known:
        told = TextHere("unknown", found.entry.causes, as_far(found, asked.whole, asked.targets))
    else:
        told = _of_state(found, asked)
    return msgspec.structs.replace(told, sender=sender)


# --- texts about a flow -----------------------------------------------------------------------------------------------


def _of_flows(found: TextFound, asked: TextAsked) -> TextHere:
    if not asked.sender.is_known:
        why = as_far(found, asked.whole, asked.targets)
        return TextHere("unknown", _first(_fitting(found, asked), found), why)
    elsewhere = _asks_another_resolver(found, asked)
    if elsewhere is not None:
        return TextHere("unknown", found.entry.causes, elsewhere)
    flows = tuple(flows_of(found, asked.whole, asked.targets, asked.sender))
    proven = [each for each in flows if _proves(each, found)]
    for each in proven:
        if not is_kept_apart(each.cause, each.flow, each.answer):
            return _true(found, each.cause, each.flow, each.answer)
    if proven:
        cause = proven[0].cause
        why =  message("seen from this host: {flow} is {verdict}, because an isolation keeps it apart on purpose "
            "({cause}: {title}). The person who set the isolation up has to decide whether the flow should pass",
            flow=_words(proven[0].flow), verdict=VERDICTS[proven[0].flow.verdict], cause=cause.id,
            title=cause.candidate.title)  # fmt: skip
        return TextHere("unknown", _first((cause.id,), found), why)
    otherwise = tuple(dict.fromkeys(each.cause.id for each in flows))
    if otherwise:
        causes = ", ".join(otherwise)
        if any(ends_beyond(each.flow) for each in flows):
            why = message(
                "the flow that the text names fails now: {causes}. The packet leaves the host; hairpin did not read "
                "whether a router there answers with an error",
                causes=causes,
            )
        else:
            why = message(
                "the flow that the text names fails now, but in another way than the text says: {causes}", causes=causes
            )
        return TextHere("unknown", _first(otherwise, found), why)
    undecided = _undecided_flows(found, asked)
    if undecided is not None:
        return TextHere("unknown", found.entry.causes, undecided)
    return TextHere("false", found.entry.causes, message("the sender of the text reaches the named target now"))


def _asks_another_resolver(found: TextFound, asked: TextAsked) -> Message | None:
    """Return why a text about the host's own resolver cannot come from the container that the user named as the text's
    sender; None if it can come from this container."""
    stub = next((each.value for each in found.named if each.value == STUB_RESOLVER), None)
    if stub is None or asked.sender.kind != "container":
        return None
    containers = (each for host in asked.whole.network.hosts for each in host.containers())
    container = next((each for each in containers if each.name == asked.sender.name), None)
    if container is None or stub in (container.resolvers or ()):
        return None
    return message("{stub} is a host's own resolver, but container {name} asks {servers}", stub=stub,
        name=container.name, servers=", " .join(container.resolvers or ()) or "-")  # fmt: skip


def _proves(each: StoppedNow, found: TextFound) -> bool:
    entry = found.entry
    if entry.outcome and entry.outcome not in outcomes_of(each.flow):
        return False
    if entry.verdicts and each.flow.verdict not in entry.verdicts:
        return False
    if entry.about == "name" and not entry.shown_by:
        return each.cause.id in entry.causes
    return not entry.shown_by or each.cause.id in entry.shown_by


def _fitting(found: TextFound, asked: TextAsked) -> tuple[str, ...]:
    """Return the ids of the causes on these hosts that stop flows in the way that the text reports.

    The returned causes may be unrelated to the text."""
    return tuple(
        dict.fromkeys(
            each.cause.id
            for each in flows_of(found, asked.whole, asked.targets, None)
            if _proves(each, found) and not is_kept_apart(each.cause, each.flow, each.answer)
        )
    )


def _undecided_flows(found: TextFound, asked: TextAsked) -> Message | None:
    """Return why the flows of the known sender are undecided; None if all of them pass."""
    if found.entry.passing:
        return _PASSING
    if found.entry.about == "name":
        return message("name queries from the sender of the text are answered now; this name was not queried")
    if not found.targets:
        return message("the text names no port; ask `hairpin check PORT`")
    flows = own_flows(found, asked.targets)
    if asked.targets is None or not flows or not asked.askable.issuperset(found.targets):
        return message(
            "hairpin cannot ask this host about a flow from the sender of the text to the target that the text names"
        )
    if any(each.verdict == "leaves" for each in flows):
        return _open_question(found, flows) or message(
            "the packets leave this host, and hairpin did not read anything beyond"
        )
    if not all(each.succeeds for each in flows):
        return message("the flow fails now, and no cause of this is proven")
    return _open_question(found, flows) or _unread((asked.targets,))


def _open_question(found: TextFound, flows: tuple[FlowAnswer, ...]) -> Message | None:
    """Return a sentence with the first open question whose answer decides whether the flows pass, or None.

    A question about long packets matters only to a text that long packets can cause."""
    for asked in (each for flow in flows for each in flow.trace.questions if each.breaks_if):
        if isinstance(asked.about, LongPackets) and not _may_be_of_size(found):
            continue
        if asked.breaks_if == "no":
            return message(
                "the flow passes as far as this host, if the answer to this question is yes: {question}",
                question=asked.text,
            )
        return message(
            "the flow passes as far as this host, if the answer to this question is no: {question}", question=asked.text
        )
    return None


def _may_be_of_size(found: TextFound) -> bool:
    """Return whether one of the causes of the text stops packets that are too long."""
    causes = (known_cause(each) for each in found.entry.causes)
    return any(each is not None and "mtu" in each.reasons for each in causes)


# --- texts about a state ----------------------------------------------------------------------------------------------


def _of_state(found: TextFound, asked: TextAsked) -> TextHere:
    reading = reading_of(found, asked.whole.network.hosts)
    holding = tuple(each for each in asked.whole.causes if is_now(each) and each.id in found.entry.causes)
    if reading is not None and reading.holds is not None:
        cause = next(iter(holding), None) if reading.holds else None
        here: Here = "true" if reading.holds else "false"
        answer = asked.whole if cause is not None else None
        ids = _first((cause.id,) if cause is not None else (), found)
        return TextHere(here, ids, reading.said, cause, None, answer, reading=reading)
    answers = (asked.targets, asked.whole) if found.entry.about == "port" else (asked.whole,)
    for answer in filter(None, () if found.entry.general else answers):
        for cause in answer.causes:
            if is_now(cause) and cause.id in found.entry.shown_by and _is_about(cause, answer, found):
                flow = next((each for each in answer.flows if cause.ref in each.causes), None)
                return _true(found, cause, flow, answer)
    why = _undecided_state(found, asked, reading, tuple(dict.fromkeys(each.id for each in holding)))
    if why is not None:
        return TextHere("unknown", _first(tuple(each.id for each in holding), found), why)
    return TextHere("false", found.entry.causes, message("everything was read, and the host has no such fault now"))


def _is_about(cause: CauseAnswer, answer: Answer, found: TextFound) -> bool:
    """Return whether the cause concerns the subject of the text."""
    if found.entry.about == "host":
        return True
    ports = {each.value for each in found.named if each.kind == "port"}
    if found.entry.about == "port" and any(
        cause.ref in each.causes and str(each.trace.flow.dport) in ports for each in answer.flows
    ):
        return True
    return _names(cause, found, answer)


def _names(cause: CauseAnswer, found: TextFound, answer: Answer) -> bool:
    """Return whether the cause is about a thing in the text."""
    candidate = cause.candidate
    said = {value for each in (candidate.title, candidate.detail) for value in _values(each)}
    said |= set(dict(places(candidate.where)).values())
    words = {part for each in said for part in each.replace("/", " ").replace(":", " ").replace(",", " ").split()}
    ports = {each.value for each in found.named if each.kind == "port"}
    named = ports or {each.value for each in found.named}
    containers = (each for host in answer.network.hosts for each in host.containers())
    named |= {each.name for each in containers if any(len(one) >= 12 and each.id.startswith(one) for one in named)}
    return bool(words & named)


def _values(said: Message) -> Iterator[str]:
    for _, value in said.values:
        match value:
            case Message():
                yield from _values(value)
            case Wanted():
                pass
            case _:
                yield value


def _undecided_state(
    found: TextFound, asked: TextAsked, reading: StateReading | None, holding: tuple[str, ...]
) -> Message | None:
    """Return why the state that the text reports is undecided; None if all readings about it were checked."""
    entry = found.entry
    known = {each.id for each in all_causes()}
    beyond = [each for each in entry.causes if _SEEN_AS.get(each, each) not in known]
    if reading is not None:
        return message("seen from this host: {said}", said=reading.said)
    holder = holder_of(found, asked.whole) if entry.about == "port" else None
    if holder is not None:
        return message(
            "seen from this host: {said} now. hairpin does not know whether the text is about this", said=holder
        )
    if not entry.causes or (entry.other_causes and not holding):
        return message("no reading of a host tells whether this meaning of the text is true")
    if entry.passing:
        return _PASSING
    if holding:
        return message(
            "seen from this host: {causes} holds now. hairpin does not know whether the text is about this",
            causes=", ".join(holding),
        )
    if beyond:
        return message("hairpin cannot prove {causes} in this version", causes=", ".join(beyond))
    return _unread((asked.whole,))


# --- both -------------------------------------------------------------------------------------------------------------

_PASSING = message("this fault comes and goes: it may have caused the message even if it is absent now")


def _true(found: TextFound, cause: CauseAnswer, flow: FlowAnswer | None, answer: Answer) -> TextHere:
    why = message("{cause} is proven on {host}", cause=cause.id, host=cause.host or "-")
    return TextHere("true", _first((cause.id,), found), why, cause, flow, answer)


def _first(ids: tuple[str, ...], found: TextFound) -> tuple[str, ...]:
    """Return the given ids, then the other ids of causes in the text's entry."""
    return tuple(dict.fromkeys((*ids, *found.entry.causes)))


def _words(flow: FlowAnswer) -> str:
    asked = flow.trace.flow
    return f"{asked.start_text()} → {asked.target_text()}"


def _unread(answers: tuple[Answer, ...]) -> Message | None:
    for answer in answers:
        if not all(host.was_read for host in answer.network.hosts):
            return message("not every host could be read")
        first = next((each for each in answer.unread if each.key != REPLICA), None)
        if first is not None:
            return message(
                "not all of the host could be read: {origin}: {reason}", origin=first.origin, reason=first.reason
            )
        if any(each.verdict == "depends" for each in answer.flows):
            return message("some flows depend on facts that cannot be known")
    return None
