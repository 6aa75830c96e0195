"""The flow asks for an address of a container network that no running container has.

Users see: since the container was recreated, clients that ask its old address get "No route to host" after some
seconds.

Proof: the address is in the network's subnet, no running container has it, and ARP requests for it get no answer.  If a
container with the service had the address, the flow would arrive.
Now: connect to the container by its name, or to a published port.
Lasting: in every configuration that contains the address, write the container's name or a published port instead.
"""

from hairpin.causes.engine._publishing import refusal_of
from hairpin.causes.kit import Candidate, Cause, Host, Iterator, Message, OfAddress, View, Way, message
from hairpin.causes.nat_rules._translation import dnat_place
from hairpin.causes.routing._overlap import is_out_of_reach
from hairpin.change.change import Change
from hairpin.engines.repair.bridging import awaiting
from hairpin.engines.repair.starting import held_again
from hairpin.host.docker import DockerNetwork, PortBinding
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.attachment import attachment_of, engines_read, network_for
from hairpin.network.network import owns_address
from hairpin.network.pinned_names import pinned_to_stopped
from hairpin.network.prefix import address_text
from hairpin.question.suggest import word_list
from hairpin.wanted import ask_container


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the flow asks for an address in a container network's subnet, and no container and no
    namespace has the address.  Yield none if the client asks for a stopped container by its name.

    An address of the Internet may be another machine's, which the network hides.  This is the first reading then, and
    ``bridge-subnet-overlaps-route`` has it: its class comes before this one."""
    packet = view.stop.seen.packet
    network = network_for(view.host, packet.daddr, packet.version)
    if (
        network is None
        or view.in_reply
        or packet.version != 4
        or packet.protocol not in (TCP, UDP)
        or packet.daddr != view.flow.daddr
        or dnat_place(view, view.host_netns) is not None
        or is_out_of_reach(view, network)
        or _is_asked_by_name(view)
        or not engines_read(view.host)
        or any(attachment_of(view.network, each, packet.daddr, packet.version) is not None for each in view.both_hosts)
        or any(owns_address(each, packet.version, packet.daddr) for each in view.host.namespaces)
    ):
        return
    port = view.flow.dport
    binding = PortBinding("udp" if packet.protocol == UDP else "tcp", port, port, None, 4)
    change = held_again(view.host, packet.daddr, network, binding) or awaiting(view.host, network)
    if change is None:
        return
    asked = address_text(packet.daddr, packet.version)
    yield Candidate(
        title=message("No running container has the address {address}", address=asked),
        detail=_addresses(view.host, network, asked),
        change=change,
        refused=refusal_of(view, change),
        where=OfAddress(address=asked, network=network.name),
        in_class="address-held-by-nobody",
        evidence=(network.evidence,),
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "ask for the container by its name, which stays the same: {question}",
                        question=ask_container("", port),
                    ),
                    message("where the address is written down, write the container's name or a published port"),
                    message(
                        "if another machine has this address: network {network} covers the address, so recreate the "
                        "network with another subnet",
                        network=network.name,
                    ),
                ),
            ),
        ),
        offered=False,
    )


def _is_asked_by_name(view: View) -> bool:
    """Return whether the flow asks for a stopped container: its name, or a name that the sender pins to an address."""
    meant = view.host.container(view.meant) if view.meant else None
    return (meant is not None and not meant.running) or pinned_to_stopped(view.network, view.flow) is not None


def _addresses(host: Host, network: DockerNetwork, asked: str) -> Message:
    """Return the message that lists the running containers' addresses.  A long list is cut to the addresses most like
    the asked address."""
    held = [
        f"{address_text(endpoint.ipv4, 4)} ({container.name}, {endpoint.network})"
        for container in host.containers()
        if container.running
        for endpoint in container.endpoints
        if endpoint.ipv4 is not None
    ]
    return message(
        "The address belongs to network {network}. The engine assigns addresses again at each start. In use now: "
        "{addresses}.",
        network=network.name,
        addresses=word_list(asked, held),
    )


CAUSE = Cause(
    title=message("No container has the address that the client asked"),
    source="docs.docker.com: IP address and hostname of a container",
    reasons=frozenset({"no-neighbour", "no-carrier", "left-instead"}),
)
