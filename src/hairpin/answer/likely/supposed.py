"""The supposed parts of a host, which no pasted text shows, and on which the verdicts of an answer rest."""

import msgspec

from hairpin.answer.answer import CauseAnswer, FlowAnswer
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question


def with_supposed(network: Network, flows: tuple[FlowAnswer, ...], question: Question) -> tuple[FlowAnswer, ...]:
    """Return the flows with the supposed parts on which their verdicts rest."""
    if not any(host.is_of_text for host in network.hosts):
        return flows
    by_name = any(each.container is not None for each in question.targets)
    asked = tuple(each.trace.flow for each in flows)
    return tuple(_with_supposed(network, each, asked, by_name=by_name) for each in flows)


def _with_supposed(network: Network, flow: FlowAnswer, asked: tuple[Flow, ...], *, by_name: bool) -> FlowAnswer:
    """Return the flow with the supposed parts on which its verdict rests.  If told parts alone stop it and its
    cause is known, it rests on nothing else."""
    from hairpin.answer.likely.stated import failures_of  # noqa: PLC0415 - most hosts are read themselves
    from hairpin.suppose.favourable import stops_anyway  # noqa: PLC0415
    from hairpin.suppose.parts import supposed_in  # noqa: PLC0415

    trace = flow.trace
    supposed = supposed_in(network, trace.flow, by_name=by_name)
    if not supposed or not flow.causes:
        return msgspec.structs.replace(flow, supposed=supposed)
    stated = failures_of(network, trace, asked)
    if stops_anyway(network, trace.flow, trace, supposed, stated=stated):
        return msgspec.structs.replace(flow, supposed=(), anyway=True)
    return msgspec.structs.replace(flow, supposed=supposed)


def resting_behind(network: Network, flows: tuple[FlowAnswer, ...], causes: tuple[CauseAnswer, ...]) -> set[str]:
    """Return the references of causes that stop a packet only after other causes are removed, and that rest on a part
    which the text does not show.  ``flows`` have the parts on which their own verdicts rest."""
    from hairpin.change.simulation.simulate import simulate  # noqa: PLC0415 - most hosts are read themselves
    from hairpin.suppose.parts import supposed_in  # noqa: PLC0415

    found: set[str] = set()
    for flow in flows:
        own = [each for each in causes if each.ref in flow.causes and len(each.together) > 1]
        first = next((each for each in own if each.stop == flow.stop), None)
        if flow.supposed or first is None:
            continue
        behind = [ref for ref in first.together if ref != first.ref]
        try:
            then = simulate(first.candidate.change, network)
        except ChangeError:
            continue
        if supposed_in(then, flow.trace.flow):
            found.update(behind)
    return found
