"""A change carried out inside a replica, by the steps that carry it out on a host.

What no command makes (a service that listens, a container that runs, the world) is built from the simulated network
instead: see :func:`parts_of`.
"""

from hairpin.carry.run import carry_out
from hairpin.change.carrying import carrying
from hairpin.change.change import Change, InKernel
from hairpin.change.step import LoadRules, RunCommands, Step, refitted
from hairpin.change.steps import steps
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.replica.run.build import Built


def parts_of(change: Change) -> tuple[Change, Change]:
    """Return what has to be built in, and what can be carried out afterwards.

    Once something has to be built in, what comes before it has to be as well."""
    at = max((number for number, part in enumerate(change.parts, 1) if not isinstance(part, InKernel)), default=0)
    return Change(change.parts[:at]), Change(change.parts[at:])


def make(change: Change, network: Network, built: Built) -> tuple[Message | str, ...]:
    """Make the change where the namespaces are rebuilt; return what was refused."""
    return tuple(said for step in steps(Change(change.parts), network) if (said := _make(step, built)))


def _make(step: Step, built: Built) -> Message | str:
    if not isinstance(step, RunCommands | LoadRules):
        return ""  # no command gives a link its carrier
    netns = built.netns.get(step.netns)
    if netns is None:
        return message("{netns} is not rebuilt", netns=step.netns.name)
    netns.enter()
    return carry_out(carrying(refitted(step)))
