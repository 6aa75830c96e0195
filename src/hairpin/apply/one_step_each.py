"""Merges equal commands of one plan into one step.  Two causes may need the same call, and the called program would
refuse the second call."""

from typing import assert_never

from hairpin.apply.kept_plan import PlannedStep
from hairpin.change.commands.text import command_lines
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands
from hairpin.host.netns import Netns


def one_step_each(tasks: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """Return the tasks without each task whose commands an earlier task carries out on the same host.

    Replacements of files are never merged, because each replacement is compared with the file just before it is made.
    Advice is never merged, because it has no command."""
    found: dict[object, PlannedStep] = {}
    for number, task in enumerate(tasks):
        found.setdefault(_command(task) or number, task)
    return tuple(found.values())


def _command(task: PlannedStep) -> tuple[str, ...] | None:
    """Return the host and the commands of the task; None if the task is never merged with another task."""
    match task.step:
        case ReplaceFile() | Advise():
            return None
        case Ask(host=host) | RunCommands(netns=Netns(host=host)) | LoadRules(netns=Netns(host=host)):
            return (host, *command_lines(task.step, guarded=False))
        case _:
            assert_never(task.step)
