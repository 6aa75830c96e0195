"""An event: a change from outside the model.  A user names an event by the event's id (``--after ID``)."""

from collections.abc import Callable, Collection
from typing import Literal, get_args

import msgspec

from hairpin.events.course import Course
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
"""The ids of the events, in the order in which hairpin lists them.  Type checkers cannot read a list that is made from
files, so the ids are written here.  ``tests/events/test_events.py`` checks that each event that a module defines is in
this list."""
EVENT_IDS: tuple[EventId, ...] = get_args(EventId)
UnitVerb = Literal["start", "restart", "reload", "stop", "kill"]
Happens = Callable[[Course], Course | None]
"""A function that turns the course of a host into its course after the event, or returns None if the event cannot
happen on that host."""


class ByName(msgspec.Struct, frozen=True):
    """The event narrowed to one container or link.  ``happens``: a function with two arguments: the course, and the
    name that a user writes after the event id's colon.  ``what``: the kind of thing that the name names.

    ``to_some``: as ``happens``, with the names of several containers."""

    what: Literal["container", "link"]
    happens: Callable[[Course, str], Course | None]
    to_some: Callable[[Course, Collection[str]], Course | None] | None = None


class Event(msgspec.Struct, frozen=True):
    """A change from outside the model, with its effect on a host.

    ``source``: the man page or source file that documents the event's effect.  ``by_name``: None if the event takes no
    name.  ``units`` and ``verbs``: the event is ``systemctl VERB UNIT`` with one of these verbs and units.
    ``packages``: the event is the upgrade of one of these packages.
    ``command``: the command with which an administrator triggers the event; empty if there is no single command."""

    id: EventId
    title: Message
    source: str
    happens: Happens
    by_name: ByName | None = None
    units: tuple[str, ...] = ()
    verbs: tuple[UnitVerb, ...] = ("start", "restart")
    packages: tuple[str, ...] = ()
    command: str = ""
