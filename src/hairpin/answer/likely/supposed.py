"""The supposed parts of a host, which no pasted text shows, and on which the verdicts of an answer rest."""

import msgspec

from hairpin.answer.answer import CauseAnswer, FlowAnswer
from hairpin.errors import ChangeError
from hairpin.network.network import Network
from hairpin.question.question import Question


def with_supposed(network: Network, flows: tuple[FlowAnswer, ...], question: Question) -> tuple[FlowAnswer, ...]:
    """Return the flows with the supposed parts on which their verdicts rest."""
    if all(host.told is None for host in network.hosts):
        return flows
    from hairpin.suppose.parts import supposed_in  # noqa: PLC0415 - most hosts are read themselves

    by_name = any(each.container is not None for each in question.targets)
    return tuple(
        msgspec.structs.replace(each, supposed=supposed_in(network, each.trace.flow, by_name=by_name)) for each in flows
    )


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
