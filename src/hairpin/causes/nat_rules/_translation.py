"""The rule that translated a packet's destination."""

from hairpin.causes.cause import View
from hairpin.host.netns import Netns
from hairpin.netfilter.evaluate.chain import Place
from hairpin.walk.state import RuleDecided


def dnat_place(view: View, netns: Netns) -> Place | None:
    """Return the first rule in the network namespace that translated the request's destination, or None."""
    for step in view.branch.request:
        if step.netns == netns and step.note in ("dnat", "redirect") and isinstance(step.decided_by, RuleDecided):
            return step.decided_by.place
    return None
