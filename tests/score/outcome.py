"""What a flow's real connection does at one moment."""

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow


def outcome_now(lab: Lab, flow: Flow, source_port: int = 0) -> Outcome:
    """Return the outcome of a flow's real connection at this moment.  A busy machine may be late with an answer, so a
    timeout is asked once more."""
    try:
        outcome = lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes, source_port=source_port)
        if outcome is not Outcome.TIMEOUT:
            return outcome
        return lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes, source_port=source_port)
    except LabError:
        return Outcome.UNREACHABLE  # the container that the flow starts from does not run
