"""The networks of systemd's units: a network namespace of their own, and systemd-socket-proxyd.

The reading has a block a unit, as ``systemctl show`` prints it, with the inode of the network namespace of the unit's
main process (``Netns=``), and ``ExecStart=`` only for a systemd-socket-proxyd.

Source: systemd.exec(5), PrivateNetwork=, NetworkNamespacePath=; systemd.unit(5), JoinsNamespaceOf=;
systemd-socket-proxyd(8)
"""

from collections.abc import Callable

import msgspec

from hairpin.evidence.reading import HOST, Reading
from hairpin.host.managers import FilterLine, Unit, UnitNetwork
from hairpin.host.netns import NAMED
from hairpin.host.read.engines.placement import Place
from hairpin.host.socket import Relay
from hairpin.netfilter.address import parse_address

_NAMES = "/run/netns/"
_PORT = 80
"""The port of a target that names none.  Source: systemd src/socket-proxy/socket-proxyd.c resolve_remote()"""
_TAKING_A_VALUE = ("-c", "--connections-max", "--exit-idle-time")
_SETTINGS = ("PrivateNetwork", "NetworkNamespacePath", "JoinsNamespaceOf", "ExecStart")


def with_networks(
    units: tuple[Unit, ...], reading: Reading, lines: Callable[[str], tuple[FilterLine, ...]], known: tuple[Place, ...]
) -> tuple[Unit, ...]:
    """Return the units with what the reading tells of their networks.

    ``lines``: returns the lines of a unit's files.  ``known``: the namespaces of the host, by their inodes."""
    told = {values["Id"]: values for values in _blocks(reading.text) if values.get("Id")}
    names = {each.inode: each.netns for each in known}

    def network(unit: Unit) -> Unit:
        values = told.get(unit.name)
        if values is None:
            return unit
        setting, netns = _setting(values), _netns(values, told, names)
        target = target_of(values.get("ExecStart", ""))
        if target is not None:
            target = msgspec.structs.replace(target, netns="" if netns == HOST else netns) if netns else None
        own = tuple(each for each in lines(unit.name) if each.text.startswith(_SETTINGS))
        sockets = tuple(values.get("TriggeredBy", "").split()) if target is not None else ()
        return msgspec.structs.replace(unit, network=UnitNetwork(setting, netns, own, target, sockets))

    return tuple(map(network, units))


def _blocks(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for block in text.replace("\r", "").split("\n\n"):
        pairs = (line.partition("=") for line in block.split("\n"))
        found.append({key: value for key, equals, value in pairs if equals})
    return found


def _setting(values: dict[str, str]) -> str:
    """Return the setting that gives the unit's processes their network namespace; empty if they have the host's."""
    path, joined = values.get("NetworkNamespacePath", ""), values.get("JoinsNamespaceOf", "")
    if path:
        return f"NetworkNamespacePath={path}"
    if values.get("PrivateNetwork") != "yes":
        return ""
    return f"JoinsNamespaceOf={joined}" if joined else "PrivateNetwork=yes"


def _netns(values: dict[str, str], told: dict[str, dict[str, str]], names: dict[str, str]) -> str:
    """Return the name of the namespace in which the unit's processes are, or would be if they ran; empty if it is not
    known."""
    if not _setting(values):
        return HOST
    path = values.get("NetworkNamespacePath", "")
    if path.startswith((_NAMES, f"/var{_NAMES}")):
        return f"{NAMED}{path.rpartition('/')[2]}"
    joined = (told[each] for each in values.get("JoinsNamespaceOf", "").split() if each in told)
    inodes = (each["Netns"] for each in (values, *joined) if "Netns" in each)
    return next((names[each] for each in inodes if each in names), "")


def target_of(command: str) -> Relay | None:
    """Return where systemd-socket-proxyd connects to; None for any other command, and for a target that is no address:
    a name, or a socket in the file system."""
    program, *arguments = command.split() or [""]
    if not program.endswith("/systemd-socket-proxyd"):
        return None
    words = [
        each
        for before, each in zip(("", *arguments), arguments, strict=False)
        if not each.startswith("-") and before not in _TAKING_A_VALUE
    ]
    host, colon, port = words[-1].rpartition(":") if words else ("", "", "")
    try:
        version, address = parse_address(host if colon else port)
        return Relay(version, address, int(port) if colon else _PORT)
    except ValueError:
        return None
