"""What reaches a host whose plan is settled or taken back."""

from collections.abc import Callable
from functools import partial

import msgspec

from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.program.outpost import Outpost
from hairpin.apply.ready import ReadFile
from hairpin.carry.act import Acting
from hairpin.collect.snapshot import take
from hairpin.host.read.parse import parse
from hairpin.message import Message
from hairpin.network.network import Network

Told = Callable[[PlannedStep, Message | None], None]
"""Is told each task when it has ended, and why it failed (None: it is done)."""


class Hands(msgspec.Struct, frozen=True):
    """What reaches the host.  ``look``: reads it; ``told``: is told each step; ``read``: reads one file of it;
    ``carrier``: does the acts of a step."""

    look: Callable[[], Network]
    told: Told
    read: ReadFile
    carrier: Callable[[Acting], Message | None]


def hands_for(outpost: Outpost, plan: str, look: Callable[[], Network], told: Told) -> Hands:
    """Return what reaches the host of a plan: each act is a request."""
    return Hands(look, told, outpost.read, partial(outpost.carry_out, plan))


def look_at(label: str, destination: str = "") -> Network:
    """Return this host as it is now, or that of ``--host``, under the name that it had when the plan was made."""
    return Network((parse(msgspec.structs.replace(take(destination or None), label=label)),))
