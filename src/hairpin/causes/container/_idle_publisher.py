"""The idle rootless containers that publish the asked port, or may publish it."""

from hairpin.causes.container._quadlet import quadlet_publishers
from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.kit import Iterator, Message, View, message
from hairpin.host.idle import IdleContainer
from hairpin.host.known_ports import known_port
from hairpin.network.prefix import address_text


def idle_publishers(view: View) -> tuple[IdleContainer, ...]:
    """Return the idle containers that publish the asked port, while no other process and no container has it.

    Return none if the port is the usual port of a service of the host that should run: an old container of a user may
    have the same port."""
    if not view.host.idle or not is_unserved(view) or _is_of_host(view):
        return ()
    packet, flow = view.stop.seen.packet, view.flow
    return tuple(
        each
        for each in view.host.idle
        if each.publishes(flow.protocol, flow.dport, packet.version, packet.daddr)
        and not _is_told_by_systemd(view, each)
    )


def has_file_of_engine(view: View) -> bool:
    """Return whether an idle container, a Quadlet or a unit publishes the asked port, which needs no new container."""
    return bool(idle_publishers(view) or quadlet_publishers(view) or quadlet_publishers(view, written=True))


def _is_told_by_systemd(view: View, idle: IdleContainer) -> bool:
    """Return whether the manager of the user runs and goes on running, so that the state of the container's Quadlet
    tells more."""
    return idle.lingers and any(
        each.state and (each.user, each.unit) == (idle.user, idle.unit) for each in view.host.quadlets
    )


def may_publish(view: View) -> Iterator[Message]:
    """Yield the hints about idle containers that publish the asked port on another address or use the host's network,
    and about users whose idle containers have published ports that are not known."""
    packet, asked = view.stop.seen.packet, (view.flow.protocol, view.flow.dport)
    for each in view.host.idle:
        other = not each.publishes(*asked, packet.version, packet.daddr)
        for binding in each.publishing(*asked)[:1] if other else ():
            yield message(
                "container {name} of user {user} publishes port {port} on {address} only, and it does not run",
                name=each.name,
                user=each.user,
                port=view.flow.dport,
                address=address_text(binding.host_ip or 0, binding.version),
            )
        if each.on_host:
            yield message(
                "container {name} of user {user} uses the host's network, and it does not run. If it should have port "
                "{port}: log in as {user} and run `{start}`",
                name=each.name,
                user=each.user,
                port=view.flow.dport,
                start=each.start,
            )
    users = dict.fromkeys((each.user, each.title) for each in view.host.idle if each.ports is None)
    for user, engine in users:
        names = [each.name for each in view.host.idle if (each.user, each.ports) == (user, None)]
        yield message(
            "{user} has containers of rootless {engine}, and no process runs for them: {names}. Their published ports "
            "could not be read. If one of them should have port {port}: log in as {user} and start that container",
            user=user,
            engine=engine,
            names=", ".join(names),
            port=view.flow.dport,
        )


def _is_of_host(view: View) -> bool:
    known = known_port(view.flow.dport, view.flow.protocol)
    own = () if known is None else known.units
    return any(
        each.name.rpartition(".")[0] in own and (each.active == "failed" or each.is_enabled) for each in view.host.units
    )
