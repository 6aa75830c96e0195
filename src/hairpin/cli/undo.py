"""``hairpin undo``: takes back the changes that ``hairpin fix --apply`` has made."""

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

    A step that a reboot, a program or a person has already undone counts as taken back.  If the same setting was
    changed again later, the step stays, and hairpin says so.

    Exit: 0 taken back, or nothing to take back; 1 not all of it; 2 usage error; 3 refused.
    """
    from hairpin.cli.plans.settling import list_plans, take_plan_back
    from hairpin.errors import ApplyError, UsageError
    from hairpin.message import message

    if plan is not None and not plan.isdecimal():
        raise UsageError(message("{plan!r} is not the id of a plan; `hairpin undo --list` shows the ids", plan=plan))
    if host is None and os.geteuid() != 0:
        if listing:
            raise ApplyError(message("only root can read the plans of this host; run it with sudo"))
        raise ApplyError(message("only root can change this host; run it with sudo"))
    there = Given("host", host) if host is not None else None
    return list_plans(there, shown) if listing else take_plan_back(there, plan, shown)
