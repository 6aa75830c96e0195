"""Calls that nobody would carry out: their manager does not run, or is disabled."""

from typing import Literal

from hairpin.change.calls import (
    AddDirectChain,
    AddDirectRule,
    AddRichRule,
    AllowInUfw,
    BindInterface,
    Call,
    OpenPort,
    ReloadUfw,
    SetPanicMode,
    TrustSource,
)
from hairpin.host.host import Host

Deaf = Literal["firewalld", "ufw"]
"""A manager of rules that obeys its command only while it runs, or is enabled.  Podman and systemd obey always, and a
call for dockerd starts it (``engines/docker/daemon.py``)."""


def is_deaf(owner: Deaf, host: Host) -> bool:
    """Return whether the host has the manager, and the manager obeys no command now."""
    if owner == "firewalld":
        return host.firewalld is not None and not host.firewalld.running
    return host.ufw is not None and not host.ufw.enabled


def deaf_owner(call: Call, host: Host) -> Deaf | None:
    """Return the manager that would not carry the call out on this host now; None if the call is carried out, or if it
    is not known whether the manager runs.

    firewall-cmd speaks to the daemon, for its files as well.  If ufw is disabled, ``ufw allow`` writes its files and
    loads nothing.  Source: firewall-cmd(1), ufw: src/ufw/backend_iptables.py set_rule()"""
    match call:
        case (
            OpenPort()
            | AddRichRule()
            | BindInterface()
            | TrustSource()
            | AddDirectRule()
            | AddDirectChain()
            | SetPanicMode()
        ):
            return "firewalld" if is_deaf("firewalld", host) else None
        case AllowInUfw() | ReloadUfw():
            return "ufw" if is_deaf("ufw", host) else None
        case _:
            return None
