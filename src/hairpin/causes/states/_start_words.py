"""The cause that an engine's own words about a failed start mean.

Only words about the present count: the error of a container that does not run, and the log of a daemon that does not
run.
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.docker import Boot, Container, Engine
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host
from hairpin.texts.told import cause_told


class Told(msgspec.Struct, frozen=True):
    """Words of an engine.  ``container``: the container that they are about; None: the engine itself.  ``subject``: the
    module, match, target or table that they name; empty: none."""

    engine: Engine
    container: Container | None
    words: str
    subject: str
    evidence: tuple[str, ...]


def makers_told(host: Host, container: Container) -> tuple[str, ...]:
    """Return the id of the cause that the engine's error about the container means.  Without such an error: the cause
    of the xtables lock, if an iptables process waits for it now, because the engine then starts nothing."""
    if container.running:
        return ()
    cause, _ = cause_told(container.error)
    if not cause and any(each.waits for each in host.rule_tools.lock):
        return ("xtables-lock-contention",)
    return (cause,) if cause else ()


def makers_of_end(boot: Boot | None) -> tuple[str, ...]:
    """Return the ids of the causes that the daemon's last log lines mean."""
    found = (cause_told(line)[0] for line in (boot.log if boot is not None else ()))
    return tuple(dict.fromkeys(each for each in found if each))


def words_meaning(host: Host, cause: str) -> Iterator[Told]:
    """Yield what the host's engines say about the cause: of containers that do not run, and of a daemon that does not
    run."""
    for engine in host.engines:
        for each in engine.containers:
            meant, subject = cause_told(each.error) if each.error and not each.running else ("", "")
            if meant == cause:
                yield Told(engine, each, each.error, subject, (each.evidence,))
        if engine.boot is not None and is_down(host, engine):
            for line in engine.boot.log:
                meant, subject = cause_told(line)
                if meant == cause:
                    yield Told(engine, None, line, subject, engine.boot.traces)
