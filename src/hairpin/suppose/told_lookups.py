"""The look-ups of containers' names that failed, and the ports at which a container asked itself, as a text states
them."""

from collections.abc import Iterator

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.names import servers_of
from hairpin.network.network import Network
from hairpin.pasted.forms.outcomes.outcome import is_loopback as is_own
from hairpin.question.asked import Target
from hairpin.question.egress import name_flow
from hairpin.suppose.said_sockets import is_of_a_server, is_served_elsewhere
from hairpin.walk.walked import walked

_SERVER = 0xCB007135
"""203.0.113.53, an address of RFC 5737: a name server outside, whatever its address is."""


def lookups_told(network: Network, asked: tuple[Target, ...], asking: str) -> tuple[Flow, ...]:
    """Return the flows by which clients asked for the name of a container and got no address, if the networks that the
    text shows are the reason.  If the text does not show the client, it may be in each other container: then no other
    container may know the name.

    ``asked``: the targets of the question; a question about another thing means no look-up.  ``asking``: the container
    that asks; empty if the question names none."""
    found: dict[Flow, None] = {}
    for host in network.hosts:
        for outcome in host.told.outcomes if host.told is not None else ():
            named = host.containers_named(outcome.host) if outcome.result == "no-name" and outcome.host else ()
            if named:
                flows = tuple(_of(network, host, outcome, named, asking))
                if not asked or any(_is_meant(host, each, named, flows) for each in asked):
                    found |= dict.fromkeys(flows)
    return tuple(found)


def loopbacks_told(network: Network, asked: tuple[Target, ...]) -> tuple[Flow, ...]:
    """Return the flows by which a container was refused at its own loopback address, at an asked port that another
    container or the host has, or that is a well-known server's.

    ``asked``: the targets of the question; without targets, each such port is meant."""
    found: dict[Flow, None] = {}
    ports = {each.port for each in asked}
    for host in network.hosts:
        for outcome in host.told.outcomes if host.told is not None else ():
            name = outcome.origin.removeprefix("container:")
            clients = host.containers_named(name) if name not in ("", outcome.origin) else ()
            is_refused = outcome.result == "refused" and outcome.protocol == "tcp" and is_own(outcome.host)
            if outcome.port is None or not is_refused or not (outcome.port in ports or not asked):
                continue
            for each in (one for one in clients if one.running and one.netns not in (None, HOST)):
                start = FromContainer(each.name, Netns(host.name, each.netns or HOST))
                if is_served_elsewhere(network, start, outcome.port) or is_of_a_server(each, outcome.port):
                    found[Flow(start, 4, _LOOPBACK, "tcp", outcome.port, host=host.name)] = None
    return tuple(found)


_LOOPBACK = 0x7F00_0001


def _is_meant(host: Host, target: Target, named: tuple[Container, ...], flows: tuple[Flow, ...]) -> bool:
    """Return whether the question is about the container with the name, or about the client that asks for it."""
    asked = host.containers_named(target.container) if target.container is not None else ()
    return any(each in named or any(flow.of_container == each.name for flow in flows) for each in asked)


def _of(network: Network, host: Host, outcome: Outcome, named: tuple[Container, ...], asking: str) -> Iterator[Flow]:
    name = outcome.origin.removeprefix("container:") if outcome.origin.startswith("container:") else asking
    if outcome.origin and not name:
        return  # a client on the host
    clients = host.containers_named(name) if name else tuple(host.containers())
    running = [each for each in clients if each.running and each not in named]
    if not running or not all(each.running for each in named):
        return
    flows = [_lookup(host, each, outcome.host) for each in running]
    known = [each for each in flows if each is not None]
    if len(known) == len(flows) and all(_is_unknown(network, each) for each in known):
        yield known[0]


def _lookup(host: Host, asking: Container, name: str) -> Flow | None:
    """Return the DNS flow by which the container asks for the name.  On a network without a name server the container
    has the host's name servers, which no text has to show: the flow leads to a server outside."""
    flow = name_flow(host, asking, name)
    if flow is not None or asking.netns is None or name in asking.extra_names or servers_of(host, asking):
        return flow
    start = FromContainer(asking.name, Netns(host.name, asking.netns))
    return Flow(start, 4, _SERVER, "udp", 53, container=asking.name, purpose="dns", host=host.name, asked_name=name)


def _is_unknown(network: Network, flow: Flow) -> bool:
    stop = walked(network, flow).usual.stop
    return stop is not None and stop.reason == "name-unknown"
