"""Cases and disagreements as text, for people."""

from collections.abc import Iterator

from hairpin.netfilter.packet import Packet
from hairpin.network.prefix import Version, address_text
from tests.fidelity.case import Case, Sent
from tests.fidelity.judge.compare import Disagreement
from tests.fidelity.testbed.events import Event
from tests.fidelity.testbed.frames import flags_text


def packet_text(packet: Packet) -> str:
    """Return the packet in one line."""
    name = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmp6"}.get(packet.protocol, str(packet.protocol))
    source, target = (address_text(each, packet.version) for each in (packet.saddr, packet.daddr))
    flags = f" {flags_text(packet.tcp_flags) or 'no flags'}" if packet.protocol == 6 else ""
    kind = f" {packet.icmp >> 8}/{packet.icmp & 0xFF}" if packet.icmp is not None else ""
    broken = " broken" if packet.bad_checksum else ""
    ends = f"{source} {packet.sport} > {target} {packet.dport}"
    about = f" about ({packet_text(packet.inner)})" if packet.inner is not None else ""
    return f"{name}{kind}{flags} {ends} ttl {packet.ttl} dscp {packet.dscp}{broken}{about}"


def sent_text(sent: Sent) -> str:
    """Return where a packet starts, and the packet."""
    return f"{sent.link or sent.netns}: {packet_text(sent.packet)}"


def event_text(event: Event) -> str:
    """Return the event of a packet as text."""
    if event.kind == "answer":
        return f"rejected with {event.answer}"
    version: Version = 6 if event.daddr >> 32 or event.saddr >> 32 else 4
    packet = Packet(version, event.saddr, event.daddr, event.protocol, event.sport, event.dport, ttl=event.ttl,
                    dscp=event.dscp)  # fmt: skip
    about = ""
    if event.inner:
        saddr, daddr, protocol, sport, dport = event.inner
        about = f" about {packet_text(Packet(version, saddr, daddr, protocol, sport, dport))}"
    return f"{event.kind} {event.netns} {event.link}: {packet_text(packet)}{about}"


def events_text(events: tuple[Event, ...]) -> str:
    """Return the events of a packet as text, or ``nothing``."""
    return " and ".join(event_text(each) for each in events) or "nothing"


def disagreement_text(found: Disagreement) -> str:
    """Return the disagreement in a few lines."""
    head = f"  flow {found.flow} transmission {found.transmission} {sent_text(found.sent)}\n" if found.sent else ""
    branches = " | ".join(events_text(each) for each in found.branches)
    return f"{head}  walk   {branches} {found.walk}\n  kernel {events_text(found.events)} {found.kernel}\n"


def case_text(case: Case) -> Iterator[str]:
    """Yield the case's lines, without the lines that every case has."""
    yield from (f"    world: {line}" for line in case.world)
    for netns in case.namespaces:
        lines = [
            *netns.routing4, *netns.routing6, *netns.bridging, *(f"{key}={value}" for key, value in netns.sysctls),
            *netns.ipsets, *netns.outages,
        ]  # fmt: skip
        for text in netns.rulesets:
            lines += (f"{text.tool} {text.version} {text.table}: {line}" for line in (*text.head, *text.rules))
        yield from (f"    {netns.name}: {line}" for line in lines)
    for flow in case.flows[:6]:
        flags = flow.flags or ((flow.reply_flags,) if flow.reply_flags else ())
        yield f"    flow {flow.number} {sent_text(flow.first)} then {' '.join(flow.then)}" + (
            f" with {' '.join(map(flags_text, flags))}" if flags else ""
        )
