"""What is more open than somebody wants: told with advice, and never changed by hairpin."""

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfRule
from hairpin.change.change import Change
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place


class Exposure(msgspec.Struct, frozen=True):
    """The cause of that id, and what a person can do about it."""

    id: str
    candidate: Candidate
    advice: Message


def about_rule(place: Place, title: Message, detail: Message) -> Candidate:
    """Return what is said of the rule, or of the line of a file, at the place."""
    evidence = (place.evidence,) if place.evidence else ()
    return Candidate(title, detail, Change(()), OfRule(place), "deciding-rule", evidence)


def no_longer_kept_out(event: str, place: Place, *, gone: bool) -> Candidate:
    """Return that clients get in after the event, whom the rule at the place keeps out now.  ``gone``: the rule is not
    there then; else others let them pass before it."""
    title = message("after {event}: nothing keeps these clients out any more", event=event)
    facts = {"table": place.table, "chain": place.chain, "rule": place.text}
    if gone:
        return about_rule(
            place, title, message("The rule that stops them now is gone then: {table} {chain}: {rule}.", **facts)
        )
    overtaken = message("Other rules let them pass then, before this one: {table} {chain}: {rule}.", **facts)
    return about_rule(place, title, overtaken)
