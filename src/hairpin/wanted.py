"""Facts that hairpin lacks and that somebody can supply, as data.

The model and the causes say which fact is wanted.  The face says how it is supplied: ``report/wanted.py`` words it for
the command line.  Imports the standard library only, like ``message.py``; one class of all, so that a message that
carries one can cross JSON.
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
]


@dataclass(frozen=True)
class Wanted:
    """A fact that is wanted.  The functions below make each kind, and say what ``of`` holds."""

    fact: Fact
    of: tuple[str, ...]


def read_host(address: str) -> Wanted:
    """Return that the host with this address should be read, too; empty: a node whose address nobody knows."""
    return Wanted("host-read", (address,))


def state_public(public: str, private: str = "", host: str = "") -> Wanted:
    """Return that somebody should state that a gateway maps the public address to a host.  ``private`` and ``host`` are
    empty where there is only one."""
    return Wanted("public-stated", (public, private, host))


def state_return_route(subnet: str) -> Wanted:
    """Return that somebody should state that a router which was not read has a route to the subnet."""
    return Wanted("return-route-stated", (subnet,))


def ask_port(port: int, protocol: str) -> Wanted:
    """Return that this port of the host should be asked for."""
    return Wanted("port-asked", (f"{port}", protocol))


def ask_container(container: str, port: int) -> Wanted:
    """Return that the container's port should be asked for by the container's name; empty: nobody knows its name."""
    return Wanted("container-asked", (container, f"{port}"))


def ask_address(address: str, port: int) -> Wanted:
    """Return that this address of the host should be asked for from the host itself."""
    return Wanted("address-asked", (f"[{address}]" if ":" in address else address, f"{port}"))


def ask_from(client: str) -> Wanted:
    """Return that the same should be asked from this client."""
    return Wanted("client-asked", (client,))


def ask_neighbour(address: str, link: str) -> Wanted:
    """Return that the namespace should ask for this neighbour on the link again, and read whether it has answered."""
    return Wanted("neighbour-asked", (address, link))


def ask_size(size_bytes: int) -> Wanted:
    """Return that the same should be asked with a request and an answer of so many bytes."""
    return Wanted("size-asked", (f"{size_bytes}",))
