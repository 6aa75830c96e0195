"""``hairpin restore``: puts back the rules that the container engine should have, without restarting it."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Acting, Asked, Shown

if TYPE_CHECKING:
    from hairpin.apply.outcome import FixOutcome
    from hairpin.apply.restoring import RestorePlan


@click.command(cls=options.HairpinCommand)
@options.option("Acting", "--choose", "chosen", metavar="ID", multiple=True, help="Put it back although it does harm.")
@options.option("Acting", "--apply", "applying", is_flag=True, help="Do it; taken back if something breaks.")
@options.option("Acting", "--yes", is_flag=True, help="Do not ask before doing it.")
@options.for_seconds
@options.evidence
@options.answer
def restore(asked: Asked, acting: Acting, shown: Shown, chosen: tuple[str, ...]) -> int:
    """Put back exactly the chains, jumps and rules that the engine has lost, without breaking a connection.

    Without --apply, only the plan is printed.  Rules of other programs and people stay.  `hairpin undo` takes the plan
    back.

    Exit: 0 done and verified, or nothing is lost; 1 a plan, not carried out, or taken back; 2 usage error; 3 refused,
    or it is not known what the engine should have.
    """
    from hairpin.cli.face.output import paper, words, write, write_json
    from hairpin.cli.material import refuse_told
    from hairpin.cli.plans.carrying import carry_plan_out
    from hairpin.cli.plans.planning import make_restore_plan, refuse_options
    from hairpin.cli.plans.settling import settle_interrupted
    from hairpin.report.documents.restore_document import restore_document
    from hairpin.report.text.restore_text import restore_text

    refuse_told(asked, "restore")
    refuse_options(acting, asked.sources)
    if acting.applying:
        settle_interrupted(asked.sources, shown)
    found = make_restore_plan(asked, chosen, shown.lang)
    outcome = None
    if not shown.as_json:
        lines = restore_text(
            found, words(shown.lang), paper(shown.color), applying=acting.applying, verbose=shown.verbose
        )
        write(lines)
    if acting.applying and found.plan.repairs:
        outcome = carry_plan_out(found.plan, ("restore",), asked.sources, acting, shown)
    if shown.as_json:
        write_json(restore_document(found, outcome, words(shown.lang)))
    return _status(found, outcome)


def _status(found: "RestorePlan", outcome: "FixOutcome | None") -> int:
    if outcome is not None:
        return 0 if outcome.is_well else 1
    if found.plan.repairs or found.plan.choices:
        return 1
    from hairpin.answer.decisive import lacks_reading

    return 3 if found.undecided or lacks_reading(found.plan.answer, "restore") else 0
