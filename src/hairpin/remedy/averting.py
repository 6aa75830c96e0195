"""The repair of a cause that an event will bring: only the lasting part, because nothing fails yet.

The event is simulated together with this repair.  If the flows still fail, only advice for a person is given.
"""

import msgspec

from hairpin.causes.cause import Finding, Later
from hairpin.causes.where import container_of as container_name
from hairpin.change.calls import Call, SetRestartPolicy, SetUnitState
from hairpin.change.change import Change
from hairpin.change.step import Step
from hairpin.change.steps import steps
from hairpin.diagnose.foreseen import LEFT_STOPPED, state_that_brings
from hairpin.engines.repair.starting import at_boot, back_after_reboot, takes_restart_policy
from hairpin.events.aftermath import asked_again
from hairpin.events.happening import course_of
from hairpin.host.host import Host
from hairpin.host.name_order import name_order
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.remedy import Remedy
from hairpin.remedy.told import kept_network
from hairpin.walk.walked import walked


def averting(cause: Finding, later: Later, network: Network, flows: tuple[Flow, ...]) -> tuple[Remedy, ...]:
    """Return the single remedy that prevents the cause for all its members; no remedy if hairpin knows none.

    ``later`` holds the causes after the event.  ``flows`` are the asked flows in their form before the event."""
    if cause.id == LEFT_STOPPED:
        calls, said = _starting_again(later, network.host(cause.host))
        told = steps(Change((), calls), network.seen_from(cause.host))
        if not told or not _keeps(*_of_firsts(told, calls, cause.host, later, network), network, flows):
            return (Remedy("by-hand", (), advice=said),) if said else ()
        return (Remedy("start-container", (), keeping=told, advice=said),)
    state = state_that_brings(cause.id, network.host(cause.host))
    if state is not None:
        return (Remedy("by-hand", (), advice=tuple(said for way in state.ways for said in way.said)),)
    from hairpin.remedy.boot.engine import WRITTEN_AT_START  # noqa: PLC0415 - as below
    from hairpin.remedy.plan import remedies  # noqa: PLC0415 - what most events bring is a container that stays down

    then = later.then.seen_from(cause.host)
    made = [each for member in later.members for each in remedies(member.id, member.candidate, then)[:1]]
    keeping = tuple(dict.fromkeys(step for each in made for step in each.keeping))
    # A service that is started after the event averts nothing, nor does the sentence that nothing has to be kept.
    useful = (said for each in made if each.id != "start-service" for said in each.advice)
    advice = tuple(dict.fromkeys(said for said in useful if said != WRITTEN_AT_START))
    if not keeping or not _keeps(keeping, cause.host, later, network, flows):
        return (Remedy("by-hand", (), advice=advice),) if advice else ()
    return (Remedy(made[0].id, (), keeping=keeping, advice=advice),)


def _starting_again(later: Later, host: Host) -> tuple[tuple[Call, ...], tuple[Message, ...]]:
    """Return the calls that make these containers start again after the event, together with the containers that share
    their networks.

    Also return the advice for containers that no call starts.

    Podman before 5.1 cannot change a container's restart policy.  Podman's unit starts the containers with a restart
    policy."""
    calls: list[Call] = []
    said: list[Message] = []
    named = {name for each in later.members if (name := container_name(each.candidate.where))}
    owners = (container for name in named if (container := host.container(name)) is not None)
    names = named | {each.name for owner in owners for each in host.sharers_of(owner) if each.running}
    for name in sorted(names, key=name_order):
        container = host.container(name)
        if container is None:
            continue
        engine = host.engine_of(container)
        own = host.quadlet_of(container)
        if own is not None:
            said.append(at_boot(own))
            continue
        wanted = engine.traits.kept_at_boot
        if container.restart_policy not in ("always", wanted):
            if not takes_restart_policy(engine):
                said += back_after_reboot(engine, container)
                continue
            calls.append(SetRestartPolicy(engine.kind, wanted, name, engine.user))
        if engine.kind == "podman" and not engine.user:
            calls.append(SetUnitState("enable", "podman-restart.service"))
    return tuple(dict.fromkeys(calls)), tuple(dict.fromkeys(said))


def _of_firsts(
    told: tuple[Step, ...], calls: tuple[Call, ...], label: str, later: Later, network: Network
) -> tuple[tuple[Step, ...], str, Later]:
    """Return the steps, the host's label and the causes after the event, for the first container of each kind.

    If the steps keep the first of alike containers running, they keep the others running, too (docs/adr/0039)."""
    if len(later.members) < 2:
        return told, label, later
    from hairpin.network.kinds.kinds import kinds_of  # noqa: PLC0415 - most hosts have few containers

    firsts = {each.name for each in kinds_of(network).firsts(network.host(label))}
    left = tuple(each for each in calls if not isinstance(each, SetRestartPolicy) or each.name in firsts)
    members = tuple(each for each in later.members if container_name(each.candidate.where) in firsts)
    if len(left) == len(calls) or not members:
        return told, label, later
    return steps(Change((), left), network.seen_from(label)), label, msgspec.structs.replace(later, members=members)


def _keeps(keeping: tuple[Step, ...], label: str, later: Later, network: Network, flows: tuple[Flow, ...]) -> bool:
    """Return whether the flows pass after the event if the steps ``keeping`` were carried out before the event."""
    kept = kept_network(network, keeping)
    if kept is None:
        return False
    course = course_of(kept, label, later.event)
    if course is None:
        return True  # the steps prevent the event
    # One flow of each member is enough, because the same change repairs all flows of a member.
    again = (asked_again(kept, course.network, flows[each.flows[0]]) for each in later.members if each.flows)
    return all(walked(course.network, each).succeeds for each in again)
