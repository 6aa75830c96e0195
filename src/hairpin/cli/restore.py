"""``hairpin restore``: puts back the rules that the container engine should have, without restarting it."""

import click

from hairpin.cli.options import EvidenceCommand, Given, evidence_options, group_option, show_options, try_option


@click.command(cls=EvidenceCommand)
@group_option("Acting", "--choose", "chosen", metavar="ID", multiple=True, help="Put it back although it does harm.")
@group_option("Acting", "--apply", "applying", is_flag=True, help="Do it; taken back if something breaks.")
@group_option("Acting", "--yes", is_flag=True, help="Do not ask before doing it.")
@try_option
@evidence_options
@show_options
def restore(
    chosen: tuple[str, ...],
    applying: bool,
    yes: bool,
    try_s: int | None,
    sources: tuple[Given, ...],
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Put back exactly the chains, jumps and rules that the engine has lost, while every connection lives on.

    Without --apply the plan is printed.  Rules of others are not touched.  `hairpin undo` takes it back.

    Exit: 0 done and verified, or nothing is lost; 1 a plan, not carried out, or taken back; 2 usage error; 3 refused,
    or it is not known what the engine should have.
    """
    from hairpin.cli import applying as carried
    from hairpin.cli.elsewhere import settle_there
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.report.restore_document import restore_document
    from hairpin.report.restore_text import restore_text

    carried.refuse_options(applying=applying, persist=False, latent=False, yes=yes, try_s=try_s, sources=sources)
    if applying:
        settle_there(sources, lang, color) if sources else carried.settle_interrupted(lang, color)
    found = carried.make_restore_plan(sources, lang, chosen)
    outcome = None
    if not as_json:
        write(restore_text(found, words(lang), paper(color), applying=applying, verbose=verbose))
    if applying and found.plan.repairs:
        outcome = carried.carried_out(
            found.plan, ("restore",), lang, color, persist=False, yes=yes, try_s=try_s, quiet=as_json, sources=sources
        )
    if as_json:
        write_json(restore_document(found, outcome, words(lang)))
    if outcome is not None:
        return 0 if outcome.is_well else 1
    if found.plan.repairs or found.plan.choices:
        return 1
    from hairpin.answer.decisive import lacks_reading

    return 3 if found.undecided or lacks_reading(found.plan.answer, "restore") else 0
