"""The hosts of a plan: this host, or the hosts of ``--host``."""

import os
from functools import partial
from typing import TYPE_CHECKING

from hairpin.cli.face.asked import Given, Shown
from hairpin.cli.face.environment import environment
from hairpin.cli.plans.telling import teller

if TYPE_CHECKING:
    from hairpin.apply.program.outpost import Outpost
    from hairpin.apply.program.outpost_ground import OutpostGround, PlanCopies

_SSH = ("-o", "ControlPath=none", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3")
"""The options of ssh.  Existing connections are not reused.  Therefore each request proves that a new connection
reaches sshd.  A host that sends nothing for 15 s counts as unreachable.  Source: ssh_config(5)"""


def outpost_of(source: Given) -> "Outpost":
    """Return the outpost of the host that ``--host`` names."""
    from hairpin.apply.program.outpost import Outpost
    from hairpin.collect.run import SshRunner
    from hairpin.collect.several import parse_place

    destination = parse_place("host", source.text).place
    return Outpost(SshRunner(destination, _SSH), destination)


def outposts_of(sources: tuple[Given, ...]) -> "tuple[Outpost, ...]":
    """Return the outposts of the hosts that ``--host`` names.  If no host is named, return the outpost of this host."""
    from hairpin.apply.program.outpost import here

    return tuple(map(outpost_of, sources)) or (here(),)


def ground_of(outpost: "Outpost", label: str, shown: Shown, seconds: float = 0.0) -> "OutpostGround":
    """Return the host in the form that ``apply/fixing.py`` uses.  ``label``: the host's name in the plan.  ``seconds``:
    the time until the host's switch takes a plan back."""
    from hairpin.apply.hands import look_at
    from hairpin.apply.program.outpost_ground import OutpostGround

    look = partial(look_at, label, outpost.destination)
    copies = None if outpost.is_here else plan_copies()
    return OutpostGround(outpost, int(seconds), teller(shown), look, copies)


def plan_copies() -> "PlanCopies":
    """Return the local copies of other hosts' plans, which are in a folder of root or of the user."""
    from hairpin.apply.program.outpost import FOLDER
    from hairpin.apply.program.outpost_ground import PlanCopies

    return PlanCopies(FOLDER if os.geteuid() == 0 else environment().folders[0] / "plans")


def undo_words(outpost: "Outpost", plan: str) -> str:
    """Return the arguments of ``hairpin undo`` that take the plan back."""
    return plan if outpost.is_here else f"--host {outpost.destination} {plan}"
