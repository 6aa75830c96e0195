"""Adds or deletes addresses, routes, policy rules, neighbour entries: kept by what configures the host's network."""

from hairpin.change.change import (
    AddAddress,
    AddFdbEntry,
    AddNeighbour,
    AddRoute,
    DeleteFdbEntry,
    DeleteNeighbour,
    DeletePolicyRule,
    DeleteRoute,
    Primitive,
)
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation

_CONFIGURATORS = (
    ("/etc/netplan/", "netplan"),
    ("/etc/NetworkManager/system-connections/", "NetworkManager"),
    ("/etc/systemd/network/", "systemd-networkd"),
    ("/etc/sysconfig/network-scripts/", "network-scripts"),
    ("/etc/network/interfaces", "ifupdown"),
)


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(
        part,
        AddAddress | AddRoute | DeleteRoute | DeletePolicyRule | AddNeighbour | DeleteNeighbour | AddFdbEntry
        | DeleteFdbEntry,
    )  # fmt: skip


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts
    return Lasting(advice=(configured_by(situation.host),))


def configured_by(host: Host) -> Message:
    """Say in which files this host's network is configured."""
    found = [
        (name, [file.path for file in host.files if file.path.startswith(folder)]) for folder, name in _CONFIGURATORS
    ]
    used = [(name, paths) for name, paths in found if paths]
    if not used:
        return message("it lasts until the next reboot: make the same change where this host's network is configured")
    return message(
        "it lasts until the next reboot: make the same change for {names} ({files})",
        names=", ".join(name for name, _ in used),
        files=", ".join(path for _, paths in used for path in paths[:3]),
    )


REMEDY = RemedyKind(id="change-route", order=35, handles=_handles, lasting=_lasting)
