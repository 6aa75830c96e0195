"""The reasons in dockerd's log and files why it does not run, and the event after which users notice it."""

from hairpin.engines.docker.daemon import bound_elsewhere
from hairpin.host.docker import Boot, Engine
from hairpin.host.engine_health import Health
from hairpin.host.host import Host
from hairpin.message import Message, message


def wrong_zone(host: Host, engine: Engine) -> Message | None:
    """Return why the daemon cannot start beside firewalld; None if its bridges are in the zone that it needs."""
    bridges = bound_elsewhere(host, engine)
    if not bridges:
        return None
    return message("firewalld has {bridges} in another zone than docker", bridges=", ".join(bridges))


def last_words(boot: Boot | None) -> Message | None:
    """Return the line with which the daemon ended, if its log was read."""
    return message("its log says: {line}", line=boot.log[-1]) if boot is not None and boot.log else None


def after(down: Health) -> str:
    """Return the event after which users notice at the latest that the daemon is down."""
    return "container-stop" if down.enabled else "reboot"
