"""``hairpin undo``: takes back what ``hairpin fix --apply`` has changed."""

import os

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Given, Shown


@click.command(cls=options.HairpinCommand)
@click.argument("plan", metavar="[ID]", required=False, shell_complete=completion.plans)
@options.option("Options", "--list", "listing", is_flag=True, help="List the plans that were carried out here.")
@options.option("Hosts", "--host", metavar="USER@HOST", help="A plan that was carried out on that host.")
@options.json
@options.language
@options.colour
def undo(shown: Shown, plan: str | None, listing: bool, host: str | None) -> int:
    """Take back the last plan that `hairpin fix --apply` has carried out, or plan ID.

    What a reboot or somebody else has taken back already counts as taken back.  What has been changed since in the same
    place is left alone, and said.

    Exit: 0 taken back, or nothing to take back; 1 not all of it; 2 usage error; 3 refused.
    """
    from hairpin.cli.plans.settling import list_plans, take_plan_back
    from hairpin.errors import ApplyError, UsageError
    from hairpin.message import message

    if plan is not None and not plan.isdecimal():
        raise UsageError(message("{plan!r} is no plan's id; `hairpin undo --list` names them", plan=plan))
    if host is None and os.geteuid() != 0:
        raise ApplyError(message("only root can change this host; run it with sudo"))
    there = Given("host", host) if host is not None else None
    return list_plans(there, shown) if listing else take_plan_back(there, plan, shown)
