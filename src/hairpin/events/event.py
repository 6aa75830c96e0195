"""An event: a change from outside the model.  Its id is the user's word for it (``--after ID``)."""

from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from hairpin.events.course import Course
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.host import Host
from hairpin.message import Message

EventId = Literal[
    "reboot", "docker-restart", "docker-stop", "docker-kill", "docker-reload", "docker-upgrade", "container-stop",
    "container-restart", "container-recreate", "compose-recreate", "podman-restart", "firewalld-start",
    "firewalld-restart", "firewalld-reload", "ufw-reload", "ufw-enable", "ufw-disable", "saved-rules-restore",
    "nftables-restart", "nftables-reload", "iptables-flush", "iptables-upgrade", "sysctl-system", "forwarding-toggle",
    "network-restart", "networkd-restart", "networkmanager-restart", "link-bounce", "dhcp-new-address", "vpn-up",
    "fail2ban-restart", "conntrack-flush", "kernel-upgrade", "cloud-stop-start", "nic-replaced",
    "router-advertisement-expired", "br-netfilter-load",
]  # fmt: skip
"""The ids in the order in which events are listed.  Type checkers cannot read a list that is made from files, so it
stands here; ``tests/events/test_events.py`` checks that it names the files' events."""
EVENT_IDS: tuple[EventId, ...] = get_args(EventId)
UnitVerb = Literal["start", "restart", "reload", "stop", "kill"]
Happens = Callable[[Course], Course | None]
"""The course of a host to its course after the event; None if the event cannot happen on that host."""


class ByName(msgspec.Struct, frozen=True):
    """The event narrowed to one container or link.  ``happens``: takes the course and the name after the id's colon.
    ``what``: the kind of thing that is named."""

    what: Literal["container", "link"]
    happens: Callable[[Course, str], Course | None]


def _on_every_host(_host: Host) -> bool:
    return True


class ByItself(msgspec.Struct, frozen=True):
    """An event that comes without being asked for: by itself, or in the ordinary care of a host.

    ``reach``: its rank among those events, the narrowest first.  A cause is reported for the first event that brings
    it.  ``on``: whether it comes on a host on which it can happen."""

    reach: int
    on: Callable[[Host], bool] = _on_every_host


class Event(msgspec.Struct, frozen=True):
    """An event.

    ``source``: where its effect is documented: a man page, a source file.  ``by_name``: None if it takes no name.
    ``by_itself``: None if a user has to ask for it.  ``units``: the event is one of the ``verbs`` on one of these
    units. ``packages``: it is the upgrade of one of these packages.  ``command``: what an administrator types for it;
    empty: there is no single command."""

    id: EventId
    title: Message
    source: str
    happens: Happens
    by_name: ByName | None = None
    by_itself: ByItself | None = None
    units: tuple[str, ...] = ()
    verbs: tuple[UnitVerb, ...] = ("start", "restart")
    packages: tuple[str, ...] = ()
    command: str = ""

    def comes_on(self, host: Host) -> bool:
        """Return whether the event comes by itself on the host, if it can happen there."""
        return self.by_itself is not None and self.by_itself.on(host)


def starts_one_of(*names: str) -> Callable[[Host], bool]:
    """Return the test whether a host has one of these units and starts it at boot or runs it now."""

    def starts_one(host: Host) -> bool:
        found = (unit(host, name) for name in names)
        return any(
            each is not None and (each.enabled.startswith("enabled") or each.active == "active") for each in found
        )

    return starts_one
