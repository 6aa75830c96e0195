"""What a flow's real connection does.  It is unreachable if the container that it starts from does not run."""

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow
from hairpin.lab.trial import settled_outcome


def outcome_now(lab: Lab, flow: Flow, source_port: int = 0) -> Outcome:
    """Return the outcome of a flow's real connection at this moment.  A busy machine may be late with an answer, so a
    timeout is asked once more."""
    try:
        outcome = lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes, source_port=source_port)
        if outcome is not Outcome.TIMEOUT:
            return outcome
        return lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes, source_port=source_port)
    except LabError:
        return Outcome.UNREACHABLE


def outcome_in_time(lab: Lab, flow: Flow, expected: Outcome) -> Outcome:
    """Return the outcome of a flow's real connection, repeated until it is the expected one or the time is up."""
    try:
        return settled_outcome(lab, flow, expected)
    except LabError:
        return Outcome.UNREACHABLE


def passes(lab: Lab, flow: Flow) -> bool:
    """Return whether a flow's real connection is delivered before the time is up."""
    return outcome_in_time(lab, flow, Outcome.DELIVERED) is Outcome.DELIVERED
