"""A flow that serves its sender, but not from the asked container: another container, another process or another
machine answers."""

import msgspec

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.address import address_text
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.pinned_names import addresses_on, misleading
from hairpin.network.socket_owner import asked_port, containers_in, holds_for_engine, owner_of_socket
from hairpin.walk.decided import Assumed, SocketDecided
from hairpin.walk.state import History, State, Step, stopped
from hairpin.walk.trace import Branch


def as_asked(network: Network, flow: Flow, branches: tuple[Branch, ...]) -> tuple[Branch, ...]:
    """Return the branches.  A branch on which the asked container does not answer has the verdict ``misdirected``.

    If the asked container answers on one branch, no branch changes: rules that balance connections lead only some of
    them elsewhere."""
    host = network.host(flow.asked_host or flow.host)
    asked = _asked_container(network, host, flow)
    if asked is None or not asked.running or asked.netns is None or asked.on_host_network:
        return branches
    answering = [_other(network, host, asked, each) if each.succeeds else None for each in branches]
    if any(each.succeeds and other is None for each, other in zip(branches, answering, strict=True)):
        return branches
    return tuple(
        _with_verdict(each, asked, other) if other is not None else each
        for each, other in zip(branches, answering, strict=True)
    )


def _asked_container(network: Network, host: Host, flow: Flow) -> Container | None:
    """Return the container that has the network of the asked container, if the flow asks for its published port, for
    its own address, or for a name of it that the sender's /etc/hosts gives another address; else None."""
    named = host.container(flow.container) if flow.container and flow.purpose in ("published", "asked") else None
    if named is None:
        return None
    public = network.world.public(flow.version, flow.daddr)
    sent = msgspec.structs.replace(flow, daddr=public.private) if public is not None else flow
    published = asked_port(network, host, sent)
    if published is not None:
        return published[0] if published[1].actual else None
    owner = host.network_owner(named)
    if flow.daddr in addresses_on(host, owner, flow.version):
        return owner
    return owner if misleading(network, flow) is not None else None


def _other(network: Network, host: Host, asked: Container, branch: Branch) -> str | None:
    """Return the name of the container, the process or the machine that answers instead of the asked container; None if
    the asked container answers, if no rule translated the packet, or if it is not known what answers."""
    last, own = branch.request[-1] if branch.request else None, Netns(host.name, asked.netns or "")
    if last is None or any(step.netns == own for step in branch.request):
        return None  # a packet that the container passes on has reached it
    if last.stage == "outside":
        version = last.packet.version
        is_there = last.packet.daddr in addresses_on(host, asked, version) or not _is_translated(branch)
        return None if is_there else address_text(last.packet.daddr, version)
    if last.stage != "socket":
        return None
    if last.netns.is_host:
        return _process(network, last) if not host.engine_of(asked).rootless else None
    there = _container_at(network, last)
    if there is None:
        return network.netns_text(last.netns) if _is_translated(branch) else None
    return None if _are_replicas(asked, there) else there.name


def _is_translated(branch: Branch) -> bool:
    return any(step.translates_destination for step in branch.request)


def _process(network: Network, last: Step) -> str | None:
    """Return the process of the host that has the socket, or its container on the host's network; None if the process
    relays the connection, or is not known."""
    socket = last.decided_by.socket if isinstance(last.decided_by, SocketDecided) else None
    if socket is None or socket.relay is not None or holds_for_engine(socket):
        return None
    owner = owner_of_socket(network, last.netns, socket)
    return owner.name if owner is not None else socket.process


def _container_at(network: Network, last: Step) -> Container | None:
    """Return the container whose socket takes the packet, or else a container in the socket's namespace."""
    socket = last.decided_by.socket if isinstance(last.decided_by, SocketDecided) else None
    owner = owner_of_socket(network, last.netns, socket) if socket is not None else None
    return owner or next(iter(containers_in(network, last.netns)), None)


def _are_replicas(one: Container, other: Container) -> bool:
    """Return whether both containers are replicas of one service, each of which may answer for the others."""
    return bool(one.service) and (one.project, one.service) == (other.project, other.service)


def _with_verdict(branch: Branch, asked: Container, other: str) -> Branch:
    last = branch.request[-1]
    state = State(last.stage, last.netns, last.packet, iif=last.link, history=History(conditions=branch.conditions))
    decided = last.decided_by
    if last.stage == "outside":
        said = message(
            "{container} publishes this port, but a rule has translated the packet to {address}, which leads out of "
            "the host",
            container=asked.name,
            address=other,
        )
        decided = Assumed(said, "read")
    end = stopped(state, "answered-by-other", link=last.link, decided_by=decided)
    stop = msgspec.structs.replace(end.stop, answered_by=other) if end.stop is not None else None
    request = (*branch.request, *end.state.history.steps)
    return msgspec.structs.replace(branch, verdict="misdirected", request=request, stop=stop, questions=())
