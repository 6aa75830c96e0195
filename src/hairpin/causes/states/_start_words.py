"""What an engine's own words say kept a container, or the engine itself, from starting: the cause that they mean.

Only words that say why something does not run now count: the error of a container that does not run, and the log of a
daemon that does not.
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.docker import Boot, Container, Engine
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host
from hairpin.texts.told import cause_told


class Told(msgspec.Struct, frozen=True):
    """Words of an engine.  ``container``: the one that they are about; None: the engine itself.  ``subject``: the
    module, match, target or table that they name; empty: none."""

    engine: Engine
    container: Container | None
    words: str
    subject: str
    evidence: tuple[str, ...]


def makers_told(host: Host, container: Container) -> tuple[str, ...]:
    """Return the id of the cause that the engine's error about the container means; else that of the lock for which an
    iptables waits now, since the engine then starts nothing.  Nothing if none is known."""
    if container.running:
        return ()
    cause, _ = cause_told(container.error)
    if not cause and any(each.waits for each in host.rule_tools.lock):
        return ("xtables-lock-contention",)
    return (cause,) if cause else ()


def makers_of_end(boot: Boot | None) -> tuple[str, ...]:
    """Return the ids of the causes that the log of a daemon's end means."""
    found = (cause_told(line)[0] for line in (boot.log if boot is not None else ()))
    return tuple(dict.fromkeys(each for each in found if each))


def words_meaning(host: Host, cause: str) -> Iterator[Told]:
    """Yield what the host's engines say of the cause: of containers that do not run, and of a daemon that does not."""
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
