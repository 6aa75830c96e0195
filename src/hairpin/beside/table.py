"""The observers, in the order of the answer: at which moment each is asked, and which features a question needs for it.

An observer is a file of a folder beside this file.  It has one door: ``observe`` returns the question with what the
observer says, asks, leaves out or adds; ``notes`` returns notes alone; ``of_trace`` yields the questions of one flow.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Literal, NamedTuple

from hairpin.beside.features import Feature, has
from hairpin.beside.inquiry import Inquiry
from hairpin.network.network import Network
from hairpin.walk.trace import OpenQuestion, Trace

Moment = Literal["meant", "checked", "walked", "found"]
"""``meant``: the flows of the question are known.  ``checked``: a check is about to walk them.  ``walked``: they were
walked, and their causes searched.  ``found``: the causes are known, and the rest of the answer is said."""


class ObserverRow(NamedTuple):
    """One observer.  ``file``: its folder and name.  ``needs``: the observer is asked only about a question with all of
    these features."""

    moment: Moment
    file: str
    needs: tuple[Feature, ...] = ()


ROWS: tuple[ObserverRow, ...] = (
    ObserverRow("meant", "flows.outside_names", ("name of the outside",)),
    ObserverRow("meant", "flows.sharers", ("whole container",)),
    ObserverRow("meant", "flows.next_addresses", ("name",)),
    ObserverRow("meant", "flows.own_links", ("address or name",)),
    ObserverRow("meant", "flows.desktop", ("guest",)),
    ObserverRow("checked", "flows.inward_only", ("now", "no sender named", "own flow")),
    ObserverRow("checked", "flows.private_ipv6", ("now", "no sender named", "own way out over IPv6")),
    ObserverRow("checked", "flows.unanswered_senders", ("now", "no target", "no sender named", "SYN without answer")),
    ObserverRow("checked", "flows.further_addresses", ("now", "several addresses")),
    ObserverRow("walked", "walks.further_questions", ("further questions",)),
    ObserverRow("walked", "walks.listed_clients", ("searched", "now", "refused")),
    ObserverRow("walked", "walks.stopped_clients", ("searched", "now", "stand-in")),
    ObserverRow("walked", "walks.narrow_ways", ("searched", "now", "no cause")),
    ObserverRow("walked", "walks.nameless", ("searched", "asked name")),
    ObserverRow("walked", "walks.copied_servers", ("searched", "now", "copied servers")),
    ObserverRow("walked", "walks.silent_replicas", ("searched", "now", "no target", "equal names")),
    ObserverRow("walked", "walks.unpublished", ("searched", "now", "no sender named", "whole container")),
    ObserverRow("walked", "walks.excepted_networks", ("searched", "now", "no sender named", "answer stopped inside")),
    ObserverRow("walked", "walks.resting", ("searched", "now", "closed or paused")),
    ObserverRow("walked", "walks.invented_fields"),
    ObserverRow("found", "notes.sources_told_apart", ("stand-in",)),
    ObserverRow("found", "notes.client_networks"),
    ObserverRow("found", "notes.remarks"),
    ObserverRow("found", "notes.time_windows", ("rule with a time",)),
    ObserverRow("found", "notes.silent_servers", ("own flow out",)),
)


QUESTIONS: tuple[tuple[str, Callable[[Network, Trace], bool]], ...] = (
    (
        "public_address",
        lambda network, trace: (
            trace.flow.purpose == "asked"
            or network.world.supposed_public(trace.flow.version, trace.flow.daddr) is not None
        ),
    ),
    ("of_walk", lambda _, trace: bool(trace.questions)),
    ("no_ipv6", lambda _, trace: trace.flow.version == 6 and not trace.succeeds),
    ("needless_rules", lambda _, trace: trace.flow.version == 6 and trace.succeeds),
    ("led_elsewhere", lambda _, trace: any(step.translates_destination for step in trace.like.usual.request)),
    ("undecided", lambda _, trace: any(branch.conditions for branch in trace.like.branches)),
)
"""The files of ``questions/`` in the order of the answer, each with what a trace has, or the file asks nothing."""


def questions(network: Network, trace: Trace, *, everywhere: bool = False) -> Iterator[OpenQuestion]:
    """Yield the questions that the flow leaves open and that only the user can answer.  ``everywhere``: all files are
    asked."""
    for file, concerns in QUESTIONS:
        if everywhere or concerns(network, trace):
            yield from import_module(f"hairpin.beside.questions.{file}").of_trace(network, trace)


def after_observers(moment: Moment, inquiry: Inquiry, rows: tuple[ObserverRow, ...] = ROWS) -> Inquiry:
    """Return the question as the observers of this moment give it back, each in turn."""
    for row in rows:
        if row.moment == moment and all(has(inquiry, each) for each in row.needs):
            observer = import_module(f"hairpin.beside.{row.file}")
            inquiry = (
                observer.observe(inquiry) if hasattr(observer, "observe") else inquiry.saying(observer.notes(inquiry))
            )
    return inquiry
