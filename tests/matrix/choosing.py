"""Which hosts an event is tried on, where not all of them are: so many for each event, drawn by chance."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from hairpin.events.event import EventId
from hairpin.lab.plan import LabPlan
from tests.matrix.hosts import EVENT_HOSTS


def _says(word: str) -> Callable[[LabPlan], bool]:
    """Return whether a plan's words have this one."""
    return lambda plan: word in msgspec.json.encode(plan).decode()


def _has_firewalld(plan: LabPlan) -> bool:
    """Return whether firewalld runs: since the host's start, or its set-up starts it."""
    if plan.firewall == "firewalld":
        return not _says("kill $(pidof -x firewalld)")(plan)
    return _says("firewalld --nopid")(plan)


def _may_start_firewalld(plan: LabPlan) -> bool:
    return not _has_firewalld(plan) and (plan.firewall == "firewalld" or _says("dbus-daemon")(plan))


def _has_ufw(plan: LabPlan) -> bool:
    return plan.firewall == "ufw" and not _says("ufw disable")(plan)


_NEEDED: Mapping[str, Callable[[LabPlan], bool]] = {
    "firewalld-start": _may_start_firewalld,
    "firewalld-re": _has_firewalld,
    "ufw-enable": lambda plan: not _has_ufw(plan),
    "ufw-reload": _has_ufw,
    "ufw-disable": _has_ufw,
    "docker-": lambda plan: plan.docker,
    "podman-": lambda plan: bool(plan.podman),
    "compose-": _says("com.docker.compose"),
    "nftables-": _says("/etc/nftables.conf"),
    "saved-rules-": _says("/etc/iptables/rules.v4"),
}
"""What a plan has that an event whose id begins so needs.  Whether it then can happen only the host tells."""


def candidates(event: EventId, seed: int) -> tuple[str, ...]:
    """Return the hosts on which the event may happen, as far as their plans tell, in an order of the seed's."""
    fits = [need for begin, need in _NEEDED.items() if event.startswith(begin)]
    names = [name for name, plan in EVENT_HOSTS.items() if all(need(plan()) for need in fits)]
    random.Random(f"{seed} {event}").shuffle(names)  # noqa: S311
    return tuple(names)


class Draw:
    """The next hosts of each event, until ``each`` trials of it were made or no host is left."""

    def __init__(self, events: Sequence[EventId], hosts: Sequence[str], each: int, seed: int) -> None:
        self._left = {event: [name for name in candidates(event, seed) if name in hosts] for event in events}
        self._wanted = dict.fromkeys(events, each)

    def made(self, event: EventId) -> None:
        """Note that a trial of the event was made."""
        self._wanted[event] -= 1

    def round(self) -> Iterator[tuple[str, EventId]]:
        """Yield host and event of the trials that are still wanted: none once all were made."""
        for event, number in self._wanted.items():
            hosts = self._left[event]
            for name in hosts[:number]:
                yield name, event
            del hosts[:number]
