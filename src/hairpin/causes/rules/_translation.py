"""The rule that translated a packet's destination."""

from hairpin.causes.cause import View
from hairpin.netfilter.evaluate.chain import Place
from hairpin.walk.state import RuleDecided


def dnat_place(view: View) -> Place | None:
    """Return the first rule on the host that translated the request's destination, or None."""
    for step in view.branch.request:
        if step.netns.is_host and step.note in ("dnat", "redirect") and isinstance(step.decided_by, RuleDecided):
            return step.decided_by.place
    return None
