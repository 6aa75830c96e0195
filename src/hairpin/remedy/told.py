"""The settings that firewalld, ufw, systemd and the engines keep after a remedy's calls, if hairpin can tell them.
An event that comes later uses these settings."""

from collections.abc import Iterable, Iterator
from typing import assert_never

import msgspec

from hairpin.change import calls
from hairpin.change.change import Change, WriteFile
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Ask, ReplaceFile, Step
from hairpin.engines.docker.daemon import starts_docker
from hairpin.errors import ParseError
from hairpin.events.happening import course_of
from hairpin.evidence.reading import text_reading
from hairpin.host.host import Host
from hairpin.host.managers import Firewalld, FirewalldZone, commands_of, unit_of
from hairpin.network.network import Network
from hairpin.remedy.in_turn import after
from hairpin.remedy.remedy import Remedy

_OWN_UNITS = "/etc/systemd/system/"
_ZONES, _DIRECT = "/etc/firewalld/zones/", "/etc/firewalld/direct.xml"


def kept_network(network: Network, keeping: tuple[Step, ...], made: tuple[Step, ...] = ()) -> Network | None:
    """Return the network after the steps, with the settings that the called owners keep.  Return None if hairpin cannot
    tell which settings an owner keeps.

    ``keeping``: the steps that write files and call owners.  ``made``: steps that are already simulated in the network;
    for these steps, only the settings that the owners keep are added."""
    known: Network | None = after(Remedy("kept", (), keeping=keeping), network, network)
    for step in (*made, *keeping):
        if known is not None and isinstance(step, Ask):
            known = _told(known, step.host, step.call)
        elif known is not None and _is_own_unit(step):
            known = _with_unit(known, step)
    return known


def _is_own_unit(step: Step) -> bool:
    return isinstance(step, ReplaceFile) and step.after is not None and step.path.startswith(_OWN_UNITS)


def _with_unit(network: Network, step: Step) -> Network | None:
    assert isinstance(step, ReplaceFile)
    assert step.after is not None
    host, path, text = network.host(step.host), step.path, step.after.content
    if not host.units:
        return None
    if not path.endswith(".service") or host.boot_lines is None:
        return network
    lines = (*host.boot_lines, *commands_of(path, text))
    return network.with_host(msgspec.structs.replace(host, units=(*host.units, unit_of(path, text)), boot_lines=lines))


def _told(network: Network, label: str, call: calls.OwnersCall) -> Network | None:
    host = network.host(label)
    match call:
        case (
            calls.OpenPort()
            | calls.AddRichRule()
            | calls.BindInterface()
            | calls.TrustSource()
            | calls.AddDirectRule()
            | calls.AddDirectChain()
        ):
            return _with_zones(network, host, call)
        case calls.AllowInUfw():
            from hairpin.change.ufw import ufw_files  # noqa: PLC0415 - few hosts have it

            files = ufw_files(call, host)
            return _written(network, files) if files is not None else None
        case calls.ReloadUfw():
            course = course_of(network, label, "ufw-reload")
            return course.network if course is not None and not course.missing else None
        case calls.SetRestartPolicy(policy=policy, name=name):
            return network.with_host(_with_policy(host, name, policy))
        case calls.SetUnitState():
            return network.with_host(_with_unit_set(host, call))
        case calls.MakeNetwork():
            return None  # dockerd keeps the definition of the new network, which hairpin does not know
        case (
            calls.SetContainerState()
            | calls.ConnectContainer()
            | calls.ReloadNetworks()
            | calls.Unban()
            | calls.EndProcess()
            | calls.SetPanicMode()
        ):
            return network  # the simulated change already contains all settings
        case _:
            assert_never(call)


def _written(network: Network, files: Iterable[WriteFile]) -> Network:
    return simulate(Change(tuple(files)), network)


def _with_zones(network: Network, host: Host, call: calls.OfFirewalld) -> Network | None:
    """Return the network in which firewalld's files have the call's setting, and firewalld has bound the call's
    link."""
    from hairpin.change.firewalld import firewalld_files  # noqa: PLC0415 - few hosts have it

    firewalld, files = host.firewalld, firewalld_files(call, host)
    if firewalld is None or files is None:
        return None
    try:
        known = _read_again(firewalld, files)
    except ParseError:
        return None
    if isinstance(call, calls.BindInterface) and not call.permanent:
        known = msgspec.structs.replace(known, runtime=tuple(_bound(known.runtime, call)))
    network = _written(network, files)
    return network.with_host(msgspec.structs.replace(network.host(host.name), firewalld=known))


def _read_again(firewalld: Firewalld, files: tuple[WriteFile, ...]) -> Firewalld:
    from hairpin.host.read.managers import firewalld_xml  # noqa: PLC0415 - few hosts have it

    for each in files:
        text = each.text or ""
        if each.path == _DIRECT:
            direct = firewalld_xml.direct_rules(text_reading(text, each.path))
            firewalld = msgspec.structs.replace(firewalld, direct=direct)
        elif each.path.startswith(_ZONES):
            name = each.path.removeprefix(_ZONES).removesuffix(".xml")
            zone = firewalld_xml.zone(text_reading(text, each.path), name=name)
            others = (other for other in firewalld.permanent if other.name != name)
            firewalld = msgspec.structs.replace(firewalld, permanent=(*others, zone))
    return firewalld


def _bound(zones: tuple[FirewalldZone, ...], call: calls.BindInterface) -> Iterator[FirewalldZone]:
    """Yield firewalld's runtime zones, with the link only in the zone of the call.  If this zone was not active, it
    becomes active."""
    for each in zones:
        links = tuple(link for link in each.interfaces if link != call.interface)
        links = (*links, call.interface) if each.name == call.zone and not call.removed else links
        yield msgspec.structs.replace(each, interfaces=links)
    if not call.removed and all(each.name != call.zone for each in zones):
        yield FirewalldZone(call.zone, interfaces=(call.interface,))


def _with_unit_set(host: Host, call: calls.SetUnitState) -> Host:
    """Return the host on which the unit starts at boot, or no longer does.

    After a start of dockerd, its engine counts as running: a later boot starts it."""
    if starts_docker(call):
        down = (each for each in host.engines if each.kind == "docker" and not each.rootless and not each.running)
        for engine in down:
            host = host.with_engine(msgspec.structs.replace(engine, running=True))
    if call.verb not in ("enable", "disable"):
        return host
    enabled = "enabled" if call.verb == "enable" else "disabled"
    units = tuple(
        msgspec.structs.replace(each, enabled=enabled)
        if each.name.removesuffix(".service") == call.unit.removesuffix(".service")
        else each
        for each in host.units
    )
    return msgspec.structs.replace(host, units=units)


def _with_policy(host: Host, name: str, policy: str) -> Host:
    for each in host.containers():
        if each.name == name:
            host = host.with_container(msgspec.structs.replace(each, restart_policy=policy))
    return host
