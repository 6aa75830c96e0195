"""The entry of this folder: finds the meaning of texts, and whether each text is true on the hosts that were read."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.begin import begin_answer
from hairpin.answer.decisive import lacks_reading
from hairpin.answer.texts.here import TextAsked, TextHere, decide_here, not_asked
from hairpin.answer.texts.sender import TextSender, sender_of
from hairpin.errors import CollectError, EvidenceError, UsageError
from hairpin.evidence.several import Source
from hairpin.explain.named import ENOUGH, parsed_targets
from hairpin.explain.nearest import OFFERED
from hairpin.explain.understand import TextFound, TextUnknown, Understood
from hairpin.message import Message, message
from hairpin.network.flow import FromContainer
from hairpin.question.asked import Origin
from hairpin.question.question import Question
from hairpin.question.starts import start_named
from hairpin.remedy.known_flows import flow_key
from hairpin.words.meaning import TextMeaning

_LOOPBACK = ("127.", "localhost", "::1", "[::1]")
_ANY_PORT = 80
"""The port of a question about a container's name, if the container exposes no port."""


class TextAnswer(msgspec.Struct, frozen=True):
    """A text with a known meaning, and whether it is true on the hosts that were read."""

    text: TextFound
    here: TextHere


class Explanation(msgspec.Struct, frozen=True):
    """The meaning of the lines.

    ``found``: the texts that report a fault, in the order of the lines.  ``harmless``: texts that healthy hosts log,
    too, and that report no fault here.  ``unknown`` and ``rest``: see ``Understood``.  ``answer``: the answer about the
    hosts that were read, or None if no host was read."""

    found: tuple[TextAnswer, ...]
    harmless: tuple[TextFound, ...]
    unknown: tuple[TextUnknown, ...]
    rest: int
    lines: int
    answer: Answer | None = None

    @property
    def lacks_reading(self) -> bool:
        """Whether a text that healthy hosts log, too, may be a fault here, because a reading is missing."""
        routine = any(each.entry.kind == "routine" for each in self.harmless)
        return routine and self.answer is not None and lacks_reading(self.answer)

    @property
    def status(self) -> int:
        """The exit status: 1 if a fault is found, 3 if none is found but a missing reading may hide one, and otherwise
        0."""
        return 1 if self.found else 3 if self.lacks_reading else 0

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets in the lines without a meaning, as arguments of ``hairpin check``."""
        return tuple(dict.fromkeys(each for kind in self.unknown for each in kind.targets))[:ENOUGH]

    @property
    def nearest(self) -> tuple[TextMeaning, ...]:
        """The known texts that are nearest to the lines without a meaning; at most ``OFFERED``, those of the first
        lines first."""
        near = (each for kind in self.unknown for each in kind.nearest)
        return tuple({each.id: each for each in near}.values())[:OFFERED]


def is_to_be_asked(understood: Understood) -> bool:
    """Return whether a host has to be read, because at least one text with a known meaning may report a fault."""
    return any(each.entry.kind != "harmless" for each in understood.found)


def explain_texts(
    understood: Understood, sources: tuple[Source, ...], why_not: Message | None, origin: Origin | None = None
) -> Explanation:
    """Return the explanation of the texts.

    ``sources``: the evidence of the hosts, this host first; empty if no host was read.  ``why_not``: the reason why no
    host was read.  ``origin``: the place at which the texts were printed, as the user states it.  If ``origin`` is
    None, the lines show the place.  Raises UsageError for a question that does not fit these hosts, as ``ask`` does.
    """
    whole = _whole(sources) if sources and is_to_be_asked(understood) else None
    if isinstance(whole, Answer):
        answers = _answers(understood.found, sources, whole, _resolved(origin, whole) if origin is not None else None)
    else:
        reason = whole or why_not or message("no host was read")
        answers = tuple(TextAnswer(each, not_asked(each, reason)) for each in understood.found)
    found = tuple(each for each in answers if _is_fault(each))
    return Explanation(
        found,
        tuple(each.text for each in answers if each not in found),
        understood.unknown,
        understood.rest,
        understood.lines,
        whole if isinstance(whole, Answer) else None,
    )


def _is_fault(answer: TextAnswer) -> bool:
    """Return whether the text is reported as a fault."""
    match answer.text.entry.kind:
        case "fault":
            return True
        case "routine":
            return answer.here.here == "true"
        case "harmless":
            return False


def _whole(sources: tuple[Source, ...]) -> Answer | Message:
    """Return the answer about all ports that the hosts publish, or the reason why there is no answer."""
    try:
        return ask(Question(), sources, depth="causes", quotes=False)
    except (CollectError, EvidenceError) as error:
        return error.said


def _resolved(origin: Origin, whole: Answer) -> Origin:
    """Return the origin that the user stated, with the full name of a stated container.

    Raises UsageError if these hosts lack the stated place."""
    start = start_named(whole.network, whole.network.this, origin.version or 4, origin).start
    return msgspec.structs.replace(origin, container=start.name) if isinstance(start, FromContainer) else origin


def _answers(
    found: tuple[TextFound, ...], sources: tuple[Source, ...], whole: Answer, option: Origin | None
) -> tuple[TextAnswer, ...]:
    """Return for each text whether it is true on these hosts.  The questions about texts of the same sender are asked
    together."""
    senders = tuple(sender_of(each, option, whole) for each in found)
    meant = {
        (origin, target): _meant_by(target, origin, whole)
        for origin, target in dict.fromkeys(
            (sender.origin, target)
            for each, sender in zip(found, senders, strict=True)
            if sender.kind != "elsewhere"
            for target in _targets(each, sender, whole)
        )
    }
    asked = {
        origin: _asked_from(
            origin, tuple(target for (at, target), flows in meant.items() if flows and at == origin), sources
        )
        for origin in dict.fromkeys(sender.origin for sender in senders)
    }
    return tuple(
        TextAnswer(each, decide_here(each, _text_asked(each, sender, whole, asked[sender.origin], meant)))
        for each, sender in zip(found, senders, strict=True)
    )


def _targets(found: TextFound, sender: TextSender, whole: Answer) -> tuple[str, ...]:
    """Return the targets of the text: the ports and addresses that it names, or the container whose name was looked
    up."""
    match found.entry.about:
        case "flow" | "port":
            return found.targets
        case "name" if sender.kind == "container":
            return tuple(_looked_up(found, whole))
        case _:
            return ()


def _looked_up(found: TextFound, whole: Answer) -> Iterator[str]:
    """Yield a target for each container name in the text.  A yielded target also asks for the look-up of the name."""
    for each in found.named:
        for host in whole.network.hosts if each.kind == "host" else ():
            named = host.containers_named(each.value)
            if named:
                port = next((port for container in named for _, port in container.exposed), _ANY_PORT)
                yield f"{each.value}:{port}"


def _asked_from(origin: Origin | None, targets: tuple[str, ...], sources: tuple[Source, ...]) -> Answer | None:
    if not targets:
        return None
    try:
        return ask(Question(targets=parsed_targets(targets), origin=origin), sources, depth="causes", quotes=False)
    except (UsageError, CollectError, EvidenceError):  # a container without a network sends no query
        return None


def _text_asked(
    found: TextFound,
    sender: TextSender,
    whole: Answer,
    answer: Answer | None,
    meant: dict[tuple[Origin | None, str], frozenset[object]],
) -> TextAsked:
    """Return the questions about the text.  ``answer``: the answer about all texts of the text's sender.  ``meant``:
    the result of ``_meant_by``."""
    of_target = {each: meant.get((sender.origin, each), frozenset()) for each in _targets(found, sender, whole)}
    own = frozenset(target for target, flows in of_target.items() if flows)
    if answer is None or not own:
        return TextAsked(sender, whole, None, own)
    keys = frozenset[object]().union(*of_target.values())
    flows = tuple(each for each in answer.flows if flow_key(each.trace.flow) in keys)
    return TextAsked(sender, whole, msgspec.structs.replace(answer, flows=flows), own)


def _meant_by(target: str, origin: Origin | None, whole: Answer) -> frozenset[object]:
    """Return the keys of the target's flows on these hosts.

    The result is empty if the question does not fit these hosts, for example because no container has the name in the
    text.  A loopback address is local to each container, so it has flows only if the sender is known."""
    if origin is None and target.startswith(_LOOPBACK):
        return frozenset()
    question = Question(targets=parsed_targets((target,)), origin=origin)
    try:
        _, flows = begin_answer(question, whole.evidence, whole.network)
    except (UsageError, CollectError, EvidenceError):
        return frozenset()
    return frozenset(map(flow_key, flows))
