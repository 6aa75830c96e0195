"""A container shares the network of another container.

The other container was restarted, and this container is still in the old network namespace.

``--network container:X`` (compose: ``network_mode: service:X``) joins the network namespace that container X has at
this start.  A restart of X makes a new namespace.  A container that shares the old namespace stays there, with ``lo``
as its only link.

Users see: after the VPN container was restarted, connections to the ports behind it are refused, and the application
has no network.

Proof: the container is not in the namespace of the container whose network it shares.  In the right namespace a socket
accepts the packet, or the packet finds a route.
Now: ``docker restart NAME``, so that the container joins the new namespace.
Lasting: restart the container whenever the other container is restarted (compose: ``depends_on`` with ``restart:
true``).
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, Netns, OfContainer, View, message
from hairpin.causes.service._near import protocol_of
from hairpin.causes.service._service import listening
from hairpin.change.calls import ByPerson, SetContainerState
from hairpin.change.change import AddSocket, Change, DeleteNamespace, Primitive, SetContainer
from hairpin.engines.repair.starting import on_default_bridge
from hairpin.host.docker import Container, PortBinding
from hairpin.network.flow import FromContainer
from hairpin.network.names import EMBEDDED
from hairpin.network.socket_owner import owner_of_socket


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container that is still in the namespace which its owner has left.  The packet
    stopped in this old namespace, or the container listens in it on the port that the owner's new namespace refuses."""
    for container in view.host.containers():
        owner = view.host.network_owner(container)
        if owner is container:
            if container.running and container.joined:
                yield from _with_owner_gone(view, container)
            continue
        if not _has_left(owner, container):
            continue
        if _is_stopped_in(view, container) or _is_missed(view, owner, container):
            yield _candidate(view, owner, container)


def _place(container: Container) -> str | None:
    """Return the name of the container's namespace, even if the namespace was not read."""
    return container.netns or container.left_unread


def _has_left(owner: Container, container: Container) -> bool:
    """Return whether both containers run and are in different namespaces.

    If the container that owns the namespace does not run, another cause reports this fault."""
    places = (_place(owner), _place(container))
    return owner.running and container.running and None not in places and places[0] != places[1]


def _is_stopped_in(view: View, container: Container) -> bool:
    """Return whether the container's own packet stopped in the namespace in which the container is."""
    if isinstance(view.flow.start, FromContainer) and view.host.container(view.flow.start.name) != container:
        return False
    return not view.on_host and container.netns == view.stop.netns.name and view.flow.daddr >> 24 != _LOOPBACK


_LOOPBACK = 0x7F


def _is_cut_off(namespace: Namespace) -> bool:
    """Return whether the namespace has no link that is up, apart from its loopback link."""
    return bool(namespace.links) and all(each.name == "lo" or not each.up for each in namespace.links)


def _is_missed(view: View, owner: Container, container: Container) -> bool:
    """Return whether the owner's namespace refuses a port on which the container listens in the old namespace.

    If the old namespace was not read, hairpin assumes that the container listens in it on the refused port."""
    if view.stop.reason != "no-listener" or owner.netns != view.stop.netns.name:
        return False
    if container.netns is None or container.netns not in view.host:
        return True
    wanted, netns = (protocol_of(view), view.stop.seen.packet.dport), Netns(view.host.name, container.netns)
    return any(
        (each.protocol, each.port) == wanted and owner_of_socket(view.network, netns, each) in (None, container)
        for each in view.host.namespace(container.netns).sockets
    )


def _candidate(view: View, owner: Container, container: Container) -> Candidate:
    engine, is_pod = view.host.engine_of(container), bool(view.host.members_of(owner))
    named: dict[str, object] = {"name": container.name, "owner": view.host.told_as(owner)}
    return Candidate(
        title=message("{name} is in a network namespace that {owner} has left", **named),
        detail=message(
            "{name} is a container of {owner}, whose infra container was started again and has a new namespace. {name} "
            "is still in the old namespace, and no link leads out of it.",
            **named,
        )
        if is_pod
        else message(
            "{name} shares the network of {owner} (--network container:{owner}), which was started again. {owner} has "
            "a new namespace; {name} is still in the old namespace, and no link leads out of it.",
            **named,
        ),
        change=Change(
            tuple(_rejoined(view, owner, container)),
            (SetContainerState(engine.kind, "restart", container.name, engine.user),),
        ),
        where=OfContainer(container.name, shares=owner.name),
        in_class="container-without-ports",
        evidence=(container.evidence, owner.evidence),
        advice=(
            message(
                "restart {name} whenever the infra container of {owner} was restarted. `podman restart --all` restarts "
                "it; `podman pod restart` leaves it as it is",
                **named,
            )
            if is_pod
            else message(
                "restart {name} whenever {owner} was restarted (compose: depends_on {owner} with `restart: true`)",
                **named,
            ),
        ),
        of_network=container.netns is None,
    )


def _rejoined(view: View, owner: Container, container: Container) -> Iterator[Primitive]:
    """Yield the parts of the container's restart, which move its sockets to the owner's namespace and delete the old
    namespace."""
    host, said = (
        view.host,
        message("the restarted container has to start its service by itself. Whether it does depends on its image"),
    )
    now = Netns(host.name, _place(owner) or "")
    if container.netns is None or container.netns not in host:
        yield listening(view, said)
        return
    for each in host.namespace(container.netns).sockets:
        if each.address != EMBEDDED:
            yield AddSocket(now, each, said)
    if all(each.netns != container.netns for each in host.containers() if each.id != container.id):
        yield DeleteNamespace(Netns(host.name, container.netns))
    yield SetContainer(host.name, msgspec.structs.replace(container, netns=now.name))


def _with_owner_gone(view: View, container: Container) -> Iterator[Candidate]:
    """Yield the candidate for a container whose owner was removed.

    A restart of the container cannot join the removed owner.  hairpin does not know which container replaced the owner.
    The new owner may be a container that refuses a port on which this container listens.  For packets that this
    container sends, the proof uses a network of the container's own."""
    said: Message = message(
        "recreate {name} with the container whose network it should share now (compose: up -d --force-recreate {name})",
        name=container.name,
    )
    meant = view.container
    if _is_stopped_in(view, container) and _is_cut_off(view.namespace):
        binding = PortBinding(protocol_of(view), view.flow.dport, 0)
        change = on_default_bridge(view.host, container, binding, ByPerson(said))
    elif not view.on_host and meant is not None and _is_missed(view, meant, container):
        read = container.netns is not None and container.netns in view.host
        if read and not _is_cut_off(view.host.namespace(container.netns or "")):
            return
        change = Change(tuple(_rejoined(view, meant, container)), (ByPerson(said),))
    else:
        return
    if change is None:
        return
    yield Candidate(
        title=message("{name} shares the network of a container that is gone", name=container.name),
        detail=message(
            "Container {name} was made with --network {mode}, and no such container exists any more. {name} is in the "
            "namespace that was left over, and no link leads out of this namespace.",
            name=container.name,
            mode=container.network_mode[: len("container:") + 12],
        ),
        change=change,
        where=OfContainer(container.name, shares=container.network_mode),
        in_class="container-without-ports",
        evidence=(container.evidence,),
        of_network=container.netns is None,
    )


CAUSE = Cause(
    title=message("A container sits in a network namespace that its owner has left"),
    source="docs.docker.com: container networking, container:NAME; network_namespaces(7)",
    shown_by=(
        "docker inspect --format '{{.Name}} {{.Id}} {{.HostConfig.NetworkMode}}' $(docker ps -aq)",
        message("NetworkMode is `container:` with an id that no container has, or its owner started later"),
    ),
    reasons=frozenset({"no-listener", "no-route", "no-source-address"}),
)
