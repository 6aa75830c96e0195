"""Merges equal commands of one plan into one step.  Two causes may need the same call, and the called program would
refuse it the second time."""

from typing import assert_never

from hairpin.apply.kept_plan import PlannedStep
from hairpin.change.commands.text import command_lines
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands
from hairpin.host.netns import Netns


def one_step_each(tasks: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """Return the tasks without those whose commands an earlier task carries out on the same host.

    Replacements of files stay, because each is compared with the file when its turn comes.  Advice stays too: it has no
    command."""
    found: dict[object, PlannedStep] = {}
    for number, task in enumerate(tasks):
        found.setdefault(_command(task) or number, task)
    return tuple(found.values())


def _command(task: PlannedStep) -> tuple[str, ...] | None:
    """Return the host and the commands of the task; None if it has none that could be equal to another task's."""
    match task.step:
        case ReplaceFile() | Advise():
            return None
        case Ask(host=host) | RunCommands(netns=Netns(host=host)) | LoadRules(netns=Netns(host=host)):
            return (host, *command_lines(task.step, guarded=False))
        case _:
            assert_never(task.step)
