"""The cause that an engine's error text about a failed start means.

Only error texts about the present count: the error of a container that does not run, and the log of a dockerd that does
not run.  The log and the files also show why dockerd does not run, and after which event users notice it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.engines.docker.daemon import bound_elsewhere
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.docker import Container, Engine
from hairpin.host.engine_health import Health, is_down
from hairpin.host.host import Host
from hairpin.message import Message, message


class Told(msgspec.Struct, frozen=True):
    """An error text of an engine.  ``container``: the container that the text is about, or None if it is about the
    engine itself.  ``subject``: the module, match, target or table that the text names, or empty if it names none."""

    engine: Engine
    container: Container | None
    words: str
    subject: str
    evidence: tuple[str, ...]


def makers_told(host: Host, container: Container) -> tuple[str, ...]:
    """Return the id of the cause that the engine's error about the container means.  If no error text means a cause,
    and an iptables process waits for the xtables lock now, return the cause about this lock.  While iptables waits for
    the lock, the engine starts no container."""
    if container.running:
        return ()
    cause, _ = _meant(container.error)
    if not cause and any(each.waits for each in host.rule_tools.lock):
        return ("xtables-lock-contention",)
    return (cause,) if cause else ()


def makers_of_end(boot: Boot | None) -> tuple[str, ...]:
    """Return the ids of the causes that the last lines of dockerd's log mean."""
    found = (_meant(line)[0] for line in (boot.log if boot is not None else ()))
    return tuple(dict.fromkeys(each for each in found if each))


def words_meaning(host: Host, cause: str) -> Iterator[Told]:
    """Yield the error texts of the host's engines that mean the cause.  Only error texts about containers that do not
    run, and about an engine that does not run, are yielded."""
    for engine in host.engines:
        for each in engine.containers:
            meant, subject = ("", "") if each.running else _meant(each.error)
            if meant == cause:
                yield Told(engine, each, each.error, subject, (each.evidence,))
        if engine.boot is not None and is_down(host, engine):
            for line in engine.boot.log:
                meant, subject = _meant(line)
                if meant == cause:
                    yield Told(engine, None, line, subject, engine.boot.traces)


def _meant(error: str) -> tuple[str, str]:
    """Return the id of the cause that the error text means, and the text's subject; empty if there are none."""
    if not error:
        return "", ""
    from hairpin.words.starts import cause_told  # noqa: PLC0415 - most engines report no error

    return cause_told(error)


def wrong_zone(host: Host, engine: Engine) -> Message | None:
    """Return why dockerd cannot start while firewalld runs, or None if no bridge of dockerd is in another zone than
    ``docker``."""
    bridges = bound_elsewhere(host, engine)
    if not bridges:
        return None
    return message("firewalld has {bridges} in a zone other than docker", bridges=", ".join(bridges))


def last_words(boot: Boot | None) -> Message | None:
    """Return the message with the last line of dockerd's log, or None if the log was not read."""
    return message("dockerd's log says: {line}", line=boot.log[-1]) if boot is not None and boot.log else None


def after(down: Health) -> str:
    """Return the event after which at the latest users notice that dockerd is down."""
    return "container-stop" if down.enabled else "reboot"
