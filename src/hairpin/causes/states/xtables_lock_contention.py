"""A process holds the lock that every ``iptables`` command of the legacy back end needs, so no rule can be made.

Users see: "Another app is currently holding the xtables lock".  ``docker run`` hangs, or a container's rules are
missing after many containers were started at once.

Proof: the kernel's list of locks names the process that holds ``/run/xtables.lock`` and the processes that wait for it.
Or the engine's error about a container says that another app holds the xtables lock.  No flow shows this cause, and
lost rules follow from it.
Now: wait until the process releases the lock, or end the process.  Then start the failed container, or run ``hairpin
restore --apply``.
Lasting: use ``iptables -w`` in every script, use fewer rules (fail2ban with ipset), or use the nf_tables back end,
which needs no lock.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way, id_of
from hairpin.causes.states._start_words import Told, words_meaning
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.host.host import Host
from hairpin.host.rule_tools import LockUser
from hairpin.message import Message, message

_LOCK = "/run/xtables.lock"
_LONG_S = 5
"""A time in seconds: no normal ``iptables`` command holds the lock for so long."""
_WAITING_S = 1
"""The shortest wait for the lock, in seconds, that counts.  Shorter waits are usual while several containers start."""
_ID = id_of(__name__)


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding about the process that holds the lock, if other processes wait for the lock or an iptables
    process holds it for long.  If no blocking process is found, yield one finding if an engine's error reports the
    lock."""
    users = host.rule_tools.lock
    holder = next((each for each in users if not each.waits), None)
    waiting = tuple(each for each in users if each.waits and each.age_s >= _WAITING_S)
    said = tuple(words_meaning(host, _ID))
    if holder is not None and (waiting or (_is_iptables(holder) and holder.age_s >= _LONG_S)):
        yield _held(holder, waiting)
    elif said:
        yield _told(said)


def _is_iptables(user: LockUser) -> bool:
    """Return whether the process is an iptables command.  An iptables command holds the lock only while it works."""
    return "tables" in user.process


def _held(holder: LockUser, waiting: tuple[LockUser, ...]) -> Finding:
    values: dict[str, str | int] = {"process": holder.process, "pid": holder.pid, "seconds": holder.age_s}
    detail = message(
        "This process started {seconds} seconds ago. Every legacy `iptables` command waits for the lock or gives up, "
        "so no rule for a container can be made now.",
        **values,
    )
    if waiting:
        detail = message(
            "{process} (process {pid}) is one of {count} processes that wait for the lock. No rule for a container can "
            "be made now.",
            process=waiting[0].process,
            pid=waiting[0].pid,
            count=len(waiting),
        )
    found = Candidate(
        title=message("{process} (process {pid}) holds the xtables lock", **values),
        detail=detail,
        change=Change(()),
        where=OfTool(lock=_LOCK, process=holder.process, pid=holder.pid),
        in_class="switched-off",
        evidence=(holder.evidence,) if holder.evidence else (),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "wait until the process ends, or end it if it hangs: kill {pid}; then {then}",
                        pid=holder.pid,
                        then=_AGAIN,
                    ),
                ),
                by_person=True,
            ),
        ),
    )
    line = message("{process} (process {pid}) has held the xtables lock for {seconds} seconds", **values)
    return Finding(found, "blocking" if waiting else "advice", line=line)


_AGAIN = message("start the containers that failed meanwhile, or run `hairpin restore --apply`")


def _told(said: tuple[Told, ...]) -> Finding:
    names = tuple(each.container.name for each in said if each.container is not None)
    found = Candidate(
        title=message("A process held the xtables lock when rules for a container were to be made"),
        detail=_gave_up(names),
        change=Change(()),
        where=OfTool(lock=_LOCK),
        in_class="switched-off",
        evidence=tuple(dict.fromkeys(one for each in said for one in each.evidence if one)),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message("start the container again: {command}", command=said[0].engine.command("start", *names))
                    if names
                    else message("start the engine again"),
                ),
            ),
        ),
        advice=(message("let every script call iptables with -w, so that it waits for the lock"),),
    )
    line = message("a process held the xtables lock when rules were to be made: {names}", names=", ".join(names) or "-")
    return Finding(found, "advice", container=names[0] if len(names) == 1 else "", line=line)


def _gave_up(names: tuple[str, ...]) -> Message:
    if not names:
        return message("The engine's iptables gave up. No process holds the lock for long now.")
    return message(
        "The engine's iptables gave up, so {names} did not start. No process holds the lock for long now.",
        names=", ".join(names),
    )


CAUSE = Cause(
    title=message("The xtables lock is held"),
    source="iptables: xshared.c xtables_lock(); proc_locks(5); moby/moby#44331, moby/moby#26111",
)
