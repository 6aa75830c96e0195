"""The container is on internal networks only, or a client asks it at its address on an internal network.  Packets
cannot enter or leave an internal network.

Users see: ``ports:`` is ignored, ``docker ps`` shows no published port, and connections to the port are refused.  A
client outside the network that asks the container's own address times out.

Proof: all networks of the container are internal, and the engine publishes no port from internal networks.  Or the
engine's rules or a closed policy keep the packet out of an internal network.  If the network were not internal and the
port were published, the packet would arrive.
Now: connect the container to a network that is not internal (``docker network connect``).
Lasting: in the Compose file, give the service a second network that is not internal.
"""

from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.isolation._walls import pair_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfContainer, View, Way, message
from hairpin.causes.rules._rule_owner import owner
from hairpin.change.change import Change
from hairpin.engines.docker.unconfined import without_internal
from hairpin.engines.repair.connecting import connecting_change
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container, DockerNetwork, Endpoint, PortBinding
from hairpin.message import few_of
from hairpin.network.flow import FromContainer


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidates for containers on internal networks: containers that should publish the asked port, that
    connect to the outside, or that are asked from outside the network."""
    held = view.stop.reason == "never-accepts"
    for container, binding in at_host_port(view):
        if binding.actual is not held or not container.running or not view.host.is_internal(container):
            continue
        facts = {
            "engine": view.host.engine_of(container).title,
            "networks": _networks(container),
            "name": container.name,
            "port": binding.host_port,
        }
        # Podman holds the port, although no rule leads its packets into the network.
        detail = (
            message(
                "{engine} leads no port into an internal network ({networks}): the process that holds port {port} for "
                "{name} passes nothing on.",
                **facts,
            )
            if held
            else message(
                "{engine} publishes no port of a container whose networks are all internal ({networks}), so it ignores "
                "the option of {name} to publish port {port}.",
                **facts,
            )
        )
        yield from _connected(view, container, detail, port=binding.host_port)
    yield from _way_out(view)
    yield from _kept_out(view)


def _way_out(view: View) -> Iterator[Candidate]:
    """Yield one candidate for a container that connects to an address outside its internal networks.  If another
    container of its engine has the address, the candidate connects it to the network of that container."""
    start = view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if asking is None or view.in_reply or not view.host.is_internal(asking):
        return
    container = view.host.pod_holder(asking)
    detail = message("Internal networks ({networks}) have no way out by design.", networks=_networks(container))
    pair = pair_of(view)
    yield from _connected(view, container, detail, port=None, joined=pair.network if pair is not None else None)


def _kept_out(view: View) -> Iterator[Candidate]:
    """Yield one candidate if a client outside an internal network asks for a container's address on this network.

    The candidate's change only proves that the internal network stops the packet.  The change is no repair: an internal
    network is meant to refuse packets from outside.  If the client is another container, a common network is the better
    repair."""
    place, asked = view.place, _asked_inside(view)
    if place is None or asked is None or pair_of(view) is not None:
        return
    container, endpoint, network = asked
    change = without_internal(view.host, container, endpoint, network, _port_of(view))
    tool = view.host.engine_of(container).kind
    yield Candidate(
        title=message(
            "Network {network} is internal, and the address that the client asked belongs to container {name} on this "
            "network",
            network=network.name,
            name=container.name,
        ),
        detail=message(
            "The engine lets nothing into an internal network, and nothing out of it. Only containers of {network} "
            "reach {name} there.",
            network=network.name,
            name=container.name,
        ),
        change=change,
        where=OfContainer(container=container.name, networks=network.name),
        in_class="separation",
        evidence=(place.evidence, network.evidence),
        configured=Configured("network-option", option="--internal", owner=network.name, evidence=network.evidence),
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "connect {name} to a network that is not internal (`{tool} network connect NETWORK {name}`), "
                        "and ask for a port that it publishes",
                        name=container.name,
                        tool=tool,
                    ),
                ),
            ),
            Way(
                Change(()),
                (message("recreate network {network} without --internal", network=network.name),),
                by_person=True,
            ),
        ),
        offered=False,
    )


def _asked_inside(view: View) -> tuple[Container, Endpoint, DockerNetwork] | None:
    """Return the stopped packet's destination container, its endpoint and its internal network, or None.

    Even without the isolation rules, no rule of the engine accepts packets from outside into the internal network, and
    a closed policy drops them.
    """
    place, seen = view.place, view.stop.seen
    if place is None or view.in_reply or view.stop.stage != "forward" or seen.iif == seen.oif:
        return None
    setter = owner(view, place)
    if setter not in ("isolation", "engine") and not (place.number == 0 and setter in ("forward-policy", "ufw")):
        return None
    for engine in view.host.engines:
        internal = {each.name: each for each in engine.networks if each.internal and each.bridge == seen.oif}
        for container in engine.containers if internal else ():
            for endpoint in container.endpoints:
                address = endpoint.ipv4 if seen.packet.version == 4 else endpoint.ipv6
                if container.running and endpoint.network in internal and address == seen.packet.daddr:
                    return container, endpoint, internal[endpoint.network]
    return None


def _port_of(view: View) -> PortBinding | None:
    """Return the binding that would publish the packet's port, or None if the packet has no port."""
    port, protocol, version = view.stop.seen.packet.dport, view.flow.protocol, view.stop.seen.packet.version
    if port is None or protocol not in ("tcp", "udp"):
        return None
    return PortBinding("udp" if protocol == "udp" else "tcp", port, port, None, version)


def _connected(
    view: View, container: Container, detail: Message, *, port: int | None, joined: DockerNetwork | None = None
) -> Iterator[Candidate]:
    """Yield the candidate that connects the container to the network, or else to the default bridge, if the engine has
    one."""
    engine = view.host.engine_of(container)
    joined = joined if joined is not None else engine.network(engine.traits.default_network)
    change = connecting_change(view.host, container, joined) if joined is not None else None
    if change is None:
        return
    internal = next((each for each in engine.networks if each.internal and each.name in _networks(container)), None)
    yield Candidate(
        title=message("Container {name} is on internal networks only", name=", ".join(view.host.told_names(container))),
        detail=detail,
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=container.name, networks=_networks(container), port=port),
        in_class="container-without-ports",
        evidence=(container.evidence,),
        side_effects=(message("the container can then reach the outside, too"),)
        if joined is not None and not joined.internal
        else (),
        configured=Configured(
            "network-option",
            option="--internal",
            owner=_networks(container),
            evidence=internal.evidence if internal is not None else "",
        ),
        advice=(
            message("compose: give the service a second network that is not internal"),
            *(_beside(view, container) if port is not None else ()),
        ),
    )


def _beside(view: View, container: Container) -> tuple[Message, ...]:
    """Return the note about the other containers whose published ports their internal networks make idle, too."""
    idle = [
        f"{binding.host_port} ({each.name})"
        for each in view.host.containers()
        if each.running and each.id != container.id and view.host.is_internal(each)
        for binding in each.bindings
        if not binding.actual
    ]
    return (message("for the same reason nothing answers on {ports}", ports=few_of(idle)),) if idle else ()


def _networks(container: Container) -> str:
    return ", ".join(each.network for each in container.endpoints)


CAUSE = Cause(
    title=message("The container is on internal networks only"),
    source="moby: libnetwork/drivers/bridge/bridge.go: an internal network maps no ports",
    shown_by=(
        "docker network inspect --format '{{.Name}} {{.Internal}}' $(docker network ls -q)",
        message("the container's only network is internal"),
    ),
    on_purpose=True,
    reasons=frozenset({"no-listener", "never-accepts", "no-route", "no-neighbour", *RULE_STOPS}),
    shown_to="engine",
)
