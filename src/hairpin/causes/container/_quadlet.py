"""Quadlets that publish a port which no running container has."""

from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.kit import Host, View
from hairpin.host.docker import Container, PortBinding
from hairpin.host.quadlet import Quadlet


def quadlet_publishers(view: View, *, written: bool = False) -> tuple[Quadlet, ...]:
    """Return the Quadlets that publish the asked port, while no process and no container has it.  The states of their
    units are known.  ``written``: return the units that people wrote instead."""
    if not view.host.quadlets or not is_unserved(view):
        return ()
    packet, flow = view.stop.seen.packet, view.flow
    return tuple(
        each
        for each in view.host.quadlets
        if bool(each.runs) == written
        and each.publishes(flow.protocol, flow.dport, packet.version, packet.daddr)
        and (each.is_down or each.state == "activating" or made_by(view.host, each) is not None)
    )


def made_by(host: Host, quadlet: Quadlet) -> Container | None:
    """Return the running container that the Quadlet's unit has made; None if none runs."""
    own = (
        each
        for engine in host.engines
        if engine.kind == "podman" and (not engine.user or engine.user == quadlet.user)
        for each in engine.containers
    )
    return next((each for each in own if each.running and quadlet.makes(each)), None)


def lost_ports(host: Host, quadlet: Quadlet) -> tuple[PortBinding, ...]:
    """Return the ports that the Quadlet publishes and that neither a socket of the host nor another container has."""
    sockets = host.namespace(host.netns.name).sockets if host.netns.name in host else ()
    taken: set[tuple[str, int]] = {(each.protocol, each.port) for each in sockets}
    taken |= {(one.protocol, one.host_port) for each in host.containers() for one in each.bindings}
    return tuple(each for each in quadlet.ports if (each.protocol, each.host_port) not in taken)
