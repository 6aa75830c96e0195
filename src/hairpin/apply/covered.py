"""Tells whether the earlier repairs of a plan make a repair needless."""

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.change.simulation.in_turn import is_made
from hairpin.network.network import Network
from hairpin.remedy.remedy import Remedy
from hairpin.walk.walked import walked


def is_covered(cause: CauseAnswer | None, remedy: Remedy, answer: Answer, now: Network) -> bool:
    """Return whether earlier repairs, after which the network is ``now``, already restored the flows of the cause.

    The flows of a latent cause pass already, so for such a cause the earlier repairs must have made the same change."""
    if cause is None or not cause.flows or not remedy.steps:
        return False
    if cause.severity == "latent":
        parts = remedy.change.parts
        return bool(parts) and all(is_made(part, answer.network, now) for part in parts)
    flows = {each.ref: each.trace.flow for each in answer.flows}
    return all(walked(now, flows[ref]).succeeds for ref in cause.flows)
