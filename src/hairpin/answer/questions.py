"""Collects the questions that the asked flows leave open and that only the user can answer, each question once."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec

from hairpin.beside.table import questions as open_questions
from hairpin.change.change import Change
from hairpin.errors import ChangeError
from hairpin.message import Message, few_of
from hairpin.network.network import Network
from hairpin.walk.trace import ForeignSource, LongPackets, OpenQuestion, Trace
from hairpin.walk.walk import walk_flow


class QuestionAnswer(msgspec.Struct, frozen=True):
    """A question to the user.

    ``flows``: refs of the flows whose verdict depends on the answer.  ``repair``: the commands after which these flows
    pass whatever the answer is; empty if no such commands are known."""

    ref: str
    question: OpenQuestion
    flows: tuple[str, ...]
    repair: tuple[str, ...] = ()


def questions_of(network: Network, traces: Sequence[tuple[str, Trace]]) -> tuple[QuestionAnswer, ...]:
    """Return the questions that the traces leave open.  Questions with equal words are merged, and so are those that
    differ only in the container that uses the asked server.  ``traces``: each trace with the reference of its flow."""
    asked: dict[tuple[object, ...], OpenQuestion] = {}
    flows: dict[tuple[object, ...], list[str]] = {}
    walks: dict[tuple[object, ...], list[Trace]] = {}
    users: dict[tuple[object, ...], list[object]] = {}
    for ref, trace in traces:
        for each in open_questions(network, trace):
            words = str(_of_users(each.text, ()))
            key = (words, each.about or each.repair or each.wanted)
            asked.setdefault(key, each)
            users.setdefault(key, []).extend(value for name, value in each.text.values if name == _USERS)
            flows.setdefault(key, []).append(ref)
            walks.setdefault(key, []).append(trace)
    return tuple(
        QuestionAnswer(
            f"q{number}",
            naming_repairs(_with_users(each, tuple(map(str, dict.fromkeys(users[key])))), network),
            tuple(dict.fromkeys(flows[key])),
            _repair(network, each, walks[key], tuple(trace for _, trace in traces)),
        )
        for number, (key, each) in enumerate(asked.items(), 1)
    )


def naming_repairs(asked: OpenQuestion, network: Network) -> OpenQuestion:
    """Return the question whose sentences name the commands of its repairs."""
    if_yes, if_no = (
        _with_commands(said, change, network)
        for said, change in ((asked.if_yes, asked.yes_repair), (asked.if_no, asked.no_repair))
    )
    return msgspec.structs.replace(asked, if_yes=if_yes, if_no=if_no)


def _with_commands(said: Message, change: Change | None, network: Network) -> Message:
    if change is None:
        return said
    from hairpin.change.commands.text import in_one_line  # noqa: PLC0415 - few questions have a repair

    return said.filled(**dict(said.values), repair=in_one_line(change, network))


_USERS = "users"
"""The place in a question's sentences for the containers that use the asked server."""


def _with_users(asked: OpenQuestion, users: tuple[str, ...]) -> OpenQuestion:
    """Return the question about the server that all these containers use."""
    if len(users) < 2:
        return asked
    text, if_no = _of_users(asked.text, users), _of_users(asked.if_no, users)
    return msgspec.structs.replace(asked, text=text, if_no=if_no)


def _of_users(said: Message, users: tuple[str, ...]) -> Message:
    return said.filled(**{**dict(said.values), _USERS: few_of(users)})


_FEW = 8
"""The greatest number of flows of a question that are walked with the question's repair."""
_MANY = 24
"""The greatest number of other flows that are walked, and that have to pass as before."""


def _repair(
    network: Network, asked: OpenQuestion, traces: Sequence[Trace], all_traces: Sequence[Trace]
) -> tuple[str, ...]:
    """Return the commands of the narrowest change after which the flows of the question pass with either answer, and
    the other asked flows pass as before."""
    if asked.about is None and asked.repair is None:
        return ()
    from hairpin.change.commands.text import all_shown  # noqa: PLC0415 - few hosts leave such a question open
    from hairpin.change.simulation.simulate import simulate  # noqa: PLC0415
    from hairpin.change.steps import steps  # noqa: PLC0415

    flows = [each.flow for each in traces if each.succeeds][:_FEW]
    others = [each.flow for each in all_traces if each.succeeds and each not in traces][:_MANY]
    for change in _changes(network, asked) if flows else ():
        with suppress(ChangeError):
            after = simulate(change, network)
            walks = [walk_flow(after, flow) for flow in flows]
            left = [(one.about, one.repair) for each in walks for one in each.questions]
            passing = all(each.succeeds for each in walks) and all(walk_flow(after, each).succeeds for each in others)
            if passing and (asked.about, asked.repair) not in left:
                return all_shown(steps(change, network), guarded=False)
    return ()


def _changes(network: Network, asked: OpenQuestion) -> Iterator[Change]:
    about = asked.about
    if isinstance(about, LongPackets):
        from hairpin.change.intent import ClampSegments, rendered  # noqa: PLC0415 - as above

        yield rendered(ClampSegments(about.netns, about.version), network)
    elif isinstance(about, ForeignSource):
        from hairpin.causes.uplinks._gateway import ways_home  # noqa: PLC0415 - as above

        yield from ways_home(network, about)
    elif asked.repair is not None:
        yield asked.repair
