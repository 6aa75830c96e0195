"""Candidates whose calls nobody would carry out: the owner of a rule, which should make it, does not run or is
disabled."""

from typing import Literal, assert_never

import msgspec

from hairpin.causes.cause import Candidate
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
from hairpin.change.change import Change
from hairpin.host.host import Host
from hairpin.message import Message, message

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


def with_obeyed_calls(candidate: Candidate, host: Host) -> Candidate:
    """Return the candidate without the calls that the host's owners do not carry out.  The rules themselves are then
    the repair."""
    changes = (candidate.change, *(each.change for each in candidate.ways))
    owners = {deaf_owner(call, host) for each in changes for call in each.calls}
    if is_deaf("firewalld", host):
        owners |= {"firewalld" for each in candidate.ways for line in each.typed if line.startswith("firewall-cmd")}
    deaf: tuple[Deaf, ...] = tuple(each for each in ("firewalld", "ufw") if each in owners)
    if not deaf:
        return candidate
    ways = tuple(msgspec.structs.replace(each, change=_by_rules(each.change, host)) for each in candidate.ways)
    advice = (*candidate.advice, *map(_sentence, deaf))
    return msgspec.structs.replace(candidate, change=_by_rules(candidate.change, host), ways=ways, advice=advice)


def _by_rules(change: Change, host: Host) -> Change:
    """Return the change without the calls that nobody carries out.  A change that is nothing but calls stays."""
    if not change.parts:
        return change
    return msgspec.structs.replace(change, calls=tuple(each for each in change.calls if not deaf_owner(each, host)))


def _sentence(owner: Deaf) -> Message:
    match owner:
        case "firewalld":
            return message(
                "firewalld does not run, so `firewall-cmd` changes nothing. Its rules stay in the kernel until it "
                "starts again"
            )
        case "ufw":
            return message(
                "ufw is disabled, so `ufw allow` changes its files and no rule of the kernel. `ufw enable` loads the "
                "rules of its files"
            )
        case _:
            assert_never(owner)
