"""The stated outcomes that speak against a cause.

The host is walked with the cause alone.  A failure that the walk does not have is not explained by the cause.  An
answer that the walk does not have contradicts it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.likely.already_pasted import still_to_run
from hairpin.answer.likely.hinted import shown_by
from hairpin.answer.likely.stated import fits, flows_of, is_same
from hairpin.answer.likely.told_errors import confirming
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.evidence.told import Outcome
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.suppose.alternatives import alternatives

_MOST_OUTCOMES = 8
"""The greatest number of stated outcomes that are compared with each cause."""


def with_against(answer: Answer) -> Answer:
    """Return the answer in which each cause has the stated outcomes that speak against it.  The cause does not explain
    such a failure.  If causes that a walk proves explain all failures, the answer has no next command."""
    asked = tuple(each.trace.flow for each in answer.flows)
    outcomes = (each for host in answer.network.hosts if host.told is not None for each in host.told.outcomes)
    led = ((each, flows_of(answer.network, each, asked)) for each in outcomes)
    stated = tuple((each, flows) for each, flows in led if any(_is_known(flow, asked) for flow in flows))
    if stated and answer.causes:
        answer = _with_each_weighed(answer, stated, asked)
    proven = [each for each in answer.causes if each.severity == "blocking"]
    if not proven or any(unexplained_failures(answer)):
        return answer
    still_open = [each for each in proven if not _is_shown(each, answer)]
    if answer.next is None or not {each.id for each in still_open}.isdisjoint(answer.next.decides):
        return answer
    return msgspec.structs.replace(answer, next=confirming(still_open, answer))


def _is_shown(cause: CauseAnswer, answer: Answer) -> bool:
    """Return whether a walk proves the cause, or the text has the output that confirms it."""
    confirming = shown_by(answer, cause.id)
    return cause.proof is not None or (confirming is not None and not still_to_run(answer, confirming[0]))


def _is_known(flow: Flow, asked: tuple[Flow, ...]) -> bool:
    """Return whether the flow leads to a container, or is one of the question: any other address may be supposed."""
    return bool(flow.container) or any(is_same(flow, each) for each in asked)


def unexplained_failures(answer: Answer) -> Iterator[Outcome]:
    """Yield the failures that the texts state and that no proven cause explains.  A sentence that names no client and
    no target is about the same trouble as a proven cause."""
    proven = [each for each in answer.causes if not each.likely]
    explained = {one for each in proven for one in each.explains}
    for host in answer.network.hosts:
        failures = (each for each in host.told.outcomes if each.failed) if host.told is not None else ()
        yield from (each for each in failures if each not in explained and not (proven and not each.tool))


_Stated = tuple[tuple[Outcome, tuple[Flow, ...]], ...]


def _with_each_weighed(answer: Answer, stated: _Stated, asked: tuple[Flow, ...]) -> Answer:
    made = {each.cause: each.change for each in reversed(alternatives(answer.network, asked))}

    def weighed(cause: CauseAnswer) -> CauseAnswer:
        network: Network | None = answer.network
        if cause.stop is None:
            try:
                network = simulate(made[cause.id], answer.network) if cause.id in made else None
            except ChangeError:
                network = None
        against = _outcomes_against(answer.network, network, stated[:_MOST_OUTCOMES]) if network is not None else ()
        if not cause.likely and (cause.stop is not None or network is None):
            others = (each for each, _ in stated if each.failed and each not in cause.explains and each not in against)
            against = (*against, *others)
        explains = tuple(each for each in cause.explains if each not in against)
        return msgspec.structs.replace(cause, explains=explains, against=against)

    causes = sorted(map(weighed, answer.causes), key=_is_contradicted)
    return msgspec.structs.replace(answer, causes=tuple(causes))


def _is_contradicted(cause: CauseAnswer) -> bool:
    """Return whether a client got an answer that the likely cause would not let through, and nothing speaks for it."""
    return cause.likely and any(not each.failed for each in cause.against) and not cause.explains


def _outcomes_against(was: Network, then: Network, stated: _Stated) -> tuple[Outcome, ...]:
    return tuple(each for each, flows in stated if not fits(was, then, each, flows))
