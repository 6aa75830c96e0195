"""What is more open than somebody wants: told with advice, and never changed by hairpin."""

from hairpin.causes.cause import Candidate, Way
from hairpin.causes.where import OfRule
from hairpin.change.change import Change
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place


def about_rule(place: Place, title: Message, detail: Message, advice: Message) -> Candidate:
    """Return what is said of the rule, or of the line of a file, at the place, and what a person can do about it."""
    evidence = (place.evidence,) if place.evidence else ()
    ways = (Way(Change(()), (advice,)),)
    return Candidate(title, detail, Change(()), OfRule(place), "deciding-rule", evidence, ways=ways)
