"""What starts dockerd on this host, and what its traces say of why it does not run."""

from hairpin.change.calls import Call, SetUnitState
from hairpin.host.docker import Boot, Engine
from hairpin.host.engine_health import conflicts
from hairpin.message import Message, message


def starting(engine: Engine) -> SetUnitState:
    """Return the call that starts the daemon: systemd's, where no other way was seen."""
    by = engine.boot.by if engine.boot is not None else ""
    return SetUnitState("start", "docker", by or "systemd")


def calls(engine: Engine, *further: Call) -> tuple[Call, ...]:
    """Return the call that starts the daemon, and what is asked of it then."""
    return (starting(engine), *further)


def refusal(boot: Boot | None) -> Message | None:
    """Return why the daemon refuses its configuration; None if nothing shows that it does."""
    if boot is None:
        return None
    if boot.malformed:
        return message("{file} is not valid JSON", file=boot.config)
    twice = conflicts(boot)
    if twice:
        return message(
            "{options}: given both as a flag in the unit and in {file}", options=", ".join(twice), file=boot.config
        )
    return None


def last_words(boot: Boot | None) -> Message | None:
    """Return the line with which the daemon ended, if its log was read."""
    return message("its log says: {line}", line=boot.log[-1]) if boot is not None and boot.log else None
