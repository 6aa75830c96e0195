"""Tells whether a walk reached an unread container.

If a walk reached an unread container, the answer may change after the container is read."""

from collections.abc import Iterator

from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.kept import kept
from hairpin.network.network import Network, leads_to_left
from hairpin.walk.trace import Branch, Trace

_BEYOND = ("outside", "neighbour", "bridge")
"""The stages at which the peer of a link matters for the stop."""
_COMING_IN = ("device-in", "prerouting", "input-route", "input", "socket", "relay")
"""The stages at which a step names the input link.  At such a step, the packet's sender on the link was read."""


def may_enter_unread(network: Network, trace: Trace) -> bool:
    """Return whether a packet of the trace takes a link that leads to an unread container, or looks for the address of
    such a container."""
    links = frozenset(each for host in network.hosts for each in _links_to_unread(host))
    unread = frozenset(each for host in network.hosts for each in _unread_addresses(host))
    if not links and not unread:
        return False
    met = trace.like.branches  # an unread container is alike only to unread ones
    return any(_enters(links, each) or (each.stop is not None and each.stop.address in unread) for each in met)


@kept
def _unread_addresses(host: Host) -> frozenset[int]:
    """Return the addresses that engines gave to unread containers."""
    return frozenset(
        address
        for container in host.containers()
        if container.left_unread is not None
        for endpoint in host.engine_of(container).endpoints_of(container)
        for address in (endpoint.ipv4, endpoint.ipv6)
        if address is not None
    )


def _enters(links: frozenset[tuple[Netns, str]], branch: Branch) -> bool:
    stop = branch.stop
    if stop is not None and (
        stop.reason == "namespace-unread" or (stop.stage in _BEYOND and (stop.netns, stop.link) in links)
    ):
        return True
    last = (steps[-1] for steps in (branch.request, branch.reply, branch.data) if steps)
    return any((step.netns, step.link) in links for step in last if step.stage not in _COMING_IN)


@kept
def _links_to_unread(host: Host) -> frozenset[tuple[Netns, str]]:
    """Return the host's links that lead to unread containers, and the bridges of these links."""
    return frozenset(_found(host))


def _found(host: Host) -> Iterator[tuple[Netns, str]]:
    if host.netns.name not in host:
        return
    alone = Network((host,))
    for link in host.namespace(host.netns.name).links:
        if leads_to_left(alone, host.netns, link):
            yield host.netns, link.name
            if link.master is not None:
                yield host.netns, link.master
