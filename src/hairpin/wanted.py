"""Facts that hairpin lacks and that the user can supply, as data.

The model and the causes state which fact is wanted.  ``report/words.py`` tells how to supply the fact on the command
line.  This module imports only the standard library, like ``message.py``.  All facts have the same class, so that a
message with a fact can be written as JSON.
"""

from dataclasses import dataclass
from typing import Literal

Fact = Literal[
    "host-read",
    "public-stated",
    "return-route-stated",
    "port-asked",
    "container-asked",
    "client-asked",
    "address-asked",
    "neighbour-asked",
    "size-asked",
    "port-watched",
    "peer-stated",
    "long-answers-asked",
    "download-asked",
    "frames-watched",
    "hardware-address-asked",
    "packets-watched",
    "rule-watched",
    "control-watched",
    "link-asked",
    "route-asked",
    "forwarded-route-asked",
    "log-read",
]


@dataclass(frozen=True)
class Wanted:
    """A fact that hairpin wants from the user.  A function of this module makes each kind of fact, and the function's
    parameters are the content of ``of``."""

    fact: Fact
    of: tuple[str, ...]


def read_host(address: str) -> Wanted:
    """Return the request to read another host, too: the host with the given address; empty: a node with an unknown
    address."""
    return Wanted("host-read", (address,))


def state_public(public: str, private: str = "", host: str = "") -> Wanted:
    """Return the request to state that a gateway maps the public address to a host.  ``private`` and ``host`` are empty
    if the host has only one address, or if there is only one host."""
    return Wanted("public-stated", (public, private, host))


def state_return_route(subnet: str) -> Wanted:
    """Return the request to state that an unread router has a route to the subnet."""
    return Wanted("return-route-stated", (subnet,))


def ask_port(port: int, protocol: str) -> Wanted:
    """Return the request to ask about the given port of the host."""
    return Wanted("port-asked", (f"{port}", protocol))


def ask_port_at(address: str, port: int, protocol: str) -> Wanted:
    """Return the request to ask about the port at the given address of the host."""
    return Wanted("port-asked", (f"{f'[{address}]' if ':' in address else address}:{port}", protocol))


def ask_container(container: str, port: int) -> Wanted:
    """Return the request to ask about the container's port by the container's name; an empty name is unknown."""
    return Wanted("container-asked", (container, f"{port}"))


def ask_address(address: str, port: int) -> Wanted:
    """Return the request to ask about the given address of the host, from the host itself."""
    return Wanted("address-asked", (f"[{address}]" if ":" in address else address, f"{port}"))


def ask_from(client: str) -> Wanted:
    """Return the request to ask the same question from the given client."""
    return Wanted("client-asked", (client,))


def ask_neighbour(address: str, link: str) -> Wanted:
    """Return the request to let the namespace solicit the neighbour on the link again, and to read the neighbour's
    answer."""
    return Wanted("neighbour-asked", (address, link))


def ask_size(size_bytes: int) -> Wanted:
    """Return the request to ask the same question with a request and an answer of the given number of bytes."""
    return Wanted("size-asked", (f"{size_bytes}",))


def watch_port(protocol: str, port: int) -> Wanted:
    """Return the request to watch the port's packets on all links while a client connects."""
    return Wanted("port-watched", (protocol if protocol == "icmp" else f"{protocol} port {port}",))


def state_peer(network: str, accepts: str, link: str) -> Wanted:
    """Return the request to state that the router behind the link accepts packets to the network from these sources
    only."""
    return Wanted("peer-stated", (network, link, accepts))


def ask_for_long_answers(gateway: str, size_bytes: int) -> Wanted:
    """Return the request to let the router send packets of that size, as answers to an echo request."""
    return Wanted("long-answers-asked", (gateway, f"{size_bytes}"))


def ask_for_download(entering: str) -> Wanted:
    """Return the request to load a large file.  ``entering``: the beginning of a command in the namespace that
    loads."""
    return Wanted("download-asked", (entering,))


def watch_frames(link: str, mac: str) -> Wanted:
    """Return the request to watch whether frames to that hardware address come in by the link."""
    return Wanted("frames-watched", (link, mac))


def ask_hardware_address(address: str, link: str) -> Wanted:
    """Return the request that the machine with the address tells its hardware address on the link."""
    return Wanted("hardware-address-asked", (address, link))


def watch_packets(link: str, wanted: str) -> Wanted:
    """Return the request to watch packets on the link.  ``wanted``: tcpdump's filter."""
    return Wanted("packets-watched", (link, wanted))


def watch_rule(listing: str) -> Wanted:
    """Return the request to list a chain before and after a client tries, by the given command: the counter of a rule
    that matches rises."""
    return Wanted("rule-watched", (listing,))


def watch_control(link: str, entering: str) -> Wanted:
    """Return the request to list the link's traffic control before and after a client tries.  ``entering``: the
    beginning of a command in the link's namespace."""
    return Wanted("control-watched", (link, entering))


def ask_link(pid: str, link: str) -> Wanted:
    """Return the request to show a link in the network namespace of the process."""
    return Wanted("link-asked", (pid, link))


def ask_route6(address: str, entering: str) -> Wanted:
    """Return the request that the kernel tells its IPv6 route to the address.  ``entering``: the beginning of a command
    in the namespace."""
    return Wanted("route-asked", (address, entering))


def ask_forwarded_route(address: str, source: str, link: str) -> Wanted:
    """Return the request that the kernel tells its route for a packet to the address that comes in by the link, from
    the source."""
    return Wanted("forwarded-route-asked", (address, source, link))


def read_log(command: str) -> Wanted:
    """Return the request to read the log of a container by the given command."""
    return Wanted("log-read", (command,))
