"""The servers outside from which connections of this host got no answer, as connection tracking shows."""

from collections.abc import Iterator

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import Message, few_of, message
from hairpin.netfilter.packet import Connection
from hairpin.network.flow import Flow
from hairpin.network.network import Network, is_uplink, owns_address
from hairpin.network.prefix import Version, address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.granted.silence import is_silent, syns_without_answer

_Server = tuple[Version, int, int, str]
"""A server's IP version, address and port, and where the connections start: ``container:NAME`` or ``host``."""


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return the notes about servers outside that sent no answer."""
    return told_by_silence(inquiry.network, tuple(each.flow for each in inquiry.traces))


def told_by_silence(network: Network, flows: tuple[Flow, ...] = ()) -> tuple[Message, ...]:
    """Return a note for each host whose connections to servers outside got no answer.  ``flows``: what is asked anyway;
    the answer tells of it."""
    asked = {(each.version, each.daddr, each.dport) for each in flows}
    hosts = (each for each in network.hosts if each.was_read and each.netns in network)
    found = ((host, tuple(each for each in _silent(network, host) if each[:3] not in asked)) for host in hosts)
    return tuple(_note(network, host, servers) for host, servers in found if servers)


def _note(network: Network, host: Host, found: tuple[_Server, ...]) -> Message:
    start = f"{found[0][3]}@{host.name}" if len(network.hosts) > 1 else found[0][3]
    said = message(
        "connections from here to these servers got no answer: {servers}; to see why: `hairpin check {target} --from "
        "{start}`",
        servers=few_of([f"{_target(each)} ({each[3]})" for each in found]),
        target=_target(found[0]),
        start=start,
    )
    return network.about_host(host.name, said)


def _target(server: _Server) -> str:
    version, address, port, _ = server
    text = address_text(address, version)
    return f"[{text}]:{port}" if version == 6 else f"{text}:{port}"


def _silent(network: Network, host: Host) -> Iterator[_Server]:
    """Yield the servers outside whose answers TCP connections of this host await, if these servers have answered no
    later connection."""
    namespace = network.namespace(host.netns)
    waiting: dict[tuple[Version, int, int], list[Connection]] = {}
    for each in syns_without_answer(namespace):
        waiting.setdefault((each.version, each.reply.saddr, each.reply.sport), []).append(each)
    for (version, address, port), entries in waiting.items():
        start = _start(network, host, version, entries[0].original.saddr)
        if start is None or not _leads_out(network, host.netns, version, address):
            continue
        if is_silent(namespace, entries):
            yield version, address, port, start


def _start(network: Network, host: Host, version: Version, address: int) -> str | None:
    """Return where a connection from the address starts; None if no namespace of the host has the address."""
    if owns_address(network.namespace(host.netns), version, address):
        return "host"
    for container in host.containers():
        if any(address == (each.ipv4 if version == 4 else each.ipv6) for each in container.endpoints):
            return f"container:{container.name}"
    return None


def _leads_out(network: Network, netns: Netns, version: Version, address: int) -> bool:
    """Return whether the host's route to the address leaves by an uplink."""
    namespace = network.namespace(netns)
    links = (namespace.link(hop.link) for hop in lookup(namespace, Query(version, address)).next_hops if hop.link)
    return any(link is not None and is_uplink(network, netns, link) for link in links)
