"""The entry: what texts mean, and whether each is true on the hosts that were read."""

from contextlib import suppress

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask, begin_answer
from hairpin.answer.decisive import lacks_reading
from hairpin.errors import CollectError, EvidenceError, UsageError
from hairpin.evidence.several import Source
from hairpin.explain.here import HereAnswers, TextHere, are_loopback, decide_here, not_asked
from hairpin.explain.named import ENOUGH, parsed_targets
from hairpin.explain.understand import TextFound, TextUnknown, Understood
from hairpin.message import Message, message
from hairpin.question.asked import Origin
from hairpin.question.question import Question

_FEW = 10
"""From so many containers the targets of texts are asked."""


class TextAnswer(msgspec.Struct, frozen=True):
    """A text that means something, and whether it is true here."""

    text: TextFound
    here: TextHere


class Explanation(msgspec.Struct, frozen=True):
    """What the lines mean.  ``found``: faults, in the order in which they came; ``harmless``: texts that healthy hosts
    log too, and that nothing here makes a fault.  ``unknown``, ``rest``: see ``Understood``.  ``answer``: about the
    hosts that were read; None: none was."""

    found: tuple[TextAnswer, ...]
    harmless: tuple[TextFound, ...]
    unknown: tuple[TextUnknown, ...]
    rest: int
    lines: int
    answer: Answer | None = None

    @property
    def lacks_reading(self) -> bool:
        """Whether a text that healthy hosts log, too, may be a fault here by what was not read."""
        routine = any(each.entry.kind == "routine" for each in self.harmless)
        return routine and self.answer is not None and lacks_reading(self.answer)

    @property
    def status(self) -> int:
        """The exit status: 1 a fault is found, 3 none is found as far as was read, 0 none."""
        return 1 if self.found else 3 if self.lacks_reading else 0

    @property
    def targets(self) -> tuple[str, ...]:
        """What the lines that mean nothing name, as ``hairpin check`` is asked."""
        return tuple(dict.fromkeys(each for kind in self.unknown for each in kind.targets))[:ENOUGH]


def is_to_be_asked(understood: Understood) -> bool:
    """Return whether a host has to be read: some text means something."""
    return any(each.entry.kind != "harmless" for each in understood.found)


def explain_texts(understood: Understood, sources: tuple[Source, ...], why_not: Message | None) -> Explanation:
    """Return the explanation.  ``sources``: the evidence of the hosts, this host first; empty if nothing was read, for
    the reason ``why_not``.

    Raises UsageError as ``ask`` does, for a question that makes no sense on these hosts.
    """
    asked = _asked(understood, sources) if sources and is_to_be_asked(understood) else None
    if isinstance(asked, HereAnswers) and _is_open(understood, asked):
        asked = _asked_within(asked, sources)
    reason = asked if isinstance(asked, Message) else why_not or message("no host was read")
    answers = tuple(
        TextAnswer(each, decide_here(each, asked) if isinstance(asked, HereAnswers) else not_asked(each, reason))
        for each in understood.found
    )
    alone = not understood.unknown
    found = tuple(each for each in answers if _is_fault(each, alone=alone))
    return Explanation(
        found,
        tuple(each.text for each in answers if each not in found),
        understood.unknown,
        understood.rest,
        understood.lines,
        asked.whole if isinstance(asked, HereAnswers) else None,
    )


def _is_fault(answer: TextAnswer, *, alone: bool) -> bool:
    """Return whether the text is told as a fault.  ``alone``: it was asked about, not found in a log."""
    match answer.text.entry.kind:
        case "fault":
            return True
        case "routine":
            return alone or answer.here.here == "true"
        case "harmless":
            return False


def _asked(understood: Understood, sources: tuple[Source, ...]) -> HereAnswers | Message:
    """Return the answers about the hosts; the reason, if they cannot be asked."""
    try:
        whole = ask(Question(), sources, depth="causes")
    except (CollectError, EvidenceError) as error:
        return error.said
    texts = dict.fromkeys(target for each in understood.found if each.entry.about != "host" for target in each.targets)
    askable = [each for each in texts if _is_askable(each, whole)]
    if not askable:
        return HereAnswers(whole)
    targets = parsed_targets(tuple(askable))
    return HereAnswers(whole, ask(Question(targets=targets), sources, depth="causes"), frozenset(askable))


def _is_open(understood: Understood, asked: HereAnswers) -> bool:
    """Return whether a text about a flow is not proven yet, and a container may have said it: 127.0.0.1 is none's."""
    return asked.targets is not None and any(
        each.entry.about == "flow" and not are_loopback(each.targets) and decide_here(each, asked).here != "true"
        for each in understood.found
    )


def _asked_within(asked: HereAnswers, sources: tuple[Source, ...]) -> HereAnswers:
    """Return the answers with those about the same targets, asked from containers."""
    assert asked.targets is not None
    running = [
        Origin("container", container=each.name, host=host.name)
        for host in asked.whole.network.hosts
        for each in host.containers()
        if each.running
    ]
    found: list[Answer] = []
    for origin in running[:_FEW]:
        with suppress(UsageError, CollectError, EvidenceError):  # a container without a network asks nobody
            found.append(ask(Question(targets=asked.targets.question.targets, origin=origin), sources, depth="causes"))
    return msgspec.structs.replace(asked, within=tuple(found), left=max(len(running) - _FEW, 0))


def _is_askable(target: str, whole: Answer) -> bool:
    """Return whether the question makes sense on these hosts: they have a container of that name, if it is a name."""
    try:
        begin_answer(Question(targets=parsed_targets((target,))), whole.evidence, whole.network)
    except (UsageError, CollectError, EvidenceError):
        return False
    return True
