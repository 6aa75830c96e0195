"""Containers that send SYNs to which no answer comes, as connection tracking shows: what they ask for is a part of the
plain question.

A container with many such servers is no such sender: a crawler or a program of a peer-to-peer network tries many
machines, of which many are gone.
"""

from collections.abc import Iterator

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Host
from hairpin.netfilter.packet import Connection
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, netns_of
from hairpin.network.prefix import Version
from hairpin.walk.granted.silence import is_silent, syns_without_answer

_MOST = 3
"""The greatest number of silent servers of one container that are asked for."""

_Server = tuple[Version, int, int]
"""The IP version, address and port of a server, as the container asks for it."""


def observe(inquiry: Inquiry) -> Inquiry:
    """Add the flows from containers to servers that do not answer them."""
    network, asked = inquiry.network, {(each.start, each.version, each.daddr, each.dport) for each in inquiry.flows}
    hosts = (each for each in network.hosts if each.was_read and each.netns in network)
    found = [
        each for host in hosts for each in _flows(network, host)
        if (each.start, each.version, each.daddr, each.dport) not in asked
    ]  # fmt: skip
    first = max((each.sport for each in inquiry.flows), default=0) + 2
    more = (msgspec.structs.replace(each, sport=first + 2 * number) for number, each in enumerate(found))
    return msgspec.structs.replace(inquiry, flows=(*inquiry.flows, *more))


def _flows(network: Network, host: Host) -> Iterator[Flow]:
    """Yield the flows from each container whose connections await the answers of a few servers."""
    namespace = network.namespace(host.netns)
    senders = {
        (version, address): each
        for each in host.containers()
        for end in each.endpoints
        for version, address in ((4, end.ipv4), (6, end.ipv6))
        if each.status == "running" and address is not None
    }
    waiting: dict[str, dict[_Server, list[Connection]]] = {}
    for entry in syns_without_answer(namespace):
        asked = entry.original
        sender = senders.get((entry.version, asked.saddr))
        if sender is not None:
            servers = waiting.setdefault(sender.name, {})
            servers.setdefault((entry.version, asked.daddr, asked.dport), []).append(entry)
    for container in dict.fromkeys(senders.values()):
        servers, netns = waiting.get(container.name, {}), netns_of(host, container)
        silent = [each for each, entries in servers.items() if is_silent(namespace, entries)]
        if netns is None or netns.is_host or netns not in network or len(silent) > _MOST:
            continue
        for version, address, port in silent:
            yield Flow(FromContainer(container.name, netns), version, address, "tcp", port, host=host.name)
