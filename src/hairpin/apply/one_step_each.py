"""Merges equal commands of one plan into one step, and finds repairs that earlier repairs of the plan make needless.
Two causes may need the same call, and the called program would refuse the second call."""

from typing import assert_never

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.apply.kept_plan import PlannedStep
from hairpin.change.commands.text import command_lines
from hairpin.change.simulation.in_turn import is_made
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands
from hairpin.host.netns import Netns
from hairpin.network.network import Network
from hairpin.remedy.remedy import Remedy
from hairpin.walk.walked import walked


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


def is_covered(cause: CauseAnswer | None, remedy: Remedy, answer: Answer, now: Network) -> bool:
    """Return whether earlier repairs, after which the network is ``now``, already restored the flows of the cause.

    The flows of a latent cause pass already, so for such a cause the earlier repairs must have made the same change."""
    if cause is None or not cause.flows or not remedy.steps:
        return False
    if cause.severity == "latent":
        parts = remedy.change.parts
        return bool(parts) and all(is_made(part, answer.network, now) for part in parts)
    flows = {each.ref: each.trace.flow for each in answer.flows}
    return all(walked(now, flows[ref]).succeeds for ref in cause.flows)
