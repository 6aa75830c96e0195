"""The reason in dockerd's log and files why dockerd does not run, and the event after which users notice that it does
not run."""

from hairpin.engines.docker.daemon import bound_elsewhere
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.docker import Engine
from hairpin.host.engine_health import Health
from hairpin.host.host import Host
from hairpin.message import Message, message


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
