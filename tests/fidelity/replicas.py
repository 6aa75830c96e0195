"""``python -m tests.fidelity.replicas``: random networks rebuilt as replicas, held against the walk.

The hunt sends single packets through the networks themselves; here what ``hairpin prove`` says of their flows, there
and back, is compared.  ``--evidence FILE`` judges a kept one again.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from hairpin.errors import HairpinError
from hairpin.evidence.reading import Evidence
from hairpin.host.netns import Netns
from hairpin.host.read.parse import parse
from hairpin.judges.judged import Judged, judge_flows
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Protocol
from hairpin.network.network import Network
from hairpin.network.prefix import LINK_LOCAL6, Version, is_loopback, is_multicast
from hairpin.replica.judge import RunningKernel
from tests.fidelity.case import Case, Sent
from tests.fidelity.generate.case import case_of
from tests.fidelity.testbed.ask import read
from tests.fidelity.testbed.netns import SetupError
from tests.machine.command import command, numbers
from tests.machine.run import say, tell


class Kept(msgspec.Struct, frozen=True):
    """A network, and the flows on which the judges disagree."""

    seed: int
    evidence: Evidence
    flows: tuple[Flow, ...]


_PROTOCOLS: dict[int, Protocol] = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmp"}
_ECHO = (8 << 8, 128 << 8)


def flow_of(sent: Sent, host: Netns) -> Flow | None:
    """Return the flow that begins with the packet; None if no client would begin one so.

    ``host``: the namespace that is examined as the host.
    """
    packet = sent.packet
    protocol = _PROTOCOLS.get(packet.protocol)
    started = packet.icmp in _ECHO if protocol == "icmp" else protocol is not None
    chosen = packet.saddr == 0 and not sent.link  # the kernel chooses the source
    if protocol is None or not started or packet.inner is not None or sent.fragmented:
        return None
    if _is_odd(packet.daddr, packet.version) or (_is_odd(packet.saddr, packet.version) and not chosen):
        return None
    near = packet.version == 6 and any(LINK_LOCAL6.holds(each, 6) for each in (packet.saddr, packet.daddr))
    if near and not sent.link:
        return None  # a process must name the link of a link-local address, and flows cannot
    ports = (7, 40000) if protocol == "icmp" else (packet.dport or 0, packet.sport or 40000)
    if sent.link:
        start: Outside | FromHost | FromContainer = Outside(packet.saddr, sent.link)
    elif sent.netns == "host":
        start = FromHost(packet.saddr or None)
    else:
        start = FromContainer(sent.netns.partition(":")[2], host.sibling(sent.netns))
    return Flow(start, packet.version, packet.daddr, protocol, *ports)


def _is_odd(address: int, version: Version) -> bool:
    """Return whether no outside host, or many hosts, have such an address."""
    reserved = version == 4 and address >> 28 == 15
    return address == 0 or reserved or is_loopback(address, version) or is_multicast(address, version)


def _can_ask(network: Network, flow: Flow) -> bool:
    """Return whether a socket can be bound to the flow's source; an IPv6 address must be one of its host."""
    source = flow.start.address if isinstance(flow.start, FromHost) else None
    own = (each for each in network.namespace(network.this.netns).addresses if each.version == 6 and not each.tentative)
    return source is None or flow.version == 4 or any(each.value == source for each in own)


def flows_of(case: Case, most: int, host: Netns) -> tuple[Flow, ...]:
    """Return up to so many of a case's flows."""
    found = [flow for each in case.flows if (flow := flow_of(each.first, host)) is not None]
    return tuple(found[:: max(1, len(found) // most)][:most])


def answered(evidence: Evidence, flows: tuple[Flow, ...]) -> tuple[Judged, ...]:
    """Return each flow with both answers.  Raises HairpinError where no replica can be built."""
    network = Network((parse(evidence),))
    flows = tuple(flow for flow in flows if _can_ask(network, flow))
    return judge_flows(network, flows, (evidence,), RunningKernel())


def difference_text(each: Judged) -> str:
    """Return in a few lines what differs."""
    stop, left_out = each.trace.usual.stop, each.judgement.left_out
    link = each.trace.flow.start.link if isinstance(each.trace.flow.start, Outside) else None
    start = f"{each.trace.flow.start_text()} by {link}" if link else each.trace.flow.start_text()
    lines = [
        f"  {start} to {each.trace.flow.target_text()}: {each.agreement.reason}",
        f"    walk   {each.trace.verdict}" + (f": {stop.reason} {stop.stage} {stop.netns} {stop.link}" if stop else ""),
        f"    kernel {each.judgement.verdict}: {each.judgement.place}",
        *(f"    without {what}" for what in left_out),
    ]
    if stop is not None and stop.decided_by is not None:
        lines.insert(2, f"      {stop.decided_by}")
    return "\n".join(lines)


def main() -> int:
    """Judge networks; the exit status is 1 when something differs."""
    arguments = _arguments()
    if arguments.evidence is not None:
        kept = msgspec.json.decode(arguments.evidence.read_bytes(), type=Kept)
        open_ones = [each for each in answered(kept.evidence, kept.flows) if each.agreement.agrees is not True]
        say(*map(difference_text, open_ones))
        return int(bool(open_ones))
    keep = partial(_keep, arguments.keep) if arguments.keep is not None else None
    found = (_rebuilt(number, arguments.flows) for number in numbers(arguments))
    return tell(found, _lines, _is_differing, table=_table, seed=arguments.seed, keep=keep)


class Rebuilt(msgspec.Struct, frozen=True):
    """A network and its judged flows; ``left_out``: why there is none."""

    number: int
    evidence: Evidence | None = None
    flows: tuple[Judged, ...] = ()
    left_out: str = ""

    @property
    def open_ones(self) -> tuple[Judged, ...]:
        """The flows on which walk and replica do not agree."""
        return tuple(each for each in self.flows if each.agreement.agrees is not True)


def _rebuilt(number: int, flows: int) -> Rebuilt:
    case = case_of(number)
    try:
        evidence = read(case)
        return Rebuilt(number, evidence, answered(evidence, flows_of(case, flows, Netns(evidence.hostname))))
    except (SetupError, HairpinError) as error:
        return Rebuilt(number, left_out=f"{error}")


def _lines(found: Rebuilt) -> Iterator[str]:
    if found.left_out:
        yield f"case {found.number} left out: {found.left_out}"
    if found.open_ones:
        yield f"case {found.number}:"
    yield from map(difference_text, found.open_ones)


def _is_differing(found: Rebuilt) -> bool:
    return any(each.agreement.agrees is False for each in found.flows)


def _table(networks: Sequence[Rebuilt]) -> Iterator[str]:
    counted = Counter(each.agreement.agrees for found in networks for each in found.flows)
    yield f"{counted[True]} flows agree, {counted[False]} differ, {counted[None]} are open"


def _keep(folder: Path, found: Rebuilt) -> None:
    assert found.evidence is not None
    folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(found.number, found.evidence, tuple(each.trace.flow for each in found.open_ones))
    (folder / f"{kept.seed}.json").write_bytes(msgspec.json.encode(kept))


def _arguments() -> argparse.Namespace:
    parser = command(
        "tests.fidelity.replicas", "Hold the walk against replicas of random networks.", cases=20, seed="fresh"
    )
    parser.add_argument("--flows", type=int, default=30, help="of each network")
    parser.add_argument("--keep", type=Path, default=None, help="folder for networks in which something differs")
    parser.add_argument("--evidence", type=Path, default=None, help="judge a kept network again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
