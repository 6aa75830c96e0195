"""The functions that read and change a host whose plan is settled or taken back."""

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
"""A function that is called for each task that has ended.

The function's arguments are the task, and why the task failed (None if the task did not fail)."""


class Hands(msgspec.Struct, frozen=True):
    """The functions that read and change the host.  ``look`` reads the host's network, ``told`` is called for each step
    that has ended, ``read`` reads one file, and ``carrier`` does the acts of a step."""

    look: Callable[[], Network]
    told: Told
    read: ReadFile
    carrier: Callable[[Acting], Message | None]


def hands_for(outpost: Outpost, plan: str, look: Callable[[], Network], told: Told) -> Hands:
    """Return the functions that read and change the host of a plan.  Each act is a request to the host's outpost."""
    return Hands(look, told, outpost.read, partial(outpost.carry_out, plan))


def look_at(label: str, destination: str = "") -> Network:
    """Read this host, or the host of ``--host``, and return its network.  In this network the host has the name that it
    had when the plan was made."""
    return Network((parse(msgspec.structs.replace(take(destination or None), label=label)),))
