"""An event: a change that the world makes.  Its id is the user's word for it (``--after ID``)."""

from collections.abc import Callable
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
EVENT_IDS: tuple[EventId, ...] = get_args(EventId)


class Event(msgspec.Struct, frozen=True):
    """An event.  ``happens``: the course of a host, and the name behind the id's colon (empty: none), to the course
    after it; None if it cannot happen on that host.

    ``narrows``: what the name behind the colon is of; empty: the event takes none.  ``source``: who says what it does:
    a man page, a file of the program's."""

    id: EventId
    title: Message
    source: str
    happens: Callable[[Course, str], Course | None]
    narrows: Literal["", "container", "link"] = ""
