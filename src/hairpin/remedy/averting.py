"""What keeps a cause to come away: the lasting part of its repair, and nothing for now, since nothing fails yet.

It is held against the event: what does not keep the flows passing is told to a person instead.
"""

import msgspec

from hairpin.causes.where import container_of as container_name
from hairpin.change.calls import Call, OpenPort, SetContainerState, SetRestartPolicy, SetUnitState
from hairpin.change.change import Change
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.change.steps import steps
from hairpin.diagnose.foreseen import ForeseenCause
from hairpin.engines.starting import back_after_reboot, takes_restart_policy
from hairpin.events.aftermath import asked_again
from hairpin.events.happening import course_of
from hairpin.host.boot.unit_lines import commands_of, unit_of
from hairpin.host.host import Host
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.container import policy_of
from hairpin.remedy.in_turn import after
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.walk.walk import walk_flow

_OWN_UNITS = "/etc/systemd/system/"


def averting(cause: ForeseenCause, network: Network, flows: tuple[Flow, ...]) -> tuple[Remedy, ...]:
    """Return the one repair that keeps the cause away, in which all its members are kept; none if nobody knows one.

    ``flows``: the asked flows, as they are asked now."""
    if cause.id == "restart-policy-missing":
        calls, said = _starting_again(cause, network)
        told = steps(Change((), calls), network.seen_from(cause.label))
        if not told or not _keeps(told, cause, network, flows):
            return (Remedy("by-hand", (), advice=said),) if said else ()
        return (Remedy("start-container", (), keeping=told, advice=said),)
    then = cause.then.seen_from(cause.label)
    made = [each for member in cause.members for each in remedies(member.id, member.candidate, then)[:1]]
    keeping = tuple(dict.fromkeys(step for each in made for step in each.keeping))
    advice = tuple(dict.fromkeys(said for each in made for said in each.advice))
    if not keeping or not _keeps(keeping, cause, network, flows):
        return (Remedy("by-hand", (), advice=advice),) if advice else ()
    return (Remedy(made[0].id, (), keeping=keeping, advice=advice),)


def _starting_again(cause: ForeseenCause, network: Network) -> tuple[tuple[Call, ...], tuple[Message, ...]]:
    """Return the calls after which the containers start again, and what a person does where none does that.

    Podman before 5.1 changes no policy; its unit starts the containers that have one."""
    host = network.host(cause.label)
    calls: list[Call] = []
    said: list[Message] = []
    for name in dict.fromkeys(name for each in cause.members if (name := container_name(each.candidate.where))):
        container = host.container(name)
        if container is None:
            continue
        engine = host.engine_of(container)
        wanted = policy_of(engine)
        if container.restart_policy not in ("always", wanted):
            if not takes_restart_policy(engine):
                said += back_after_reboot(engine, container)
                continue
            calls.append(SetRestartPolicy(engine.kind, wanted, name, engine.user))
        if engine.kind == "podman" and not engine.user:
            calls.append(SetUnitState("enable", "podman-restart.service"))
    return tuple(dict.fromkeys(calls)), tuple(dict.fromkeys(said))


def _keeps(keeping: tuple[Step, ...], cause: ForeseenCause, network: Network, flows: tuple[Flow, ...]) -> bool:
    """Return whether the flows pass after the event, once this was done."""
    kept = kept_network(network, keeping)
    course = course_of(kept, cause.label, cause.event)
    if course is None:
        return True  # the event cannot happen any more
    # Of each member's flows one tells: all of them stop for the same change.
    again = (asked_again(kept, course.network, flows[each.flows[0]]) for each in cause.members if each.flows)
    return all(walk_flow(course.network, each).succeeds for each in again)


def kept_network(network: Network, keeping: tuple[Step, ...]) -> Network:
    """Return the network after these steps: files are written, and the owners know what they were told."""
    network = after(Remedy("kept", (), keeping=keeping), network, network)
    for step in keeping:
        if isinstance(step, Ask):
            network = network.with_host(_told(network.host(step.host), step))
        elif isinstance(step, ReplaceFile) and step.after is not None and step.path.startswith(_OWN_UNITS):
            network = network.with_host(_with_unit(network.host(step.host), step.path, step.after.content))
    return network


def is_foretold(step: Step, host: Host) -> bool:
    """Return whether hairpin can tell what an event makes of what the step has told a manager."""
    if isinstance(step, ReplaceFile) and step.path.startswith(_OWN_UNITS):
        return bool(host.units)
    return not isinstance(step, Ask) or isinstance(step.call, SetRestartPolicy | SetUnitState | SetContainerState)


def _with_unit(host: Host, path: str, text: str) -> Host:
    if not path.endswith(".service") or host.boot_lines is None:
        return host
    lines = (*host.boot_lines, *commands_of(path, text))
    return msgspec.structs.replace(host, units=(*host.units, unit_of(path, text)), boot_lines=lines)


def _told(host: Host, step: Ask) -> Host:
    match step.call:
        case SetRestartPolicy(policy=policy, name=name):
            return _with_policy(host, name, policy)
        case SetUnitState(verb="enable" | "disable" as verb, unit=unit):
            enabled = "enabled" if verb == "enable" else "disabled"
            units = tuple(
                msgspec.structs.replace(each, enabled=enabled)
                if each.name.removesuffix(".service") == unit.removesuffix(".service")
                else each
                for each in host.units
            )
            return msgspec.structs.replace(host, units=units)
        case OpenPort(permanent=True) as call if host.firewalld is not None:
            zones = tuple(
                msgspec.structs.replace(each, ports=(*each.ports, f"{call.port}/{call.protocol}"))
                if each.name == call.zone
                else each
                for each in host.firewalld.permanent
            )
            return msgspec.structs.replace(host, firewalld=msgspec.structs.replace(host.firewalld, permanent=zones))
        case _:
            return host


def _with_policy(host: Host, name: str, policy: str) -> Host:
    engines = tuple(
        msgspec.structs.replace(
            engine,
            containers=tuple(
                msgspec.structs.replace(each, restart_policy=policy) if each.name == name else each
                for each in engine.containers
            ),
        )
        for engine in host.engines
    )
    return msgspec.structs.replace(host, engines=engines)
