"""The connection table is full, so the kernel drops each packet that needs a new entry.

Users see: new connections time out while open connections still work, and the kernel logs ``nf_conntrack: table full,
dropping packet``.

Proof: ``nf_conntrack_count`` has reached ``nf_conntrack_max``, and the kernel finds no entry to evict in the hash
buckets near the new entry.  With a greater maximum the packet passes.
Now: ``sysctl -w net.netfilter.nf_conntrack_max=…`` with twice the present number of entries.
Lasting: put the value into a file of sysctl.d, and nf_conntrack into a file of modules-load.d, because the sysctl does
not exist before the module is loaded.
"""

from collections import Counter

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, OfSysctl, View, message
from hairpin.change.change import SetSysctl, one
from hairpin.netfilter.packet import TCP, UDP, Connection
from hairpin.network.prefix import Version, address_text
from hairpin.walk.hooks.conntrack_room import MAXIMUM, fill_of

_NAMES = {TCP: "tcp", UDP: "udp"}
_ENTRY_BYTES = 320
"""The approximate size of ``struct nf_conn`` on 64-bit kernels, in bytes."""


def find(view: View) -> Iterator[Candidate]:
    fill = fill_of(view.network, view.stop.netns)
    if fill is None or not fill.full or view.host_netns not in view.network:
        return
    wanted = 2 * fill.count
    filled = _most_of(view.namespace)
    yield Candidate(
        title=message(
            "The connection table is full: {count} of at most {most} entries", count=fill.count, most=fill.most
        ),
        detail=message("The kernel drops each packet that needs a new conntrack entry. {filled}", filled=filled)
        if filled is not None
        else message("The kernel drops each packet that needs a new conntrack entry. Open connections go on."),
        change=one(SetSysctl(view.host_netns, MAXIMUM, str(wanted))),
        where=OfSysctl(sysctl=MAXIMUM, value=fill.most, wanted=wanted),
        in_class="full-table",
        evidence=(view.namespace.sysctls.evidence,),
        side_effects=(
            message(
                "a full table of that size takes {size} MiB of the kernel's memory", size=wanted * _ENTRY_BYTES >> 20
            ),
        ),
        advice=(
            message("find what opens so many connections: `conntrack -L`. Unless you stop it, the table fills again"),
        ),
    )


def _most_of(namespace: Namespace) -> Message | None:
    """Return the message that names the most frequent source and port of the listed entries, or None if no entry is
    listed."""
    entries = namespace.connections
    if not entries:
        return None
    ports = Counter(map(_port, entries))
    sources: Counter[tuple[Version, int]] = Counter((each.version, each.original.saddr) for each in entries)
    port, to_port = ports.most_common(1)[0]
    (version, source), by_source = sources.most_common(1)[0]
    return message(
        "Of {listed} listed entries, {to_port} are to port {port} and {by_source} are from {source}.",
        listed=len(entries),
        to_port=to_port,
        port=port,
        by_source=by_source,
        source=address_text(source, version),
    )


def _port(entry: Connection) -> str:
    protocol = entry.original.protocol
    return f"{entry.original.dport}/{_NAMES.get(protocol, protocol)}"


CAUSE = Cause(
    title=message("The connection table is full"),
    source="net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc(), early_drop()",
    shown_by=("sysctl net.netfilter; sudo dmesg | grep conntrack", message("the count has reached the maximum")),
    reasons=frozenset({"conntrack-full"}),
)
