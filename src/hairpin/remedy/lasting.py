"""Which kind of remedy each part of a change is, and what keeps each kind."""

from typing import Literal, assert_never, get_args

import msgspec

from hairpin.causes.registry import fixed_with_of
from hairpin.change.calls import (
    AddDirectChain,
    AddDirectRule,
    AddRichRule,
    AllowInUfw,
    BindInterface,
    ByPerson,
    Call,
    ConnectContainer,
    EndProcess,
    MakeNetwork,
    OpenPort,
    ReloadNetworks,
    ReloadUfw,
    SetContainerState,
    SetPanicMode,
    SetRestartPolicy,
    SetUnitState,
    TrustSource,
    Unban,
)
from hairpin.change.change import (
    AddChain,
    AddEntry,
    AddNamespace,
    AddSocket,
    Beyond,
    Change,
    ChangeWorld,
    ContinueProcess,
    DeleteChain,
    DeleteEntry,
    DeleteLink,
    DeleteNamespace,
    DeleteRule,
    DeleteSocket,
    DropConnection,
    Forget,
    HaltProcess,
    InsertRule,
    LoadModule,
    Primitive,
    RenameLink,
    ReplaceEntry,
    ReplaceRuleset,
    ReplaceSysctls,
    ReplaceTable,
    RuleEdit,
    SetContainer,
    SetLink,
    SetPolicy,
    SetSysctl,
    Setting,
    SetUnit,
    WriteFile,
)
from hairpin.engines.daemon import starts_docker
from hairpin.host.host import Host
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.network.attachment import attachment_of
from hairpin.network.network import Network
from hairpin.remedy import container, engine, firewalld, kept_rules, network_configuration, sysctl_file
from hairpin.remedy.remedy import Lasting, Situation

Kind = Literal[
    "end-panic-mode", "open-firewalld-port", "allow-in-ufw", "unban-address", "connect-network", "start-engine",
    "start-container",
    "continue-process", "recreate-container", "start-service", "make-service-listen", "restore-engine-rules",
    "delete-rule", "insert-rule", "set-policy", "replace-rules", "set-sysctl", "set-link", "change-route",
    "recreate-network", "drop-connection", "change-files", "change-outside",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In order: the first kind among those of a change's parts names the remedy."""
DISRUPTIVE: frozenset[Kind] = frozenset({"recreate-container", "recreate-network"})
BY_PERSON: frozenset[Kind] = frozenset({*DISRUPTIVE, "start-service"})
"""Kinds that a person carries out.  The change simulates the effect; advice says what has to be done."""


def kind_of(part: Primitive, situation: Situation) -> Kind:
    """Return the kind of remedy that the part is.  If the change calls an owner, the call decides for all its parts:
    dockerd's start before what only lets it start."""
    for call in sorted(situation.candidate.change.calls, key=starts_docker, reverse=True):
        found = _kind_of_call(call, situation.candidate.change)
        if found is not None:
            return found
    if isinstance(part, ContinueProcess | HaltProcess):
        return "continue-process"
    if situation.cause == "port-not-published" and _starts_service(situation.candidate.change):
        return "start-service"
    if situation.cause == "container-not-running":
        return "start-container"
    fixed_with = fixed_with_of(situation.cause)
    if fixed_with == "container" or _makes_container(situation.candidate.change):
        return "recreate-container"
    if fixed_with == "network" and not _spares_containers(part, situation.host, situation.network):
        return "recreate-network"
    if isinstance(part, RuleEdit):
        return _rule_kind(part, situation)
    if isinstance(part, Setting):
        return _setting_kind(part)
    if isinstance(part, Beyond):
        return _kind_beyond(part)
    match part:
        case ReplaceRuleset():
            return "replace-rules"
        case DropConnection() | Forget():
            return "drop-connection"
        case SetUnit() | WriteFile() | LoadModule():
            return "change-files"
        case _:
            assert_never(part)


def _kind_of_call(call: Call, change: Change) -> Kind | None:
    """Return the kind of remedy that the owner's call is; None if its parts say it."""
    match call:
        case OpenPort() | AddRichRule() | BindInterface() | TrustSource() | AddDirectRule() | AddDirectChain():
            return "open-firewalld-port"
        case SetPanicMode():
            return "end-panic-mode"
        case AllowInUfw() | ReloadUfw():
            return "allow-in-ufw"
        case Unban():
            return "unban-address"
        case ConnectContainer() | MakeNetwork():
            return "connect-network"
        case SetContainerState(verb=verb):
            return "start-container" if verb != "pause" else None
        case SetUnitState():
            return "start-engine"
        case ReloadNetworks():  # it makes bridges anew, too
            return "restore-engine-rules" if any(isinstance(part, RuleEdit) for part in change.parts) else None
        case SetRestartPolicy() | EndProcess() | ByPerson():
            return None
        case _:
            assert_never(call)


def _starts_service(change: Change) -> bool:
    """Return whether a service of the host's own takes the port.  The socket of a published port names its relay, or
    the engine's program that holds it."""
    sockets = [part.socket for part in change.parts if isinstance(part, AddSocket)]
    return any(each.relay is None and each.process is None for each in sockets)


def _makes_container(change: Change) -> bool:
    """Return whether a person makes a container anew: what the engine then does for it, it does at each start."""
    by_person = any(isinstance(call, ByPerson) for call in change.calls)
    return by_person and any(isinstance(part, AddNamespace) for part in change.parts)


def _spares_containers(part: Primitive, host: Host, network: Network) -> bool:
    """Return whether the part cuts no container off: it adds a route that leads no container's address past its bridge,
    or deletes one that is no network's own."""
    match part:
        case DeleteEntry(entry=Route() as route):
            prefix = (route.version, route.destination, route.prefix_length)
            subnets = (each for engine in host.engines for named in engine.networks for each in named.subnets)
            return bool(host.engines) and prefix not in ((s.version, s.network, s.prefix_length) for s in subnets)
        case AddEntry(entry=Route() as route):
            holder = attachment_of(network, host, route.destination, route.version)
            return holder is None or any(hop.link == holder.network.bridge for hop in route.next_hops)
        case _:
            return False


def _files_kept(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    """Return the files that load the modules at boot; files and units last by themselves."""
    modules = tuple(part.name for part in parts if isinstance(part, LoadModule))
    if not modules:
        return Lasting(advice=(message("the file holds after a reboot too: nothing else is needed"),))
    return Lasting(
        files=tuple(
            WriteFile(situation.host.name, f"/etc/modules-load.d/hairpin-{name}.conf", f"{name}\n") for name in modules
        )
    )


def _rule_kind(part: RuleEdit, situation: Situation) -> Kind:
    match part:
        case AddChain() | InsertRule():
            return "restore-engine-rules" if engine.is_lost(part, situation) else "insert-rule"
        case DeleteRule() | DeleteChain():
            return "delete-rule"
        case SetPolicy() if engine.restores(situation):  # dockerd sets it at its start, as it makes the rules
            return "restore-engine-rules"
        case SetPolicy():
            return "set-policy"
        case ReplaceTable():
            return "replace-rules"
        case _:
            assert_never(part)


def _setting_kind(part: Setting) -> Kind:
    match part:
        case SetSysctl() | ReplaceSysctls():
            return "set-sysctl"
        case SetLink() | RenameLink() | DeleteLink():
            return "set-link"
        case AddEntry() | DeleteEntry() | ReplaceEntry():
            return "change-route"
        case _:
            assert_never(part)


def _kind_beyond(part: Beyond) -> Kind:
    match part:
        case AddNamespace() | DeleteNamespace() | SetContainer():
            return "recreate-container"
        case AddSocket() | DeleteSocket():
            return "make-service-listen"
        case ChangeWorld():
            return "change-outside"
        case _:
            assert_never(part)


def lasting(kind: Kind, parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    """Return what keeps the parts of one kind."""
    match kind:
        case "open-firewalld-port":
            return firewalld.permanent_calls(situation)
        case "end-panic-mode":
            return Lasting(advice=(message("firewalld keeps panic mode in no file: its start ends it, too"),))
        case "start-engine":
            kept = engine.started(situation.host, situation.candidate.change.calls)
            return msgspec.structs.replace(kept, calls=(*kept.calls, *container.started_behind(situation)))
        case "start-container":
            return container.started(situation)
        case "allow-in-ufw" | "unban-address":
            return Lasting()  # ufw and the ban list's tool keep it themselves
        case "connect-network":
            kept = container.started(situation)
            return msgspec.structs.replace(kept, advice=(*container.CONNECTED.advice, *kept.advice))
        case "recreate-container":
            return container.RECREATED
        case "start-service":
            return Lasting()  # which service, and what starts it at boot, is for a person to know
        case "make-service-listen":
            return container.listening(tuple(part for part in parts if isinstance(part, AddSocket)), situation)
        case "restore-engine-rules":
            return engine.restored(situation.host)
        case "delete-rule":
            return kept_rules.keeping_deletions(
                tuple(part for part in parts if isinstance(part, DeleteRule)), situation
            )
        case "insert-rule":
            return engine.rules_allowed(situation) or kept_rules.keeping_insertions(
                tuple(part for part in parts if isinstance(part, InsertRule)), situation
            )
        case "set-policy":
            return kept_rules.policies(tuple(part for part in parts if isinstance(part, SetPolicy)), situation)
        case "replace-rules":
            return Lasting(advice=(message("what loads the rules at boot has to load these: nothing else keeps them"),))
        case "set-sysctl":
            return sysctl_file.keeping_values(
                tuple(each for part in parts for each in sysctl_file.settings_of(part)), situation
            )
        case "set-link":
            return network_configuration.links(tuple(part for part in parts if isinstance(part, SetLink)), situation)
        case "change-route" if fixed_with_of(situation.cause) == "network":
            return Lasting()  # another subnet is what lasts
        case "change-route":
            return network_configuration.routes(parts, situation)
        case "change-files":
            return _files_kept(parts, situation)
        case "recreate-network":
            return Lasting(advice=(message("the network keeps its new subnet: nothing else is needed"),))
        case "continue-process":
            return Lasting(advice=(message("a process that is started anew is not stopped: nothing else is needed"),))
        case "drop-connection":
            return Lasting(
                advice=(
                    message("the kernel makes the next entry by the rules that it has then: nothing else is needed"),
                )
            )
        case "change-outside":
            return Lasting(advice=(message("it is kept where it is configured, outside of this host"),))
        case _:
            assert_never(kind)
