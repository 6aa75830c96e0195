"""Calls to the owner of a part of the host: a container engine, firewalld, ufw, systemd, a process. Each owner makes
its kernel rules and links itself.  A change that the owner makes persists when the owner restarts.  hairpin makes
commands from these values, and never parses a command into a value.

Source: docker(1), podman(1), firewall-cmd(1), ufw(8), systemctl(1)
"""

from typing import Literal, assert_never

import msgspec

from hairpin.host.contact import Tool
from hairpin.host.host import Host
from hairpin.host.managers import UfwAction
from hairpin.message import Message
from hairpin.netfilter.iptables.words import split_words, unquoted


class SetContainerState(msgspec.Struct, frozen=True, tag="set-container-state"):
    """Call: start, stop, restart, pause or unpause a container.

    ``user``: the user who owns the container; empty if this user runs hairpin."""

    tool: Tool
    verb: Literal["start", "stop", "restart", "pause", "unpause"]
    name: str
    user: str = ""


class ConnectContainer(msgspec.Struct, frozen=True, tag="connect-container"):
    """Call: attach a container to a network of its engine, or detach it from the network.  ``user``: as in
    ``SetContainerState``."""

    tool: Tool
    verb: Literal["connect", "disconnect"]
    network: str
    name: str
    user: str = ""


class MakeNetwork(msgspec.Struct, frozen=True, tag="make-network"):
    """Call: make a network with the engine's default driver and options.  If ``removed`` is true, remove the
    network.  ``user``: as in ``SetContainerState``."""

    tool: Tool
    name: str
    removed: bool = False
    user: str = ""


class SetRestartPolicy(msgspec.Struct, frozen=True, tag="set-restart-policy"):
    """Call: set a container's restart policy, which says whether the engine starts the container after a reboot."""

    tool: Tool
    policy: str
    name: str
    user: str = ""


class ReloadNetworks(msgspec.Struct, frozen=True, tag="reload-networks"):
    """Call: let Podman make the rules of ``containers`` again.  If ``containers`` is empty, Podman makes the rules of
    all running containers again.

    ``user``: the user whose rootless Podman it is; empty for root's.  A rootless Podman also starts again the process
    that carries the packets of its networks out of their namespace."""

    containers: tuple[str, ...] = ()
    user: str = ""


class OpenPort(msgspec.Struct, frozen=True, tag="open-port"):
    """Call: open or close a port in a zone of firewalld.  If ``permanent`` is true, the call changes firewalld's files,
    not the kernel's rules."""

    zone: str
    port: int
    protocol: str
    permanent: bool = False
    closed: bool = False


class AddRichRule(msgspec.Struct, frozen=True, tag="add-rich-rule"):
    """Call: add a rule to a zone or a policy of firewalld.  The rule is written in firewalld.richlanguage(5)."""

    owner: Literal["zone", "policy"]
    name: str
    rule: str
    permanent: bool = False
    removed: bool = False


class BindInterface(msgspec.Struct, frozen=True, tag="bind-interface"):
    """Call: bind an interface to a firewalld zone.  If ``removed`` is true, the interface is unbound and then belongs
    to the default zone."""

    zone: str
    interface: str
    permanent: bool = False
    removed: bool = False


class TrustSource(msgspec.Struct, frozen=True, tag="trust-source"):
    """Call: let firewalld put all packets with a source address in this network into its zone ``trusted``, on every
    link.  The call binds no interface, so dockerd can still put the bridge of the network into the zone ``docker``."""

    source: str
    permanent: bool = False
    removed: bool = False


class AddDirectRule(msgspec.Struct, frozen=True, tag="add-direct-rule"):
    """Call: add a rule that firewalld loads at each of its starts.  ``words`` are the iptables arguments after the
    chain.  A rule with a lower ``priority`` stands earlier in the chain."""

    family: Literal["ip", "ip6"]
    table: str
    chain: str
    words: str
    removed: bool = False
    priority: int = 0


class AddDirectChain(msgspec.Struct, frozen=True, tag="add-direct-chain"):
    """Call: add a chain that firewalld makes at each of its starts, before it loads the chain's rules."""

    family: Literal["ip", "ip6"]
    table: str
    chain: str
    removed: bool = False


class SetPanicMode(msgspec.Struct, frozen=True, tag="set-panic-mode"):
    """Call: let firewalld drop all packets of the host (``on``), or let firewalld accept packets again.

    No file of firewalld keeps the panic mode."""

    on: bool = False


class ReloadUfw(msgspec.Struct, frozen=True, tag="reload-ufw"):
    """Call: let ufw read its files again."""


class AllowInUfw(msgspec.Struct, frozen=True, tag="allow-in-ufw"):
    """Call: let ufw accept packets to a port, or forward them if ``routed`` is true.

    ``port`` is 0 and ``protocol`` is empty for all protocols.  ``iif``, ``oif``: the incoming and the outgoing link.
    ``source``, ``destination``: the only client's and container's address, empty for any.  ``first``: put before ufw's
    other rules, one of which denies the port.  ``deleted``: the call deletes the rule.  ``action``: not ``allow`` only
    if a rule is deleted or put back.  ``replaces``: the action of the rule that is replaced; empty if none is."""

    port: int
    protocol: str
    iif: str = ""
    oif: str = ""
    routed: bool = False
    first: bool = False
    deleted: bool = False
    source: str = ""
    destination: str = ""
    action: UfwAction = "allow"
    replaces: UfwAction | Literal[""] = ""


class Unban(msgspec.Struct, frozen=True, tag="unban"):
    """Call: remove an address from a ban list.  ``jail`` is fail2ban's name of the list, and empty for other tools."""

    tool: Literal["fail2ban-client", "cscli"]
    jail: str
    address: str


class SetUnitState(msgspec.Struct, frozen=True, tag="set-unit-state"):
    """Call: start or stop a unit, or set whether the unit starts at boot.

    The verb ``reset-failed`` clears systemd's count of the unit's failures.  Because of this count, systemd may refuse
    to start the unit.  ``by`` is the program that starts services on the host.  If the verb is also for the unit's
    socket unit, ``socket`` is the name of the socket unit.  If the verb is for the unit alone, ``socket`` is empty."""

    verb: Literal["enable", "disable", "start", "stop", "restart", "reset-failed"]
    unit: str
    by: Literal["systemd", "sysvinit", "openrc", "snap"] = "systemd"
    socket: str = ""


class EndProcess(msgspec.Struct, frozen=True, tag="end-process"):
    """Call: end a process that serves no client.  If ``halted`` is true, a signal has stopped the process, and only
    SIGKILL ends the process."""

    pid: int
    halted: bool = False


class ByPerson(msgspec.Struct, frozen=True, tag="by-person"):
    """Advice to a person, for a change that needs knowledge which hairpin lacks.  The advice is never a command with a
    placeholder."""

    said: Message


OfContainer = SetContainerState | ConnectContainer | MakeNetwork | SetRestartPolicy
OfFirewalld = OpenPort | AddRichRule | BindInterface | TrustSource | AddDirectRule | AddDirectChain
OfUfw = AllowInUfw | ReloadUfw
OwnersCall = OfContainer | OfFirewalld | SetPanicMode | OfUfw | Unban | ReloadNetworks | SetUnitState | EndProcess
Call = OwnersCall | ByPerson


def call_argv(call: OwnersCall) -> tuple[str, ...]:
    """Return the command that makes the call."""
    match call:
        case SetContainerState(tool=tool, verb=verb, name=name, user=user):
            return _as_user(user, (tool, verb, name))
        case ConnectContainer(tool=tool, verb=verb, network=network, name=name, user=user):
            return _as_user(user, (tool, "network", verb, network, name))
        case MakeNetwork(tool=tool, name=name, removed=removed, user=user):
            return _as_user(user, (tool, "network", "rm" if removed else "create", name))
        case SetRestartPolicy(tool=tool, policy=policy, name=name, user=user):
            return _as_user(user, (tool, "update", "--restart", policy, name))
        case OpenPort() | AddRichRule() | BindInterface() | TrustSource() | AddDirectRule() | AddDirectChain():
            return ("firewall-cmd", *_firewalld_words(call))
        case SetPanicMode(on=on):
            return ("firewall-cmd", "--panic-on" if on else "--panic-off")
        case AllowInUfw():
            return ("ufw", *_ufw_words(call))
        case ReloadNetworks(containers=names, user=user):
            return _as_user(user, ("podman", "network", "reload", *(names or ("--all",))))
        case ReloadUfw():
            return ("ufw", "reload")
        case Unban(tool="cscli", address=address):
            return ("cscli", "decisions", "delete", "--ip", address)
        case Unban(tool=tool, jail=jail, address=address):
            return (tool, "set", jail, "unbanip", address)
        case SetUnitState():
            return _unit_argv(call)
        case EndProcess(pid=pid, halted=halted):
            return ("kill", *(("-KILL",) if halted else ()), str(pid))
        case _:
            assert_never(call)


def _unit_argv(call: SetUnitState) -> tuple[str, ...]:
    verb, name = call.verb, call.unit.removesuffix(".service")
    at_boot = verb in ("enable", "disable")
    match call.by:
        case "systemd":
            return ("systemctl", verb, *filter(None, (call.socket,)), call.unit)
        case "sysvinit":
            return ("update-rc.d", name, verb) if at_boot else ("service", name, verb)
        case "openrc":
            return ("rc-update", "add" if verb == "enable" else "del", name) if at_boot else ("rc-service", name, verb)
        case "snap":
            return (
                ("snap", "start" if verb == "enable" else "stop", f"--{verb}", name)
                if at_boot
                else ("snap", verb, name)
            )
        case _:
            assert_never(call.by)


def _as_user(user: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that makes the call as the given user after a login, with any login shell.

    The script runs the arguments that the shell passes to it.  A user's docker command does not find the user's dockerd
    by itself.  Source: runuser(1), sh(1) ``-c``"""
    if not user:
        return argv
    script = 'exec "$@"'
    if argv[0] == "docker":
        script, argv = 'exec docker -H "unix:///run/user/$(id -u)/docker.sock" "$@"', argv[1:]
    return ("runuser", "-l", "-s", "/bin/sh", "-c", script, "--", user, "sh", *argv)


def _firewalld_words(call: OfFirewalld) -> tuple[str, ...]:
    match call:
        case OpenPort(zone=zone, port=port, protocol=protocol):
            verb = "remove" if call.closed else "add"
            return (*_permanent(call.permanent), f"--zone={zone}", f"--{verb}-port={port}/{protocol}")
        case AddRichRule(owner=owner, name=name, rule=rule):
            verb = "remove" if call.removed else "add"
            return (*_permanent(call.permanent), f"--{owner}={name}", f"--{verb}-rich-rule={rule}")
        case BindInterface(zone=zone, interface=interface):
            verb = "remove" if call.removed else "change"
            return (*_permanent(call.permanent), f"--zone={zone}", f"--{verb}-interface={interface}")
        case TrustSource(source=source):
            verb = "remove" if call.removed else "add"
            return (*_permanent(call.permanent), "--zone=trusted", f"--{verb}-source={source}")
        case AddDirectChain(family=family, table=table, chain=chain):
            verb = "remove" if call.removed else "add"
            of = "ipv6" if family == "ip6" else "ipv4"
            return ("--permanent", "--direct", f"--{verb}-chain", of, table, chain)
        case AddDirectRule(family=family, table=table, chain=chain, words=words):
            verb = "remove" if call.removed else "add"
            of = "ipv6" if family == "ip6" else "ipv4"
            return (
                "--permanent",
                "--direct",
                f"--{verb}-rule",
                of,
                table,
                chain,
                f"{call.priority}",
                *map(unquoted, split_words(words)),
            )
        case _:
            assert_never(call)


def _ufw_words(call: AllowInUfw) -> tuple[str, ...]:
    """Return the arguments of ufw(8): in ufw's simple syntax for a port of this host, otherwise in ufw's full
    syntax."""
    verb = ("delete",) if call.deleted else ("prepend",) if call.first else ()
    start = ("route",) if call.routed else ()
    if not (call.routed or call.iif or call.oif or call.source):
        return (*verb, call.action, f"{call.port}/{call.protocol}")
    links = (*(("in", "on", call.iif) if call.iif else ()), *(("out", "on", call.oif) if call.oif else ()))
    client = ("from", call.source) if call.source else ()
    to = call.destination or "any"
    port = ("to", to, "port", str(call.port), "proto", call.protocol) if call.port else ()
    return (*start, *verb, call.action, *links, *client, *port)


def _permanent(wanted: bool) -> tuple[str, ...]:
    return ("--permanent",) if wanted else ()


def disrupts(call: Call) -> bool:
    """Return whether the call ends processes or connections that work now."""
    match call:
        case SetContainerState(verb=verb):
            return verb in ("stop", "restart", "pause")
        case ConnectContainer(verb=verb):
            return verb == "disconnect"
        case SetUnitState(verb=verb):
            return verb in ("restart", "stop")
        case _:
            return False


def reverse(call: OwnersCall, host: Host) -> OwnersCall | None:
    """Return the call that undoes the given call; None if no call does.  A stop does not undo a container's start: the
    container's process wrote data, and the engine gave the container an address."""
    replace = msgspec.structs.replace
    match call:
        case SetContainerState(verb=verb):
            back = {"pause": "unpause", "unpause": "pause"}.get(verb)
            return replace(call, verb=back) if back is not None else None
        case ConnectContainer(verb="connect"):
            return replace(call, verb="disconnect")
        case MakeNetwork():
            return replace(call, removed=not call.removed)
        case ConnectContainer() | ReloadNetworks() | ReloadUfw() | Unban() | EndProcess():
            return None
        case AllowInUfw(action=action, replaces=before):
            return replace(call, action=before, replaces=action) if before else replace(call, deleted=not call.deleted)
        case SetRestartPolicy(name=name):
            policies = [each.restart_policy for each in host.containers() if each.name == name]
            return replace(call, policy=policies[0] or "no") if policies else None
        case SetPanicMode():
            return replace(call, on=not call.on)
        case OpenPort():
            return replace(call, closed=not call.closed)
        case BindInterface():
            return _binding_before(call, host)
        case AddRichRule() | TrustSource() | AddDirectRule() | AddDirectChain():
            return replace(call, removed=not call.removed)
        case SetUnitState():
            return _unit_reversed(call, host)
        case _:
            assert_never(call)


def _binding_before(call: BindInterface, host: Host) -> BindInterface | None:
    """Return the call that binds the interface to its present zone again.  If the interface has no zone now, return the
    call that unbinds the interface."""
    if host.firewalld is None:
        return None
    zones = host.firewalld.permanent if call.permanent else host.firewalld.runtime or host.firewalld.permanent
    now = next((each.name for each in zones if call.interface in each.interfaces), None)
    if now is None:
        return msgspec.structs.replace(call, removed=not call.removed)
    return msgspec.structs.replace(call, zone=now, removed=False)


_OPPOSITES: dict[str, Literal["enable", "disable", "start", "stop", "reset-failed"]] = {
    "enable": "disable", "disable": "enable", "start": "stop", "stop": "start",
    # No call can set a unit to failed again.  So the undo of reset-failed is reset-failed, which changes nothing.
    "reset-failed": "reset-failed",
}  # fmt: skip


def _unit_reversed(call: SetUnitState, host: Host) -> SetUnitState | None:
    """Return the call that undoes the given call to systemd.  The undo of a start also stops the socket unit that the
    start activated."""
    opposite = _OPPOSITES.get(call.verb)
    if opposite is None:
        return None
    name = f"{call.unit.removesuffix('.service')}.socket"
    down = call.verb == "start" and any(each.name == name and each.active != "active" for each in host.units)
    return msgspec.structs.replace(call, verb=opposite, socket=name if down else "")
