"""A plan, and what came of it, as a page: the plan's lines, then the answer that it repairs."""

from hairpin.apply.compose import ComposeProposal
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.message import message
from hairpin.report.grounds_text import source_of
from hairpin.report.page.answer_page import answer_parts
from hairpin.report.page.frame import whole_file
from hairpin.report.page.markup import element
from hairpin.report.page.text_page import elements_of
from hairpin.report.places import places_of
from hairpin.report.plan_text import outcome_text, plan_text
from hairpin.report.words import Words


def fix_page(
    plan: RepairPlan,
    outcome: FixOutcome | None,
    words: Words,
    proposals: tuple[ComposeProposal, ...] = (),
    *,
    lasting: bool = False,
) -> str:
    """Return the page.  ``outcome`` None: nothing was carried out."""
    applied = outcome is not None
    title, *lines = elements_of(
        lambda sheet: plan_text(
            plan, words, sheet, lasting=lasting, applying=applied, verbose=True, proposals=proposals
        ),
        words,
    )
    parts = [element("section", *lines, class_="text")]
    if outcome is not None:
        places = places_of(plan.answer, words)
        came = elements_of(lambda sheet: outcome_text(outcome, words, sheet, places), words)
        parts.append(element("section", element("h2", words(message("what came of it"))), *came, class_="text"))
    which = words(source_of(plan.answer))
    return whole_file("".join(title.itertext()), which, [*parts, *answer_parts(plan.answer, words)], words)
