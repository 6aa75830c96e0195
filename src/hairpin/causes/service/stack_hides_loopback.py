"""slirp4netns, the network stack of a rootless container, keeps packets from the host's loopback.

Users see: a container asks 10.0.2.2, which is the host behind slirp4netns, and gets "Network is unreachable".  Or a UDP
port that is published with ``port_handler=slirp4netns`` answers other machines, and not ``127.0.0.1`` on the host.

Proof: the command line of slirp4netns.  If it connected to the host's loopback, the packet would arrive.
Now: ask an address of the host's own links instead.
Lasting: make the same change in the client's configuration, or recreate the container with ``--network
slirp4netns:allow_host_loopback=true`` (for 10.0.2.2) or without ``port_handler=slirp4netns`` (for UDP).  The first lets
the container reach every service of the host's loopback.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, Way, message
from hairpin.change.change import AddSocket, Change, DeleteSocket, SetContainer, one
from hairpin.host.docker import Container
from hairpin.host.socket import ALLOWS_LOOPBACK, Relay, Socket
from hairpin.network.flow import FromContainer
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for a stop in slirp4netns: of the container that asks the host's loopback, or of the
    container whose published port a client on the host's loopback asks."""
    container, socket, start = view.container, view.socket, view.flow.start
    asked = view.host.container(view.flow.container) if view.flow.container is not None else None
    relay = socket.relay if socket is not None else None
    if view.stop.stage == "socket" and socket is not None and asked is not None:
        if relay is not None and relay.tap is not None and relay.tap.datagrams_of_host != "answered":
            yield _of_port(view, asked, socket, relay)
    elif container is not None and isinstance(start, FromContainer) and start.netns == view.stop.netns:
        owner = view.host.network_owner(container)
        if owner.network_mode.endswith("=false"):
            yield _of_container(view, container, owner)


def _of_port(view: View, asked: Container, socket: Socket, relay: Relay) -> Candidate:
    packet, tap = view.stop.seen.packet, relay.tap
    assert tap is not None
    facts = {"name": asked.name, "port": socket.port, "address": address_text(packet.daddr, packet.version)}
    answering = msgspec.structs.replace(relay, tap=msgspec.structs.replace(tap, datagrams_of_host="answered"))
    advice = message(
        "ask an address of a link of the host instead of {address}, or recreate {name} without "
        "port_handler=slirp4netns", **facts,
    )  # fmt: skip
    opened = AddSocket(view.stop.netns, msgspec.structs.replace(socket, relay=answering), advice)
    return Candidate(
        title=message(
            "slirp4netns, which has UDP port {port} of {name}, answers no client on the host's loopback", **facts
        ),
        detail=message(
            "slirp4netns gives the datagram to {name}, and {name} answers 10.0.2.2, which stands for the host's "
            "loopback there. slirp4netns lets nothing out to it (--disable-host-loopback).", **facts,
        ),
        change=Change((DeleteSocket(view.stop.netns, socket), opened)),
        where=OfContainer(asked.name, address=str(facts["address"]), port=socket.port),
        in_class="bound-elsewhere",
        evidence=tuple(filter(None, (socket.evidence, asked.evidence))),
    )  # fmt: skip


def _of_container(view: View, container: Container, owner: Container) -> Candidate:
    packet = view.stop.seen.packet
    address = address_text(packet.daddr, packet.version)
    facts = {"name": container.name, "port": packet.dport, "address": address}
    allowing = msgspec.structs.replace(owner, network_mode=f"{owner.mode}:{ALLOWS_LOOPBACK}=true")
    said = message(
        "ask another address of the host than {address}, at which the service listens, too; or recreate {name} with "
        "--network {mode}, which lets it reach every service of the host's loopback",
        mode=allowing.network_mode, **facts,
    )  # fmt: skip
    return Candidate(
        title=message("slirp4netns connects {name} to no service of the host's loopback", **facts),
        detail=message(
            "{address} is the host's 127.0.0.1 behind slirp4netns. Podman starts slirp4netns with "
            "--disable-host-loopback unless the network of {name} has {option}=true.", option=ALLOWS_LOOPBACK, **facts,
        ),
        change=one(SetContainer(view.host.name, allowing)),
        where=OfContainer(container.name, address=address, port=packet.dport),
        in_class="bound-elsewhere",
        evidence=tuple(filter(None, (owner.evidence,))),
        offered=False,
        ways=(Way(Change(()), (said,)),),
    )  # fmt: skip


CAUSE = Cause(
    title=message("slirp4netns keeps packets from the host's loopback"),
    source="slirp4netns(1), --disable-host-loopback; podman-run(1), --network slirp4netns; libslirp src/socket.c "
    "sotranslate_out()",
    reasons=frozenset({"stack-refuses"}),
)
