"""The answer in one line, in the form of monitoring plugins: ``CRITICAL - text | figures``.

The states are those of the plugins of Nagios, Icinga and Checkmk, and are not translated.  The exit status of
``--brief`` is hairpin's own (``answer/decisive.py``); ``--nagios`` ends with the state's number.
Source: the Monitoring Plugins Development Guidelines, "Plugin Output for Nagios", "Performance data", "Return codes"
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.decisive import exit_status
from hairpin.answer.matrix import Matrix
from hairpin.message import Message, few_of, message
from hairpin.report.printable import printable
from hairpin.report.text.summary import summary
from hairpin.report.words import Words

State = Literal["OK", "WARNING", "CRITICAL", "UNKNOWN"]
NUMBERS: dict[State, int] = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
"""The exit status of a plugin in this state."""
_FEW = 3
"""The most causes or events that the line names."""


class Figure(NamedTuple):
    """A number beside the text.  ``warns``, ``alarms``: whether a number above 0 is a warning, or critical."""

    label: str
    value: int
    warns: bool = False
    alarms: bool = False

    def __str__(self) -> str:
        bounds = f"{'0' if self.warns else ''};{'0' if self.alarms else ''}"
        return f"{self.label}={self.value};{bounds};0"


class Brief(NamedTuple):
    """The answer in one line."""

    state: State
    text: str
    figures: tuple[Figure, ...] = ()

    def line(self) -> str:
        """Return the line.  The text has no ``|``, which begins the figures."""
        told = printable(f"{self.state} - {self.text}").replace("|", "/")
        return f"{told} | {' '.join(map(str, self.figures))}" if self.figures else told


def brief_of(answer: Answer, words: Words) -> Brief:
    """Return the answer of ``hairpin check`` in one line.

    A latent cause, which stops the flows only after an event, is a warning."""
    latent = tuple(each for each in answer.causes if each.severity == "latent")
    well: State = "WARNING" if latent and answer.event is None else "OK"
    states: dict[int, State] = {0: well, 1: "CRITICAL"}
    state = states.get(exit_status(answer), "UNKNOWN")
    severities = ("blocking",) if state == "CRITICAL" and answer.event is None else ("blocking", "latent")
    telling = tuple(each for each in answer.causes if each.severity in severities)
    said = [words(each) for each in answer.engines]
    first = summary(answer)
    said += [words(first)] if first is not None else []
    said += [_causes(telling, words)] if telling else []
    undecided = sum(each.verdict == "depends" for each in answer.flows)
    failing = sum(not each.succeeds for each in answer.flows) - undecided
    return Brief(
        state,
        "; ".join(said) or words(message("no port is published, and no flow was asked for")),
        (
            Figure("flows", len(answer.flows)),
            Figure("failing", failing, alarms=True),
            Figure("undecided", undecided),
            Figure("latent", len(latent), warns=True),
        ),
    )


def brief_of_events(found: Matrix, words: Words) -> Brief:
    """Return the answer of ``hairpin events`` in one line.  An event that breaks a flow is a warning."""
    breaking = [row.event for row in found.rows if any(each.breaks for each in row.cells)]
    state: State = ("OK", "WARNING", "UNKNOWN", "UNKNOWN")[min(found.status, 3)]
    said: Message = (
        message("flows fail after {number} of {all} events: {events}",
                number=len(breaking), all=len(found.rows), events=few_of(breaking, 6))
        if breaking
        else message("no flow fails after any of {all} events", all=len(found.rows))
    )  # fmt: skip
    if state == "UNKNOWN":
        said = message("{said}, as far as hairpin could read the host", said=said)
    figures = (Figure("events", len(found.rows)), Figure("breaking", len(breaking), warns=True))
    return Brief(state, words(said), figures)


def _causes(causes: Sequence[CauseAnswer], words: Words) -> str:
    told = [f"{each.id}: {words(each.candidate.title)}" for each in causes[:_FEW]]
    return "; ".join((*told, *((f"(+{len(causes) - _FEW})",) if len(causes) > _FEW else ())))
