"""``hairpin undo``: takes back what ``hairpin fix --apply`` has changed."""

import os

import click

from hairpin.cli.options import Given, language_option


@click.command()
@click.argument("plan", metavar="[ID]", required=False)
@click.option("--list", "listing", is_flag=True, help="List the plans that were carried out here.")
@click.option("--host", metavar="USER@HOST", help="A plan that was carried out on that host.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour.")
@language_option
def undo(plan: str | None, listing: bool, host: str | None, lang: str | None, color: str) -> int:
    """Take back the last plan that `hairpin fix --apply` has carried out, or plan ID.

    What a reboot or somebody else has taken back already counts as taken back.  What has been changed since in the same
    place is left alone, and said.

    Exit: 0 taken back, or nothing to take back; 1 not all of it; 2 usage error; 3 refused.
    """
    from hairpin.apply.journal import Journal
    from hairpin.cli.applying import taken_back
    from hairpin.cli.elsewhere import list_there, undo_there
    from hairpin.cli.output import paper, words, write
    from hairpin.errors import ApplyError, UsageError
    from hairpin.message import message
    from hairpin.report.plan_text import plans_text

    if plan is not None and not plan.isdecimal():
        raise UsageError(message("{plan!r} is no plan's id; `hairpin undo --list` names them", plan=plan))
    if host is not None:
        there = Given("host", host)
        return list_there(there, lang, color) if listing else undo_there(there, plan, lang, color)
    if os.geteuid() != 0:
        raise ApplyError(message("only root can change this host; run it with sudo"))
    if listing:
        write(plans_text(Journal().all(), words(lang), paper(color)))
        return 0
    return taken_back(plan, lang, color)
