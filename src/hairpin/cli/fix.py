"""``hairpin fix``: prints the plan of repairs, and carries it out with ``--apply``."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Acting, Asked, Shown

if TYPE_CHECKING:
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.plan import RepairPlan
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=options.HairpinCommand)
@options.targets
@options.origin()
@options.option("Options", "--latent", is_flag=True, help="Also what passes now and an event will stop.")
@options.option(
    "Options",
    "--choose",
    "chosen",
    metavar="ID",
    multiple=True,
    shell_complete=completion.causes,
    help="Also this repair, which the plan leaves out.",
)
@options.option("Acting", "--apply", "applying", is_flag=True, help="Carry it out; taken back if it does not work.")
@options.option("Acting", "--persist", is_flag=True, help="Also write what keeps it after a reboot.")
@options.option("Acting", "--yes", is_flag=True, help="Do not ask before carrying it out.")
@options.for_seconds
@options.option("Acting", "--confirm", is_flag=True, help="Keep what `--try` has carried out.")
@options.size
@options.evidence
@options.world
@options.page
@options.answer
def fix(asked: Asked, acting: Acting, shown: Shown, latent: bool, chosen: tuple[str, ...]) -> int:
    """Print the plan that repairs what `hairpin check` finds, or carry it out.

    Before the first step, hairpin shows the plan, asks you, and writes every step with its undo into a journal.  After
    the last step, the asked flow is verified on fresh evidence.  If this flow does not pass, or another flow no longer
    passes, all steps are taken back.  `hairpin undo` takes them back later.

    Exit: 0 done and verified, or nothing to do; 1 a plan, not carried out, or taken back; 2 usage error; 3 refused, or
    not all that decides could be read.
    """
    from hairpin.cli.face.present import present, write_text
    from hairpin.cli.plans.carrying import carry_plan_out
    from hairpin.cli.plans.planning import make_plan, proposals_of, refuse_options
    from hairpin.cli.plans.settling import confirm_tried, settle_interrupted

    if acting.confirm:
        return confirm_tried(asked.sources, shown)
    refuse_options(acting, asked.sources, latent=latent)
    if acting.applying:
        settle_interrupted(asked.sources, shown)
    plan = make_plan(asked, chosen, shown.lang, with_latent=latent)
    proposals = proposals_of(plan, asked.sources)
    outcome = None

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.plan_text import plan_text

        return plan_text(
            plan, words, paper, lasting=acting.persist, applying=acting.applying, verbose=shown.verbose,
            proposals=proposals,
        )  # fmt: skip

    def document(words: "Words") -> object:
        from hairpin.report.documents.fix_document import fix_document

        return fix_document(plan, outcome, words, proposals)

    def page(words: "Words") -> str:
        from hairpin.report.page.fix_page import fix_page

        return fix_page(plan, outcome, words, proposals, lasting=acting.persist)

    is_said = acting.applying and not shown.as_json
    if is_said:  # the user sees the plan before the question
        write_text(shown, text)
    if acting.applying and plan.repairs:
        outcome = carry_plan_out(plan, _typed(asked, acting, chosen, latent=latent), asked.sources, acting, shown)
    present(shown, None if is_said else text, document, page)
    return _status(plan, outcome)


def _typed(asked: Asked, acting: Acting, chosen: tuple[str, ...], *, latent: bool) -> tuple[str, ...]:
    """Return the command line that `hairpin undo --list` shows for the plan."""
    more = (*(("--latent",) if latent else ()), *(word for each in chosen for word in ("--choose", each)))
    return ("fix", *asked.words(), *more, *acting.words())


def _status(plan: "RepairPlan", outcome: "FixOutcome | None") -> int:
    if outcome is not None:
        return 0 if outcome.is_served else 1
    if plan.repairs or plan.choices or plan.for_person:
        return 1
    from hairpin.answer.decisive import exit_status

    return exit_status(plan.answer)
