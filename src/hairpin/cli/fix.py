"""``hairpin fix``: the plan, and with ``--apply`` its execution."""

import sys
from typing import TYPE_CHECKING

import click

from hairpin.cli import completion
from hairpin.cli.options import (
    EvidenceCommand,
    Given,
    evidence_options,
    group_option,
    origin_option,
    show_options,
    size_option,
    try_option,
    world_options,
)
from hairpin.cli.page import html_option, printed_page, save_page

if TYPE_CHECKING:
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.plan import RepairPlan
    from hairpin.report.words import Words


@click.command(cls=EvidenceCommand)
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=completion.targets)
@origin_option()
@group_option("Options", "--latent", is_flag=True, help="Also what passes now and an event will stop.")
@group_option(
    "Options",
    "--choose",
    "chosen",
    metavar="ID",
    multiple=True,
    shell_complete=completion.causes,
    help="Also this repair, which the plan leaves out.",
)
@group_option("Acting", "--apply", "applying", is_flag=True, help="Carry it out; taken back if it does not work.")
@group_option("Acting", "--persist", is_flag=True, help="Also write what keeps it after a reboot.")
@group_option("Acting", "--yes", is_flag=True, help="Do not ask before carrying it out.")
@try_option
@group_option("Acting", "--confirm", is_flag=True, help="Keep what `--try` has carried out.")
@size_option
@evidence_options
@world_options
@html_option
@show_options
def fix(
    targets: tuple[str, ...],
    origin: str | None,
    latent: bool,
    chosen: tuple[str, ...],
    applying: bool,
    persist: bool,
    yes: bool,
    try_s: int | None,
    confirm: bool,
    size: int | None,
    sources: tuple[Given, ...],
    publics: tuple[str, ...],
    outside: str | None,
    html: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Print the plan that repairs what `hairpin check` finds, or carry it out.

    Before its first step the plan is shown and asked for, and every step is written down with its undo.  Afterwards the
    asked flow is verified on fresh evidence.  If it does not pass, or something else no longer does, all is taken back.
    `hairpin undo` does it later.

    Exit: 0 done and verified, or nothing to do; 1 a plan, not carried out, or taken back; 2 usage error; 3 refused, or
    not all that decides could be read.
    """
    from hairpin.cli import applying as carried
    from hairpin.cli.elsewhere import confirm_there, settle_there
    from hairpin.cli.material import stated_world
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.question.question import parse_question
    from hairpin.report.fix_document import fix_document
    from hairpin.report.plan_text import plan_text

    if confirm:
        return confirm_there(sources, lang, color) if sources else carried.confirm_tried(lang, color)
    carried.refuse_options(applying=applying, persist=persist, latent=latent, yes=yes, try_s=try_s, sources=sources)
    if applying:
        settle_there(sources, lang, color) if sources else carried.settle_interrupted(lang, color)
    question = parse_question("check", targets, origin, publics, stated_world(outside), size)
    plan = carried.make_plan(question, chosen, sources, lang, with_latent=latent)
    proposals = carried.proposals_of(plan, sources)
    outcome = None

    def page(words: "Words") -> str:
        from hairpin.report.page.fix_page import fix_page

        return fix_page(plan, outcome, words, proposals, lasting=persist)

    if not as_json or applying:
        text = plan_text(
            plan, words(lang), paper(color), lasting=persist, applying=applying, verbose=verbose, proposals=proposals
        )
        if not as_json and (applying or html != "-"):  # the user sees a plan before the question
            write(text)
    if applying and plan.repairs:
        asked = tuple(sys.argv[1:]) if sys.argv[1:2] == ["fix"] else ("fix", *targets)
        outcome = carried.carried_out(
            plan, asked, lang, color, persist=persist, yes=yes, try_s=try_s, quiet=as_json, sources=sources
        )
    if printed_page(html, page, lang):
        return _status(plan, outcome)
    if as_json:
        write_json(fix_document(plan, outcome, words(lang), proposals))
    save_page(html, page, lang)
    return _status(plan, outcome)


def _status(plan: "RepairPlan", outcome: "FixOutcome | None") -> int:
    if outcome is not None:
        return 0 if outcome.is_served else 1
    if plan.repairs or plan.choices or plan.for_person:
        return 1
    from hairpin.answer.outcome import exit_status

    return exit_status(plan.answer)
