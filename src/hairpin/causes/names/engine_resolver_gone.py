"""The name server of a Podman network is gone: aardvark-dns, or dnsmasq of the CNI plugin dnsname.

One process answers DNS queries on the gateway addresses of all networks with name resolution.  Podman starts this
process with the first container of such a network, and does not restart it.  The name server of a rootless Podman runs
in the namespace with its user's networks.

Users see: ``Temporary failure in name resolution`` in all containers of the network, while connections by address work.

Proof: the network has name resolution (``dns_enabled``), and no socket listens on port 53 of its gateway address, or
another program's socket takes the queries there.  With the name server's own process the query arrives.
Now: ``podman network reload`` with the network's containers.  The reload starts the name server's process again, and
makes the containers' rules again.  If Podman does not find the program (``podman info`` names no path for it), install
it first: aardvark-dns is a package of its own.
Lasting: no setting has to be changed.  Find out what ended the process, for example a clean-up job, or the kernel
because memory ran out.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfPort, View, message
from hairpin.change.calls import ReloadNetworks
from hairpin.change.change import AddSocket, Change, one
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.socket import Socket
from hairpin.netfilter.packet import UDP
from hairpin.network.attachment import engine_of_networks
from hairpin.network.names import resolver_program, takes_place_of_resolver
from hairpin.network.prefix import address_text
from hairpin.walk.decided import SocketDecided
from hairpin.walk.sockets import socket_text

_DNS = 53


def find(view: View) -> Iterator[Candidate]:
    packet, flow = view.stop.seen.packet, view.flow
    unknown, of_user = view.stop.reason == "name-unknown", engine_of_networks(view.network, view.stop.netns)
    if not (view.on_host or unknown or of_user) or view.in_reply or packet.protocol != UDP or flow.dport != _DNS:
        return
    there = view.namespace if of_user is not None else view.host_namespace
    if any(each.startswith(("sockets", "proc-net")) for each in there.unread):
        return
    for engine in view.host.engines if of_user is None else (of_user,):
        if engine.traits.embedded_resolver or (engine.rootless and of_user is None):
            continue
        found = next((each for each in engine.networks if _is_gateway(each, flow.version, flow.daddr)), None)
        served = tuple(each for each in engine.containers if found is not None and _is_on(each, found))
        other = _other_holder(view, engine)
        if found is not None and served and other is not None:
            yield _in_its_place(view, engine, found, other)
            return
        if found is not None and served and view.stop.reason == "no-listener":
            yield _candidate(view, engine, found, served)
            return


def _other_holder(view: View, engine: Engine) -> Socket | None:
    """Return the socket of another program that takes the query in place of the network's name server."""
    decided = (step.decided_by for step in reversed(view.branch.request))
    socket = next((each.socket for each in decided if isinstance(each, SocketDecided)), None)
    return socket if socket is not None and takes_place_of_resolver(engine, socket) else None


def _in_its_place(view: View, engine: Engine, network: DockerNetwork, other: Socket) -> Candidate:
    packet, program = view.stop.seen.packet, resolver_program(engine)
    own = Socket("udp", packet.version, packet.daddr, packet.dport or _DNS, process=program)
    facts = {"other": socket_text(other), "program": program, "network": network.name,
             "address": address_text(packet.daddr, packet.version)}  # fmt: skip
    said = message("let {other} listen on addresses other than {address}, then `podman network reload --all`", **facts)
    return Candidate(
        title=message("{other} listens on port 53 instead of {program}, the name server of network {network}", **facts),
        detail=message(
            "{program} should answer on {address}, the gateway of the network. Another program listens there, so "
            "{program} could not start. That program knows no container.",
            **facts,
        ),
        change=one(AddSocket(_netns(view, engine), own, said)),
        where=OfPort(port=f"{packet.dport}/udp"),
        in_class="bound-elsewhere",
    )


def _netns(view: View, engine: Engine) -> Netns:
    """Return the namespace in which the engine's name server runs."""
    return view.stop.netns if engine.rootless else view.host_netns


def _is_gateway(network: DockerNetwork, version: int, address: int) -> bool:
    return network.dns_enabled is True and any(
        (each.version, each.gateway) == (version, address) for each in network.subnets
    )


def _is_on(container: Container, network: DockerNetwork) -> bool:
    return container.status == "running" and any(each.network == network.name for each in container.endpoints)


def _candidate(view: View, engine: Engine, network: DockerNetwork, served: tuple[Container, ...]) -> Candidate:
    packet = view.stop.seen.packet
    program = resolver_program(engine)
    facts = {"program": program, "network": network.name, "address": address_text(packet.daddr, packet.version)}
    socket = Socket("udp", packet.version, packet.daddr, packet.dport or _DNS, process=program)
    reload = ReloadNetworks(tuple(each.name for each in served), engine.user if engine.rootless else "")
    said = message("reload the network of the containers on {network}", network=network.name)
    gone = Candidate(
        title=message("{program}, the name server of Podman's network {network}, does not run", **facts),
        detail=message(
            "The name server should answer on {address}, the gateway of the network, but nothing listens there. Podman "
            "starts the name server with a container and does not start it again by itself.",
            **facts,
        ),
        change=Change((AddSocket(_netns(view, engine), socket, said),), (reload,)),
        where=OfPort(port=f"{packet.dport}/udp"),
        in_class="lost-relay",
        advice=(
            message("`podman network reload` says that it found no pid of the old process, and starts a new process"),
        ),
    )
    if engine.has_resolver is not False:
        return gone
    command = engine.command("network", "reload", *reload.containers)
    said = message("install {program}, then `{reload}`", program=program, reload=command)
    return msgspec.structs.replace(
        gone,
        title=message("{program}, the name server of Podman's network {network}, is not installed", **facts),
        detail=message(
            "The name server should answer on {address}, the gateway of the network. `podman info` finds no {program}, "
            "so Podman started the containers without a name server, and only warned.",
            **facts,
        ),
        change=one(AddSocket(_netns(view, engine), socket, said)),
        evidence=(engine.evidence,),
        advice=(),
    )


CAUSE = Cause(
    title=message("The name server of a Podman network does not run"),
    source="containers/netavark: src/dns/aardvark.rs commit_entries(); containers/aardvark-dns README",
    shown_by=(
        "podman network inspect $(podman network ls -q); sudo ss -lunp; ps -ef | grep aardvark",
        message("no aardvark-dns runs, or another program has port 53"),
    ),
    reasons=frozenset({"no-listener", "name-unknown"}),
)
