"""Does the tasks of a plan in order.  Each is written down before it begins, and when it has ended."""

from collections.abc import Callable, Iterable

import msgspec

from hairpin.apply.journal import PlanBook
from hairpin.apply.left_running import wait_ended
from hairpin.apply.ready import ReadFile, read_file
from hairpin.apply.task import Task, Undertaking
from hairpin.carry.act import Acting
from hairpin.carry.run import carry_out
from hairpin.change.commands.carrying import carrying
from hairpin.change.step import Step
from hairpin.message import Message, message
from hairpin.network.network import Network

Carrier = Callable[[Acting], Message | None]
Told = Callable[[Task, Message | None], None]
"""Is told each task when it has ended, and why it failed (None: it is done)."""


class Hands(msgspec.Struct, frozen=True):
    """What reaches the host.  ``look``: reads it; ``read``: reads one file of it; ``told``: is told each step;
    ``carrier``: does the acts of a step; ``ended``: waits for the commands of an interrupted step that still run, and
    returns whether there were any."""

    look: Callable[[], Network]
    told: Told
    read: ReadFile = read_file
    carrier: Carrier = carry_out
    ended: Callable[[Step], bool] = wait_ended


def carry_out_tasks(journal: PlanBook, plan: Undertaking, numbers: Iterable[int], hands: Hands) -> Message | None:
    """Do the plan's tasks of those numbers, up to the first that fails; return its complaint.

    A plan that another process has ended meanwhile is not carried on: the switch takes it back."""
    for number in numbers:
        task = plan.tasks[number]
        if not journal.start(plan.id, number):
            return message("the plan is being taken back by another process")
        complaint = hands.carrier(carrying(task.step))
        journal.mark(plan.id, number, "done" if complaint is None else "failed", str(complaint or ""))
        hands.told(task, complaint)
        if complaint is not None:
            return complaint
    return None
