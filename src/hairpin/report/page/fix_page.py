"""A plan and its outcome, as a page: the plan's lines, followed by the answer whose causes the plan repairs."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.answer.answer import CauseAnswer
from hairpin.apply.compose import ComposeProposal
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.message import message
from hairpin.report.page.answer_page import answer_parts
from hairpin.report.page.markup import element, whole_file
from hairpin.report.page.sheet import prose
from hairpin.report.page.text_page import elements_of
from hairpin.report.places import places_of
from hairpin.report.text.grounds_text import source_of
from hairpin.report.text.plan_text import outcome_text, plan_text
from hairpin.report.words import Words


def fix_page(
    plan: RepairPlan,
    outcome: FixOutcome | None,
    words: Words,
    proposals: tuple[ComposeProposal, ...] = (),
    *,
    lasting: bool = False,
) -> str:
    """Return the page.  ``outcome``: None if the plan was not carried out."""
    applied = outcome is not None
    title, *lines = elements_of(
        lambda sheet: plan_text(
            plan, words, sheet, lasting=lasting, applying=applied, verbose=True, proposals=proposals
        ),
        words,
    )
    parts = [element("section", *lines, class_="text")] if lines else []
    if outcome is not None:
        places = places_of(plan.answer, words)
        came = elements_of(lambda sheet: outcome_text(outcome, words, sheet, places), words)
        parts.append(
            element("section", element("h2", words(message("the result of the repair"))), *came, class_="text")
        )
    planned = {each.cause.ref for each in plan.repairs if each.cause is not None}
    found = [each for each in plan.answer.causes if each.remedies and each.ref not in planned]
    heading = "".join(title.itertext())
    if found and not (plan.repairs or plan.choices or plan.for_person):
        heading = words(message("plan for {host}: nothing to do now", host=plan.answer.network.this.name))
    parts.append(element("section", *_what_was_found(found, words)))
    which = words(source_of(plan.answer))
    return whole_file(heading, which, [*parts, *answer_parts(plan.answer, words)], words)


def _what_was_found(others: list[CauseAnswer], words: Words) -> Iterator[Element]:
    """Yield the heading above the answer, and a note if some repairs of the answer are not part of the plan.
    ``others``: the causes of these repairs."""
    yield element("h2", words(message("causes that were found")))
    if any(each.severity == "latent" for each in others):
        said = message("The plan does not repair causes that do harm only after an event; --latent adds their repairs.")
        yield element("p", *prose(words(said)))
    elif others:
        yield element("p", words(message("Not every repair below is part of the plan.")))
