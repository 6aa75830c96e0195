"""``hairpin undo``: takes back what ``hairpin fix --apply`` has changed."""

import os

import click

from hairpin.cli import completion
from hairpin.cli.groups import GroupedCommand
from hairpin.cli.options import Given, colour_option, group_option, json_option, language_option


@click.command(cls=GroupedCommand)
@click.argument("plan", metavar="[ID]", required=False, shell_complete=completion.plans)
@group_option("Options", "--list", "listing", is_flag=True, help="List the plans that were carried out here.")
@group_option("Hosts", "--host", metavar="USER@HOST", help="A plan that was carried out on that host.")
@json_option
@language_option
@colour_option
def undo(plan: str | None, listing: bool, host: str | None, as_json: bool, lang: str | None, color: str) -> int:
    """Take back the last plan that `hairpin fix --apply` has carried out, or plan ID.

    What a reboot or somebody else has taken back already counts as taken back.  What has been changed since in the same
    place is left alone, and said.

    Exit: 0 taken back, or nothing to take back; 1 not all of it; 2 usage error; 3 refused.
    """
    from hairpin.apply.journal import Journal
    from hairpin.cli.applying import taken_back
    from hairpin.cli.elsewhere import list_there, undo_there, write_plans
    from hairpin.cli.half_done import say_half_done, say_of_others
    from hairpin.errors import ApplyError, UsageError
    from hairpin.message import message

    if plan is not None and not plan.isdecimal():
        raise UsageError(message("{plan!r} is no plan's id; `hairpin undo --list` names them", plan=plan))
    if host is not None:
        there = Given("host", host)
        if listing:
            return list_there(there, lang, color, as_json=as_json)
        return undo_there(there, plan, lang, color, as_json=as_json)
    if os.geteuid() != 0:
        raise ApplyError(message("only root can change this host; run it with sudo"))
    if listing:
        say_half_done(lang)
        say_of_others(lang)
        write_plans(Journal().all(), lang, color, as_json=as_json)
        return 0
    return taken_back(plan, lang, color, as_json=as_json)
