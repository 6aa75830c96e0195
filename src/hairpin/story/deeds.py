"""What a command does to the network: an event of ``events/``, the command itself, or nothing."""

import re
import shlex
from collections.abc import Callable

from hairpin.events.event import EventId
from hairpin.host.managers import HIDDEN
from hairpin.story.entry import Effect
from hairpin.story.unit_events import Verb, full_name, unit_effect

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
    "netns",
})  # fmt: skip
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_CONTAINER: dict[str, EventId] = {
    "restart": "container-restart", "start": "container-restart", "stop": "container-stop", "kill": "container-stop",
    "rm": "container-stop", "unpause": "container-restart", "pause": "container-stop",
}  # fmt: skip
_FIREWALLD: dict[str, EventId] = {"--reload": "firewalld-reload", "--complete-reload": "firewalld-restart"}
_UFW: dict[str, EventId] = {"enable": "ufw-enable", "disable": "ufw-disable", "reload": "ufw-reload"}
_CARRIED_OUT = frozenset({
    "iptables", "ip6tables", "iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy", "iptables-restore",
    "ip6tables-restore", "nft", "ipset", "ebtables", "sysctl", "ip", "modprobe", "echo", "route", "ifconfig", "brctl",
    "bridge", "tc", "conntrack", "ifup", "ifdown", "ethtool",
})  # fmt: skip


def effect_of_command(command: str) -> Effect | None:
    """Return what the command does, an effect without an event and without commands if nobody can say what; None if it
    changes nothing in the network, as one that only shows something."""
    try:
        words = shlex.split(command.replace(HIDDEN, ""))
    except ValueError:
        words = command.split()
    while words and (words[0] == "env" or re.fullmatch(r"[A-Za-z_]\w*=.*", words[0])):
        words = words[1:]
    if not words:
        return None
    program, arguments = words[0].rpartition("/")[2], words[1:]
    if program in _SHELLS:
        return _shell(command, arguments)
    if program in ("sudo", "timeout", "nohup", "nice") and arguments:
        return effect_of_command(shlex.join(arguments[1:] if program == "timeout" else arguments))
    if HIDDEN in command and program in _CARRIED_OUT:
        return Effect(commands=HIDDEN)
    told = _PROGRAMS.get(program.removesuffix("-nft").removesuffix("-legacy"))
    if told is not None:
        return told(arguments)
    if program in _CARRIED_OUT:
        return None if _only_reads(program, arguments) else Effect(commands=shlex.join(words))
    return None


def _shell(command: str, arguments: list[str]) -> Effect | None:
    """Return what ``sh -c TEXT`` does.  sudo's log has the text without its quotes."""
    if "-c" not in arguments[:2]:
        return None
    if HIDDEN in command:
        return Effect(commands=HIDDEN)
    rest = command.partition(" -c ")[2].strip()
    text = arguments[arguments.index("-c") + 1] if len(arguments) - arguments.index("-c") == 2 else rest
    parts = [part for part in re.split(r"\s*(?:;|&&|\|\|)\s*", text) if part]
    found = [each for each in map(effect_of_command, parts) if each is not None]
    if not found:
        return Effect(commands=text) if "/proc/sys/" in text and ">" in text else None
    if len(parts) == 1 and found[0].event is not None:
        return found[0]
    return Effect(commands=text)


def _only_reads(program: str, arguments: list[str]) -> bool:
    plain = [each for each in arguments if not each.startswith("-")]
    if program == "ip":
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
    return all(_READS.match(each) for each in arguments[:1]) or (
        "tables" in program and any(re.fullmatch(r"-[nvxt]*[LS][nvxt]*|--list.*", each) for each in arguments)
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
    if plain[:1] == ["container"]:
        plain = plain[1:]
    if plain[:2] in (["network", "connect"], ["network", "disconnect"], ["network", "rm"]):
        return _NOTHING
    if plain[:1] == ["compose"]:
        return _compose(plain[1:])
    if plain[:1] in (["run"], ["create"], ["update"]):
        return _NOTHING
    if len(plain) < 2 or plain[0] not in _CONTAINER:
        return None
    # `-t 5` has a value of its own before the name.
    return Effect(event=_CONTAINER[plain[0]], name=plain[-1])


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
    """Return the units that the command starts, stops or reloads by name, each with what is done to it."""
    found: list[tuple[str, Verb]] = []
    for part in re.split(r"\s*(?:;|&&|\|\|)\s*|\s-c\s+['\"]?", command):
        words = part.strip("'\" ").split()
        words = [word for word in words if not word.startswith("-") and word != "sudo"]
        if not words:
            continue
        program, rest = words[0].rpartition("/")[2], words[1:]
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
