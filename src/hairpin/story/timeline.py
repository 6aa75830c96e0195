"""The story of hosts: the entries of all their traces in one order of time."""

from collections.abc import Callable, Iterator

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.story.actors import with_actors
from hairpin.story.commands.apt_hooks import hook_entries
from hairpin.story.commands.audit import audit_entries
from hairpin.story.commands.cron import cron_entries
from hairpin.story.commands.packages import package_entries
from hairpin.story.commands.people import people_entries
from hairpin.story.containers import container_entries
from hairpin.story.entry import Story, StoryEntry
from hairpin.story.files import file_entries
from hairpin.story.logs.boots import boot_entries, boots_of, clock_entries
from hairpin.story.logs.daemon_log import engine_entries, firewall_entries
from hairpin.story.logs.kernel_log import kernel_entries
from hairpin.story.logs.transient_units import transient_entries
from hairpin.story.logs.units import unit_entries
from hairpin.story.missing import missing_of
from hairpin.story.networks import network_entries
from hairpin.story.traces import Traces, traces_of

WEEK_S = 7 * 86400.0
_KINDS: tuple[Callable[[Traces], Iterator[StoryEntry]], ...] = (
    boot_entries, clock_entries, unit_entries, engine_entries, firewall_entries, kernel_entries, people_entries,
    cron_entries, transient_entries, audit_entries, package_entries, hook_entries, file_entries, container_entries,
    network_entries,
)  # fmt: skip


def story_of(evidence: tuple[Evidence, ...], since: float | None) -> Story:
    """Return the entries of the hosts from ``since`` on (seconds since the epoch).

    If ``since`` is None, the story begins with the boot before the present boot, but at most seven days before the
    traces were read."""
    hosts = [traces_of(each) for each in evidence]
    begins = since if since is not None else min(map(_usual, hosts), default=0.0)
    entries = [each for traces in hosts for each in _entries(traces) if (each.until or each.at) >= begins]
    missing = tuple(each for traces in hosts for each in missing_of(traces, begins))
    return Story(tuple(sorted(entries, key=lambda each: each.at)), begins, missing)


def _entries(traces: Traces) -> tuple[StoryEntry, ...]:
    found = tuple(sorted((entry for kind in _KINDS for entry in kind(traces)), key=lambda each: each.at))
    return tuple(msgspec.structs.replace(each, host=traces.host) for each in with_actors(traces, found))


def _usual(traces: Traces) -> float:
    """Return the time at which the boot before the present boot began, but at the earliest the time one week ago.  If
    no earlier boot is known, return the time one week ago."""
    week = traces.clock.now - WEEK_S
    boots = [each.begins for each in boots_of(traces)]
    return max(week, boots[-2] if len(boots) > 1 else week)


def read_at(evidence: tuple[Evidence, ...]) -> float:
    """Return the time at which the last of the hosts was read, in seconds since the epoch."""
    return max((traces_of(each).clock.now for each in evidence), default=0.0)
