"""One thing that a person expects of a host: who reaches what.

REACH := TARGET | internet | names
FROM  := WHERE | network:NAME | ADDRESS/LENGTH

TARGET and WHERE are those of ``target.py``.  ``internet`` is the way out, and ``names`` the look-up of names, of a
container, of each running container on a network, or of the host.  ``network:NAME`` is a network of an engine.  Three
clients of ADDRESS/LENGTH are asked: at the beginning, in the middle and at the end of these addresses.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.errors import UnknownNameError, UsageError, mark_in
from hairpin.host.docker import Container, DockerNetwork
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network, is_held
from hairpin.network.prefix import Version, last_of, parse_prefix
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.hosts import host_named
from hairpin.question.outside_names import to_outside_name
from hairpin.question.target import parse_origin, parse_target, split_host

Outward = Literal["internet", "names"]
OF_NETWORK = "network:"
_SOMEBODY = Target(container="example.com")


class Reach(msgspec.Struct, frozen=True):
    """Who reaches what.  ``target``: None if ``outward`` says what.  ``origins``: the clients, of which each is asked;
    empty if ``network`` is the network whose containers send.  ``host``: the label of the network's host."""

    target: Target | None
    outward: Outward | None = None
    origins: tuple[Origin, ...] = ()
    network: str = ""
    host: str = ""


def parse_reach(what: str, origin: str) -> Reach:
    """Return the reach that the two texts name; raise UsageError, which names the input and the right form."""
    outward = _outward(what)
    target = parse_target(what) if outward is None else None
    if origin.startswith(OF_NETWORK):
        name, host = split_host(origin.removeprefix(OF_NETWORK))
        if not name:
            raise UsageError(message("{text!r} names no network; write network:NAME", text=origin))
        return Reach(target, outward, network=name, host=host)
    origins = _of_prefix(origin) if "/" in origin else (parse_origin(origin),)
    if outward is not None and any(each.kind not in ("container", "host") for each in origins):
        said = message(
            "{what} is asked from containers or the host, and not from {origin!r}; write network:NAME, container:NAME "
            "or host",
            what=outward, origin=origin,
        )  # fmt: skip
        raise UsageError(said, mark=mark_in(origin, origin))
    return Reach(target, outward, origins)


def _outward(what: str) -> Outward | None:
    return "internet" if what == "internet" else "names" if what == "names" else None


def _of_prefix(text: str) -> tuple[Origin, ...]:
    """Return three clients of the network: at its beginning, in its middle and at its end."""
    prefix, host = split_host(text)
    try:
        version, network, length = parse_prefix(prefix)
    except ValueError as error:
        said = message("{text!r} is not a network; write ADDRESS/LENGTH", text=prefix)
        raise UsageError(said, mark=mark_in(text, prefix)) from error
    last = last_of(network, length, version)
    inner = (network + 1, network + (last - network) // 2, last - 1) if last - network > 1 else (network, last)
    return tuple(Origin("address", version, each, host=host) for each in dict.fromkeys(inner))


def flows_of(network: Network, reach: Reach) -> tuple[Flow, ...]:
    """Return the flows of a reach, without repetitions.

    Raises the same errors as ``flows_for``, and UnknownNameError if no engine has the network."""
    found = (flow for origin in _origins(network, reach) for flow in _from(network, reach, origin))
    return tuple(dict.fromkeys(msgspec.structs.replace(each, sport=0) for each in found))


def _origins(network: Network, reach: Reach) -> tuple[Origin, ...]:
    if not reach.network:
        others = tuple(each for each in reach.origins if not _is_of_host(network, each))
        return others or reach.origins
    host = host_named(network, reach.host)
    engine_network = _network_named(host, reach.network)
    label = reach.host or (host.name if len(network.hosts) > 1 else "")
    return tuple(Origin("container", container=each.name, host=label) for each in running_on(host, engine_network))


def _is_of_host(network: Network, origin: Origin) -> bool:
    """Return whether a host that was read has the address: then no client outside has it."""
    return origin.kind == "address" and is_held(network, _version(origin), origin.address or 0)


def _version(origin: Origin) -> Version:
    return 6 if origin.version == 6 else 4


def _network_named(host: Host, name: str) -> DockerNetwork:
    networks = [each for engine in host.engines for each in engine.networks]
    found = next((each for each in networks if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in networks) or "-"
        said = message("this host has no network {name!r} (networks: {known})", name=name, known=known)
        raise UnknownNameError(said, name=name)
    return found


def running_on(host: Host, network: DockerNetwork) -> Iterator[Container]:
    """Yield the running containers that are on a network of the engine."""
    for each in host.containers():
        if each.running and any(end.network == network.name for end in each.endpoints):
            yield each


def _from(network: Network, reach: Reach, origin: Origin) -> Iterator[Flow]:
    if reach.target is not None:
        yield from flows_for(network, (reach.target,), origin)
        return
    # Of the host's own packets only those to its name servers have the purpose of names.
    found = to_outside_name(network, _SOMEBODY, origin)
    yield from (each for each in found if (each.purpose == "dns") is (reach.outward == "names"))
