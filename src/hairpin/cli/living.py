"""Answers a question with real packets: ``check --live`` and ``prove --live``."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, Depth, Further
from hairpin.answer.ask import ask
from hairpin.cli.answering import answer_question
from hairpin.cli.face.asked import Asked
from hairpin.cli.face.live_options import Live
from hairpin.cli.face.progress import progress
from hairpin.live.observing import observing
from hairpin.live.remote import address_towards, refuse_destination
from hairpin.message import Message
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import Version, address_text
from hairpin.question.target import parse_origin

if TYPE_CHECKING:
    from hairpin.replica.judgement import Kernel


def answer_live(
    asked: Asked,
    lang: str | None,
    live: Live,
    kernel: "Kernel | None" = None,
    depth: Depth = "flows",
    further: Callable[[], Further] | None = None,
) -> Answer:
    """Return the answer to the question, with real probes of each of its flows.

    The probes of another machine take the place of the clients outside that hairpin would choose.  The other arguments
    are those of ``answer_question``.  Raises the same errors."""
    count, probe_from = live
    if probe_from:
        refuse_destination(probe_from)
    question = asked.question()
    answer = answer_question(question, asked, lang, kernel, depth, further)
    with progress(lang) as tell:
        found = _address_of(probe_from, answer) if probe_from and question.origin is None else None
        if found is not None and not isinstance(found, Message):
            answer = _from_there(answer, found, kernel, depth, further)
        return observing(answer, count, probe_from, found if isinstance(found, Message) else None, tell)


def _address_of(probe_from: str, answer: Answer) -> tuple[Version, int] | Message | None:
    """Return the address of that machine towards the asked port; None if no flow comes from outside."""
    outside = [each.trace.flow for each in answer.flows if isinstance(each.trace.flow.start, Outside)]
    if not outside:
        return None
    return address_towards(probe_from, address_text(outside[0].daddr, outside[0].version))


def _from_there(
    answer: Answer,
    found: tuple[Version, int],
    kernel: "Kernel | None",
    depth: Depth,
    further: Callable[[], Further] | None,
) -> Answer:
    """Return the answer in which the machine with that address is the client outside."""
    version, address = found
    question = msgspec.structs.replace(answer.question, origin=parse_origin(address_text(address, version)))
    theirs = ask(question, answer.evidence, depth="flows")
    ours = (each.trace.flow for each in answer.flows if not isinstance(each.trace.flow.start, (Outside, Lan)))
    flows = (*(each.trace.flow for each in theirs.flows), *ours)
    again = msgspec.structs.replace(answer.question, flows=flows)
    return ask(again, answer.evidence, kernel, None, further, depth=depth)
