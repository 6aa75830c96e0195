"""What starts dockerd on this host, and what its traces say of why it does not run."""

from hairpin.change.calls import BindInterface, Call, SetUnitState
from hairpin.host.docker import Boot, Engine
from hairpin.host.engine_health import conflicts
from hairpin.host.host import Host
from hairpin.message import Message, message


def starting(engine: Engine) -> SetUnitState:
    """Return the call that starts the daemon: systemd's, where no other way was seen."""
    by = engine.boot.by if engine.boot is not None else ""
    return SetUnitState("start", "docker", by or "systemd")


def calls(host: Host, engine: Engine, *further: Call) -> tuple[Call, ...]:
    """Return the calls that start the daemon, and what is asked of it then.

    dockerd puts its bridges into firewalld's zone ``docker``, and ends if one of them is bound to another zone.
    Source: moby libnetwork/iptables/firewalld.go AddInterfaceFirewalld()
    """
    return (*(BindInterface(_ZONE, bridge) for bridge in _bound_elsewhere(host, engine)), starting(engine), *further)


def wrong_zone(host: Host, engine: Engine) -> Message | None:
    """Return why the daemon cannot start beside firewalld; None if firewalld has its bridges where it wants them."""
    bridges = _bound_elsewhere(host, engine)
    if not bridges:
        return None
    return message("firewalld has {bridges} in another zone than docker", bridges=", ".join(bridges))


_ZONE = "docker"


def _bound_elsewhere(host: Host, engine: Engine) -> tuple[str, ...]:
    """Return the engine's bridges that firewalld has in another zone than dockerd's, which is there already.

    A zone without interfaces stands in firewalld's files only."""
    firewalld = host.firewalld
    if firewalld is None or all(each.name != _ZONE for each in (*firewalld.runtime, *firewalld.permanent)):
        return ()
    bound = {link for each in firewalld.runtime if each.name != _ZONE for link in each.interfaces}
    return tuple(each.bridge for each in engine.networks if each.bridge is not None and each.bridge in bound)


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
