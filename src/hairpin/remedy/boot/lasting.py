"""Tells the kind of remedy of each part of a change, and makes the steps that keep the parts of each kind.

hairpin does not edit a file that another program writes. hairpin's advice names this program and the needed lines.
"""

from difflib import SequenceMatcher
from typing import Literal, assert_never, get_args

import msgspec

from hairpin.causes.registry import fixed_with_of
from hairpin.change import calls
from hairpin.change import change as c
from hairpin.change.calls import ReloadUfw
from hairpin.change.change import WriteFile
from hairpin.engines.docker.daemon import starts_docker
from hairpin.host.boot.generated import is_made_at_boot, is_shipped, owner_of_lines
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.host.netns import Netns
from hairpin.host.route import Route
from hairpin.message import Message, message
from hairpin.network.attachment import attachment_of
from hairpin.network.network import Network
from hairpin.remedy.boot import container, engine, firewalld, kept_rules, network_configuration, sysctl_file
from hairpin.remedy.remedy import Lasting, Situation

Kind = Literal[
    "end-panic-mode", "open-firewalld-port", "allow-in-ufw", "unban-address", "connect-network", "start-engine",
    "start-container",
    "continue-process", "recreate-container", "start-service", "make-service-listen", "restore-engine-rules",
    "delete-rule", "insert-rule", "set-policy", "replace-rules", "wake-table", "set-sysctl", "set-link", "change-route",
    "recreate-network", "drop-connection", "change-files", "change-outside",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The kinds of remedies, in order.  A remedy whose parts have several kinds gets the first of these kinds as its
name."""
DISRUPTIVE: frozenset[Kind] = frozenset({"recreate-container", "recreate-network"})
BY_PERSON: frozenset[Kind] = frozenset({*DISRUPTIVE, "start-service"})
"""The kinds of remedies that a person carries out.

For these kinds, the change only simulates the effect, and advice tells the person what to do."""
_BY_ITSELF: dict[Kind, Message] = {
    "end-panic-mode": message("firewalld saves panic mode in no file: a start of firewalld ends panic mode, too"),
    "replace-rules": message(
        "the program that loads the rules at boot has to load these rules, too: nothing else saves them"
    ),
    "wake-table": message(
        "saved iptables rules cannot hold this flag: after a reboot it is gone, unless a script sets it again"
    ),
    "recreate-network": message("the network keeps its new subnet: nothing else is needed"),
    "continue-process": message("the stopped process runs again after its next start: nothing else is needed"),
    "drop-connection": message("the kernel makes the next entry from the rules of that moment: nothing else is needed"),
    "change-outside": message("the lasting configuration is outside of this host"),
}
"""The kinds of remedies for which hairpin writes no file and makes no call, with the advice for each kind."""


def kind_of(part: c.Primitive, situation: Situation) -> Kind:
    """Return the part's kind of remedy.

    If the change contains a call that has a kind, the call decides the kind of all parts.  The call that starts dockerd
    takes precedence over calls that only make this start possible."""
    for call in sorted(situation.candidate.change.calls, key=starts_docker, reverse=True):
        found = _kind_of_call(call, situation.candidate.change)
        if found is not None:
            return found
    if isinstance(part, c.ContinueProcess | c.HaltProcess):
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
    if isinstance(part, c.RuleEdit):
        return _rule_kind(part, situation)
    if isinstance(part, c.Setting):
        return _setting_kind(part)
    if isinstance(part, c.Beyond):
        return _kind_beyond(part)
    match part:
        case c.ReplaceRuleset():
            return "replace-rules"
        case c.DropConnection() | c.Forget():
            return "drop-connection"
        case c.SetUnit() | c.WriteFile() | c.LoadModule():
            return "change-files"
        case _:
            assert_never(part)


def _kind_of_call(call: calls.Call, change: c.Change) -> Kind | None:
    """Return the call's kind of remedy; None if the parts of the change decide the kind."""
    match call:
        case (
            calls.OpenPort()
            | calls.AddRichRule()
            | calls.BindInterface()
            | calls.TrustSource()
            | calls.AddDirectRule()
            | calls.AddDirectChain()
        ):
            return "open-firewalld-port"
        case calls.SetPanicMode():
            return "end-panic-mode"
        case calls.AllowInUfw() | calls.ReloadUfw():
            return "allow-in-ufw"
        case calls.Unban():
            return "unban-address"
        case calls.ConnectContainer() | calls.MakeNetwork():
            return "connect-network"
        case calls.SetContainerState(verb=verb):
            return "start-container" if verb != "pause" else None
        case calls.SetUnitState():
            return "start-engine"
        case calls.ReloadNetworks():  # the call may make only bridges and veths
            return "restore-engine-rules" if any(isinstance(part, c.RuleEdit) for part in change.parts) else None
        case calls.SetRestartPolicy() | calls.EndProcess() | calls.ByPerson():
            return None
        case _:
            assert_never(call)


def _starts_service(change: c.Change) -> bool:
    """Return whether the change starts a service of the host itself on the port.

    The socket of a service of the host names neither a relay nor a process.  The socket of a published port names a
    relay, or the engine's process that holds the port."""
    sockets = [part.socket for part in change.parts if isinstance(part, c.AddSocket)]
    return any(each.relay is None and each.process is None for each in sockets)


def _makes_container(change: c.Change) -> bool:
    """Return whether a person has to create a container again.  The engine then makes the container's rules and links,
    or joins the namespace that the container shares, at each start."""
    by_person = any(isinstance(call, calls.ByPerson) for call in change.calls)
    return by_person and any(isinstance(part, c.AddNamespace | c.SetContainer) for part in change.parts)


def _spares_containers(part: c.Primitive, host: Host, network: Network) -> bool:
    """Return whether the part adds or deletes a route and cuts off no container.

    An added route cuts off no container if it leads no container's address past the container's bridge.  A deleted
    route cuts off no container if it is not the route to a container network."""
    match part:
        case c.DeleteEntry(entry=Route() as route):
            prefix = (route.version, route.destination, route.prefix_length)
            subnets = (each for engine in host.engines for named in engine.networks for each in named.subnets)
            return bool(host.engines) and prefix not in ((s.version, s.network, s.prefix_length) for s in subnets)
        case c.AddEntry(entry=Route() as route):
            holder = attachment_of(network, host, route.destination, route.version)
            return holder is None or any(hop.link == holder.network.bridge for hop in route.next_hops)
        case _:
            return False


def _files_kept(parts: tuple[c.Primitive, ...], situation: Situation) -> Lasting:
    """Return the files that load, at each boot, the kernel modules that the change loads.

    Changed files and units last by themselves."""
    modules = tuple(part.name for part in parts if isinstance(part, c.LoadModule))
    if not modules:
        return Lasting(advice=(message("the file also applies after a reboot: nothing else is needed"),))
    return Lasting(
        files=tuple(
            c.WriteFile(situation.host.name, f"/etc/modules-load.d/hairpin-{name}.conf", f"{name}\n")
            for name in modules
        )
    )


def _rule_kind(part: c.RuleEdit, situation: Situation) -> Kind:
    match part:
        case c.AddChain() | c.InsertRule():
            return "restore-engine-rules" if engine.is_lost(part, situation) else "insert-rule"
        case c.DeleteRule() if engine.is_moved(part, situation):
            return "restore-engine-rules"
        case c.DeleteRule() | c.DeleteChain():
            return "delete-rule"
        case c.SetPolicy() if engine.restores(situation):  # dockerd sets the policy when it starts
            return "restore-engine-rules"
        case c.SetPolicy():
            return "set-policy"
        case c.ReplaceTable():
            return "replace-rules"
        case _:
            assert_never(part)


def _setting_kind(part: c.Setting) -> Kind:
    match part:
        case c.SetSysctl() | c.ReplaceSysctls():
            return "set-sysctl"
        case c.SetLink() | c.RenameLink() | c.DeleteLink():
            return "set-link"
        case c.AddEntry() | c.DeleteEntry() | c.ReplaceEntry():
            return "change-route"
        case c.SetDormant():
            return "wake-table"
        case _:
            assert_never(part)


def _netns_of(parts: tuple[c.Primitive, ...]) -> Netns | None:
    """Return the namespace of the first edit of a rule; None if no part edits one."""
    return next((part.netns for part in parts if isinstance(part, c.RuleEdit)), None)


def _kind_beyond(part: c.Beyond) -> Kind:
    match part:
        case c.AddNamespace() | c.DeleteNamespace() | c.SetContainer():
            return "recreate-container"
        case c.AddSocket() | c.DeleteSocket():
            return "make-service-listen"
        case c.ChangeWorld():
            return "change-outside"
        case _:
            assert_never(part)


def lasting(kind: Kind, parts: tuple[c.Primitive, ...], situation: Situation) -> Lasting:
    """Return the steps and advice that keep the parts of one kind."""
    match kind:
        case "open-firewalld-port":
            return firewalld.permanent_calls(situation)
        case "start-engine":
            kept = engine.started(situation.host, situation.candidate.change.calls)
            return msgspec.structs.replace(kept, calls=(*kept.calls, *container.started_behind(situation)))
        case "start-container":
            return container.started(situation)
        case "allow-in-ufw" | "unban-address":
            return Lasting()  # ufw and fail2ban or CrowdSec keep their rules themselves
        case "connect-network":
            kept = container.started(situation)
            return msgspec.structs.replace(kept, advice=(*container.CONNECTED.advice, *kept.advice))
        case "recreate-container":
            return container.recreation(situation)
        case "start-service":
            return Lasting()  # only a person knows which service has to run, and how it is started at boot
        case "make-service-listen":
            return container.listening(tuple(part for part in parts if isinstance(part, c.AddSocket)), situation)
        case "restore-engine-rules":
            return engine.restored(situation.host, _netns_of(parts) or situation.host.netns)
        case "delete-rule":
            return kept_rules.keeping_deletions(
                tuple(part for part in parts if isinstance(part, c.DeleteRule)), situation
            )
        case "insert-rule":
            return engine.rules_allowed(situation) or kept_rules.keeping_insertions(
                tuple(part for part in parts if isinstance(part, c.InsertRule)), situation
            )
        case "set-policy":
            return kept_rules.policies(tuple(part for part in parts if isinstance(part, c.SetPolicy)), situation)
        case "set-sysctl":
            return sysctl_file.keeping_values(
                tuple(each for part in parts for each in sysctl_file.settings_of(part)), situation
            )
        case "set-link":
            return network_configuration.links(tuple(part for part in parts if isinstance(part, c.SetLink)), situation)
        case "change-route" if fixed_with_of(situation.cause) == "network":
            return Lasting()  # a route is no lasting repair of an overlap, because the network needs another subnet
        case "change-route":
            return network_configuration.routes(parts, situation)
        case "change-files":
            return _files_kept(parts, situation)
        case (
            "end-panic-mode" | "replace-rules" | "wake-table" | "recreate-network" | "continue-process"
            | "drop-connection" | "change-outside"
        ):  # fmt: skip
            return Lasting(advice=(_BY_ITSELF[kind],))
        case _:
            assert_never(kind)


def without_owned_files(kept: Lasting, situation: Situation) -> Lasting:
    """Return ``kept`` without files that other programs write.  The advice then names the lines that such a file
    needs."""
    told = {each.path: _left_to_owner(each, situation.file(each.path)) for each in kept.files}
    files = tuple(each for each in kept.files if told[each.path] is None)
    # Without a changed file, a reload of ufw would only read the old files again.
    calls = tuple(each for each in kept.calls if files or not kept.files or not isinstance(each, ReloadUfw))
    advice = (*kept.advice, *(each for each in told.values() if each is not None))
    return msgspec.structs.replace(kept, files=files, calls=calls, advice=advice)


def _left_to_owner(written: WriteFile, before: ConfigFile | None) -> Message | None:
    """Return the advice for a file that another program writes; None if hairpin may write the file."""
    if before is None:
        return None
    facts = {"file": written.path, "lines": _lines(before.text, written.text or "")}
    owner = owner_of_lines(before, written.text)
    if owner is not None:
        return message(
            "{file} needs {lines}. The file says “{owner}”, so make this change in the program that writes it",
            owner=owner,
            **facts,
        )
    if is_shipped(written.path):
        return message(
            "{file} needs {lines}. The file belongs to a package, so the next upgrade of that package would overwrite "
            "the change",
            **facts,
        )
    if is_made_at_boot(written.path):
        return message(
            "{file} needs {lines}. Each boot makes the file again, so change the program that makes it", **facts
        )
    return None


def _lines(before: str, after: str) -> str:
    """Return the changed lines, each with ``-`` (removed) or ``+`` (added), and each change's present line number."""
    old, new = before.splitlines(), after.splitlines()
    told: list[str] = []
    for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            told += (f"`-{line.strip()}`" for line in old[start:end])
            told += (f"`+{line.strip()}`" for line in new[first:last])
            told[-1] += f" (line {start + 1})"
    return ", ".join(told)
