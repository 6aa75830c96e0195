"""What most entries of a connection table have in common."""

from collections import Counter

from hairpin.host.host import Namespace
from hairpin.message import Message, message
from hairpin.netfilter.packet import TCP, UDP, Connection
from hairpin.network.prefix import Version, address_text

_NAMES = {TCP: "tcp", UDP: "udp"}


def most_of(namespace: Namespace) -> Message | None:
    """Return the source and the port that most of the listed entries have; None if nothing is listed."""
    entries = namespace.connections
    if not entries:
        return None
    ports = Counter(map(_port, entries))
    sources: Counter[tuple[Version, int]] = Counter((each.version, each.original.saddr) for each in entries)
    port, to_port = ports.most_common(1)[0]
    (version, source), by_source = sources.most_common(1)[0]
    return message(
        "Of {listed} listed entries {to_port} are to port {port}, and {by_source} are from {source}.",
        listed=len(entries),
        to_port=to_port,
        port=port,
        by_source=by_source,
        source=address_text(source, version),
    )


def _port(entry: Connection) -> str:
    protocol = entry.original.protocol
    return f"{entry.original.dport}/{_NAMES.get(protocol, protocol)}"
