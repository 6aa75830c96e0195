"""The command that decides most of what an answer leaves open, for answers about hosts that were read.

An open question names a command, or names an option that states a fact.  Only a command can be run next.  A stop that
no cause explains has its own question.  A missing reading has the command that makes this reading.
"""

import re
from collections.abc import Iterator

from hairpin.answer.answer import Answer, Decides, Next
from hairpin.answer.decisive import undecided_readings
from hairpin.message import Message, message
from hairpin.report.open_ends import open_end
from hairpin.report.verdicts import groups
from hairpin.report.words import Words, option_of

_QUOTED = re.compile(r"`([^`]+)`")
_FILE = re.compile(r"/|GET ")


def next_of(answer: Answer, words: Words) -> Next | None:
    """Return the next command; None if everything is decided, or if no command decides the open parts."""
    if answer.next is not None:
        return answer.next
    if answer.event is not None or not _is_undecided(answer):
        return None
    return next(_commands(answer, words), None)


def _is_undecided(answer: Answer) -> bool:
    open_flow = any(each.verdict == "depends" or (not each.succeeds and not each.causes) for each in answer.flows)
    return open_flow or bool(undecided_readings(answer)) or bool(answer.questions)


def _commands(answer: Answer, words: Words) -> Iterator[Next]:
    for each in answer.questions:
        for wanted in each.question.wanted:
            command = option_of(wanted)
            if not command.startswith("--"):
                yes = Decides(message("yes"), each.question.if_yes)
                yield Next(command, (yes, Decides(message("no"), each.question.if_no)))
    for group in groups(answer.flows):
        stop = answer.flows[group.numbers[0]].trace.usual.stop
        if stop is not None and not group.causes:
            said: Message = open_end(answer.network, stop)
            quoted = _QUOTED.search(words(said))
            if quoted is not None:
                yield Next(quoted[1], (Decides(message("its output"), said),))
    for missing in undecided_readings(answer):
        if not _FILE.match(missing.origin):
            shows = message("the reading {key}, as root", key=missing.key)
            yield Next(
                f"sudo {missing.origin}", (Decides(shows, message("hairpin decides this if you run it as root")),)
            )
