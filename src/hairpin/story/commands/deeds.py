"""Finds a command's effect on the network: an event of ``events/``, the command itself, or no effect."""

import re
import shlex
from collections.abc import Callable
from itertools import pairwise

from hairpin.events.event import EventId
from hairpin.host.managers import HIDDEN
from hairpin.programs import PROGRAMS
from hairpin.story.commands.simple_commands import Simple, command_line
from hairpin.story.entry import Effect, Verb
from hairpin.story.logs.unit_events import full_name, unit_effect

_NOTHING = Effect()
_VERBS: dict[str, Verb] = {
    "start": "start", "restart": "restart", "reload": "reload", "stop": "stop", "kill": "kill",
    "force-reload": "restart", "try-restart": "restart", "reload-or-restart": "restart", "condrestart": "restart",
}  # fmt: skip
_READS = re.compile(
    r"^-*(l|list|list-rules|s|L\w*|S|n?v?n?L\w*|[nvx]*[LS][nvx]*|show|status|get|info|help|version|V|h|ls|ps)$"
)
_IP_READS = frozenset({"show", "list", "ls", "get", "monitor", "help"})
_IP_OBJECTS = frozenset({
    "a", "addr", "address", "r", "route", "ro", "l", "link", "ru", "rule", "n", "neigh", "neighbour", "neighbor",
    "netns", "nexthop", "xfrm", "tunnel", "tuntap", "vrf", "maddress", "ntable", "l2tp", "token", "macsec",
})  # fmt: skip
_IP_VALUED = frozenset({"-n", "-netns", "-rc", "-rcvbuf", "-l", "-loops"})
_IP_BATCH = frozenset({"-b", "-batch", "-B"})
_WRITES_SYSCTL = re.compile(r">\s*[\"']?/proc/sys/net/|\btee\s+(-a\s+)?[\"']?/proc/sys/net/")
_TOOLS = frozenset({"salt-call", "salt-ssh", "salt", "puppet", "chef-client", "chef-solo", "cinc-client", "cf-agent",
                    "ansible-playbook", "ansible-pull", "bolt"})  # fmt: skip
"""The tools that bring hosts into a described state.  The tool's command does not show the changes that a run makes."""
_ANSIBLE = re.compile(r"/AnsiballZ_(\w+)\.py\b")
_ANSIBLE_MODULES = re.compile(
    r"command|shell|script|raw|reboot|iptables\w*|nftables|ufw|firewalld|sysctl|systemd(_service)?|service|nmcli|modprobe"
    r"|interfaces_file|ipset|(docker|podman)_\w+|netplan|network_\w+|apt|dnf|yum|package|zypper|pacman|apk|copy|template"
)
"""The last parts of the names of Ansible's modules that can change a host's network."""
_CONTAINER: dict[str, EventId] = {
    "restart": "container-restart", "start": "container-restart", "stop": "container-stop", "kill": "container-stop",
    "rm": "container-stop", "unpause": "container-restart", "pause": "container-stop",
}  # fmt: skip
_FIREWALLD: dict[str, EventId] = {"--reload": "firewalld-reload", "--complete-reload": "firewalld-restart"}
_CHANGING: dict[str, frozenset[str]] = {
    **{one.name: one.changing for each in PROGRAMS for one in each.commands if one.changing},
    "netplan": frozenset({"apply", "try", "set", "rebind"}),
    "resolvectl": frozenset({"dns", "domain", "revert", "default-route"}),
    "ipvsadm": frozenset({"-A", "-D", "-E", "-C", "-a", "-d", "-e", "-R"}),
    "update-alternatives": frozenset({"iptables", "ip6tables", "ebtables", "arptables"}),
    "alternatives": frozenset({"iptables", "ip6tables", "ebtables"}),
    "nixos-rebuild": frozenset({"switch", "test"}),
    "wpa_cli": frozenset({"reconfigure", "reassociate", "disconnect"}),
    "dhclient": frozenset({"-r", "-x"}),
}  # fmt: skip
"""The words with which each program changes the network in a way that hairpin cannot simulate."""
_UFW: dict[str, EventId] = {"enable": "ufw-enable", "disable": "ufw-disable", "reload": "ufw-reload"}
_CARRIED_OUT = frozenset({
    "iptables", "ip6tables", "iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy", "iptables-restore",
    "ip6tables-restore", "nft", "ipset", "ebtables", "sysctl", "ip", "modprobe", "echo", "route", "ifconfig", "brctl",
    "bridge", "tc", "conntrack", "ifup", "ifdown", "ethtool",
})  # fmt: skip


def effect_of_command(command: str) -> Effect | None:
    """Return the effect of the command.

    If the effect is unknown, the returned effect is empty.  Return None if the command changes nothing in the network.
    """
    hidden = HIDDEN in command
    line = command_line(command.replace(HIDDEN, ""))
    found = [each for each in (_of_simple(one, hidden=hidden) for one in line.commands) if each is not None]
    is_list = len(line.commands) > 1 or _WRITES_SYSCTL.search(line.text) is not None
    if hidden and (is_list or (line.text != command.replace(HIDDEN, "").strip() and not found)):
        return Effect(commands=HIDDEN)  # the collector hid parts of the shell text, so its effect is unknown
    if _WRITES_SYSCTL.search(line.text):
        return Effect(commands=line.text)
    if not found or all(each == _NOTHING for each in found):
        return found[0] if found else None
    if not all(each.certain for each in line.commands):
        return Effect(commands=line.text if is_list else command)
    return Effect(commands=line.text) if is_list else found[0]


def _of_simple(command: Simple, *, hidden: bool) -> Effect | None:
    """Return the effect of one simple command.  ``hidden``: whether some of the command's arguments were not read."""
    program, arguments = command.program, list(command.words[1:])
    if hidden and program in _CARRIED_OUT:
        return Effect(commands=HIDDEN)
    told = _PROGRAMS.get(program.removesuffix("-nft").removesuffix("-legacy"))
    if told is not None:
        return told(arguments)
    if program in _CARRIED_OUT:
        return None if _only_reads(program, arguments) else Effect(commands=shlex.join(command.words))
    changing = _CHANGING.get(program)
    if changing is not None and not changing.isdisjoint(arguments):
        return _NOTHING
    return _NOTHING if configuration_tool(command) else None


def configuration_tool(command: Simple) -> str:
    """Return the tool that applies a configuration to the host, with its module: ``puppet``, ``Ansible: systemd``.
    Return an empty text for any other command."""
    ansible = _ANSIBLE.search(" ".join(command.words))
    if ansible is not None:
        return f"Ansible: {ansible[1]}" if _ANSIBLE_MODULES.fullmatch(ansible[1]) else ""
    names = (each.rpartition("/")[2] for each in command.words[:2])
    return next((each for each in names if each in _TOOLS), "")


def _only_reads(program: str, arguments: list[str]) -> bool:
    plain = [each for each in arguments if not each.startswith("-")]
    if program == "ip":
        valued = {each for option, each in pairwise(arguments) if option in _IP_VALUED}
        plain = [each for each in plain if each not in valued]
        if not _IP_BATCH.isdisjoint(arguments):
            return False
        if not plain or plain[0] not in _IP_OBJECTS:
            return True
        return len(plain) == 1 or plain[1] in _IP_READS
    if program == "sysctl":
        return not any("=" in each for each in plain) and not {"-p", "--load", "-w", "--write"} & set(arguments)
    if program in ("bridge", "tc", "brctl"):
        return not {"add", "del", "replace", "change", "addif", "delif", "addbr", "delbr", "set", "append"} & set(plain)
    if program in ("route", "ifconfig"):
        return len(plain) < 2
    if program == "nft":
        return "-f" not in arguments and "--file" not in arguments and (not plain or plain[0] in ("list", "monitor"))
    if program in ("ethtool", "modprobe", "echo"):
        return program != "modprobe"
    if program == "conntrack":
        return not {"-F", "-D", "--flush", "--delete"} & set(arguments)
    if program.endswith("-restore"):
        return "-t" in arguments or "--test" in arguments
    return all(_READS.match(each) for each in arguments[:1]) or (
        "tables" in program and any(re.fullmatch(r"-[nvxt]*[LSC][nvxt]*|--list.*|--check", each) for each in arguments)
    )


def _systemctl(arguments: list[str]) -> Effect | None:
    plain = [each for each in arguments if not each.startswith("-")]
    if "--now" in arguments and plain[:1] in (["enable"], ["disable"], ["mask"]):
        plain[0] = "start" if plain[0] == "enable" else "stop"
    if len(plain) < 2 or plain[0] not in _VERBS:
        return None
    return unit_effect(full_name(plain[1]), _VERBS[plain[0]])


def _service(arguments: list[str]) -> Effect | None:
    return _systemctl([*reversed(arguments[:2])])


def _firewall_cmd(arguments: list[str]) -> Effect | None:
    for each in arguments:
        if each in _FIREWALLD:
            return Effect(event=_FIREWALLD[each])
    changing = re.compile(r"--(add|remove|change|set|new|delete|direct|panic|runtime)")
    return _NOTHING if any(changing.match(each) for each in arguments) and "--permanent" not in arguments else None


def _ufw(arguments: list[str]) -> Effect | None:
    plain = [each for each in arguments if not each.startswith("-")]
    if not plain or plain[0] in ("status", "show", "version", "app", "logging"):
        return None
    event = _UFW.get(plain[0])
    return _NOTHING if event is None else Effect(event=event)


def _sysctl(arguments: list[str]) -> Effect | None:
    if "--system" in arguments:
        return Effect(event="sysctl-system")
    if _only_reads("sysctl", arguments):
        return None
    return Effect(commands=shlex.join(["sysctl", *arguments]))


def _persistent(arguments: list[str]) -> Effect | None:
    return Effect(event="saved-rules-restore") if arguments[:1] in (["start"], ["reload"], ["restart"]) else None


def _conntrack(arguments: list[str]) -> Effect | None:
    if {"-F", "--flush"} & set(arguments):
        return Effect(event="conntrack-flush")
    return Effect(commands=shlex.join(["conntrack", *arguments])) if {"-D", "--delete"} & set(arguments) else None


def _engine(arguments: list[str]) -> Effect | None:
    plain = [each for each in arguments if not each.startswith("-")]
    if _changes_engine(plain):
        return _NOTHING
    if plain[:1] == ["container"]:
        plain = plain[1:]
    if plain[:1] == ["compose"]:
        return _compose(plain[1:])
    if plain[:1] in (["run"], ["create"], ["update"]):
        return _NOTHING
    if len(plain) < 2 or plain[0] not in _CONTAINER:
        return None
    # In `-t 5 NAME`, the option's value stands before the name.
    return Effect(event=_CONTAINER[plain[0]], name=plain[-1])


_OBJECTS: dict[str, frozenset[str]] = {
    "network": frozenset({"create", "connect", "disconnect", "rm", "remove", "prune", "reload", "update"}),
    "swarm": frozenset({"init", "join", "leave", "update"}),
    "service": frozenset({"create", "update", "rm", "scale", "rollback"}),
    "stack": frozenset({"deploy", "up", "rm", "down"}),
    "pod": frozenset({"create", "start", "stop", "restart", "rm", "kill"}),
    "kube": frozenset({"play", "down", "apply"}),
    "play": frozenset({"kube"}),
    "system": frozenset({"prune", "reset"}),
    "container": frozenset({"prune"}),
    "node": frozenset({"update", "promote", "demote", "rm"}),
}
"""The verbs that change an engine's networks, by the engine's word for the changed object."""


def _changes_engine(plain: list[str]) -> bool:
    """Return whether the command changes the engine's networks.  Options with values may stand before the verb."""
    return any(verb in _OBJECTS.get(word, ()) for word, verb in pairwise(plain[:4]))


def _compose(arguments: list[str]) -> Effect | None:
    plain = [each for each in arguments if not each.startswith("-")]
    verbs = {"up", "restart", "down", "stop", "start", "rm", "kill", "pull", "create"}
    verb = next((each for each in plain if each in verbs), "")
    if verb == "up":
        return Effect(event="compose-recreate")
    return _NOTHING if verb and verb != "pull" else None


_PROGRAMS: dict[str, Callable[[list[str]], Effect | None]] = {
    "systemctl": _systemctl,
    "service": _service,
    "invoke-rc.d": _service,
    "rc-service": _service,
    "firewall-cmd": _firewall_cmd,
    "ufw": _ufw,
    "sysctl": _sysctl,
    "netfilter-persistent": _persistent,
    "conntrack": _conntrack,
    "docker": _engine,
    "podman": _engine,
    "nerdctl": _engine,
    "docker-compose": _compose,
}


def named_units(command: str) -> tuple[tuple[str, Verb], ...]:
    """Return the units that the command names, each with the verb: start, stop or reload."""
    found: list[tuple[str, Verb]] = []
    for simple in command_line(command).commands:
        program, rest = simple.program, [word for word in simple.words[1:] if not word.startswith("-")]
        if program in ("service", "invoke-rc.d", "rc-service") and len(rest) >= 2:
            rest = [rest[1], rest[0]]
        elif program == "ufw" and rest[:1] and rest[0] in _UFW:
            rest = ["reload" if rest[0] == "reload" else "start" if rest[0] == "enable" else "stop", "ufw"]
        elif program == "netplan" and rest[:1] == ["apply"]:
            rest = ["restart", "systemd-networkd", "NetworkManager"]
        elif program != "systemctl":
            continue
        if rest and rest[0] in ("enable", "disable"):
            rest[0] = "start" if rest[0] == "enable" else "stop"
        if rest and rest[0] in _VERBS:
            verb = _VERBS[rest[0]]
            found.extend((full_name(unit), verb) for unit in rest[1:])
    return tuple(found)
