"""The figures of one run of the hunt, and docs/reference/fidelity.md, which is written from them."""

import os
from collections import Counter
from pathlib import Path

from tests.fidelity.coverage.element import Element
from tests.fidelity.coverage.summary import Coverage
from tests.fidelity.judge.compare import Judgement

_HEAD = """# Fidelity: the walk held against the kernel

This page is written by `make fidelity N=…` (`tests/fidelity/`). A *pair* is one packet sent through one generated
network, by the walk and by the running kernel. Compared for each pair: delivered to which namespace by which link, left
by which link, dropped, or rejected with which ICMP type and code or reset; addresses, ports, TTL and DSCP where it came
to rest. For each network: the counter of every rule, so that the way is compared and not only its end.

Every second network has weights of its own for each of the generator's choices: it leaves many things out and has a few
often, so that what seldom meets does.
"""
_LIMITS = """## Not compared yet

- The kernel's own limits on ICMP errors are off, but for those on answers to packets without a route.
- Packets without a payload (a flow is known by it), IPv4 options, IPv6 extension headers (AH among them), ICMP errors
  with a wrong checksum, what an SCTP packet carries (it is always an INIT).
- Rules that set the destination of what is on its way out: what a raw socket sends keeps its neighbour, as nobody
  else's does, and most of what starts here is sent so.
- UDP without a checksum where a rule of nft sets a port: the kernel writes a wrong checksum then. Before Linux 6.3,
  where REJECT takes it for broken.
- TCP sequence numbers and windows (`nf_conntrack_tcp_be_liberal` is on); two ends that open at once.
- Neighbour discovery of IPv6: there neighbours are entered by hand. ARP where rules count frames, where more than one
  namespace of a network has to ask, and once what was answered has grown old.
- Broadcast and multicast sent by a process, which a bridge floods; memberships of groups.
- What nft leaves out of its listings (1.0.6: `ct l3proto ipv4` before a protocol's match).
- The order of chains of equal priority in tables of different tools, which no reading tells.
- Which port the kernel draws (`--random`, a source port out of a range): any that it may draw is right.  Where it draws
  twice for one packet nobody sees the first.
- Rules that see fragments, where nothing tracks connections: elsewhere the kernel has put them together before rules
  see them, and so they are sent and compared, as is what the kernel cuts for a narrow link. How large the pieces are.
  ICMP errors about fragments where nothing tracks connections.
- A route's MTU that is locked (an IPv6 router goes by it, and no reading tells); what a path's MTU was learned to be,
  which is forgotten before the next packet; segmentation offload.
- IPv6 where `lo` is down: what is sent to `::1` leaves then.
- Frames to a hardware address that nobody has, which a bridge floods; macvlans on links of containers, mode `source`.
- The error for a neighbour that nobody answers for, which comes seconds later.
- Tunnels only with `--tunnels`, which lays one (vxlan; geneve, gre, gretap and ipip where the kernel has them, as the
  [other kernels](fidelity-kernels.md) do) between two namespaces of each network: its own seeds stay what they are.
  Half of these networks have no rules and no faults. The devices do not learn, have no checksum of their own over
  IPv4, and send to one destination; no socket's fragments go in, and no narrow link is below a bridge's.
- Helpers; a bond whose link has lost its carrier. Where the kernel has them
  (not this machine's own: [other kernels](fidelity-kernels.md)): flowtables of no link, so that what is in one goes its
  usual way, and no ICMP errors are added to one; an uplink that is a VLAN or a bond; ipvlan in modes l2,
  l3 and l3s (but for policy rules that ask for ports, which the kernel does not tell them there); a bridge that filters
  VLANs, with links of VLANs on it, but for what it floods and rules that ask for a frame's type (a tag's is another); a
  VRF (from Linux 5.18 on, for IPv4, of links that are no bridges, without matches that look routes up).
- DCCP where the kernel tracks its ports (before 6.17): it looks at the packet's type, which the walk does not know.
- nft's `reject` in PREROUTING (its answers to what has no address yet).
- Limits and other matches with a memory: the kernel's way must be one of the walk's branches, its counters in the range
  that they span.
- What a rule copies (TEE, dup) or hands over (fwd): it goes to a gateway without a way, or to a link that is down.
- SYNPROXY sees no packet that begins a connection, which it would answer by itself. What HMARK, SNPT, DNPT, and
  dnat, snat and redirect of ebtables write is what the packet has: hairpin does not say what else they lead to.
- Sockets of clients: which socket an ICMP error is for. Connections that the table has already: of UDP, not translated.
- Networks that are left out: the tools refuse their rules, or nobody sees which ports NAT draws in them and their
  packets could have gone more than 32 ways, or their rules leave open 512 ways that one packet can go, or so many of
  the kernel's ICMP errors wait for neighbours who do not answer that its socket takes no more.
- Of rules with a verdict map, a map, or a copy of the connection mark only what they do, not their counter.
"""


class Run:
    """The sum of a run's judgements."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.seconds = 0.0
        self.networks = self.refused = self.differing = self.packets = self.rules = 0
        self.outcomes: Counter[str] = Counter()
        self.exercised: Counter[Element] = Counter()
        self.judged: set[str] = set()

    def add(self, result: Judgement | str) -> None:
        """Count a judgement, or a network that cannot be judged."""
        if isinstance(result, str):
            self.refused += 1
            return
        self.networks += 1
        self.packets += result.packets
        self.rules += result.rules
        self.differing += bool(result.disagreements)
        self.outcomes.update(dict(result.outcomes))
        if not result.disagreements:
            self.judged.update(result.judged)
        self.exercised.update(result.exercised)

    def summary(self) -> str:
        """Return the run in one line."""
        return (
            f"{self.packets} pairs in {self.networks} networks, {self.rules} rule counters, {self.differing} networks "
            f"with a disagreement, {self.refused} left out; seed {self.seed}, {self.seconds:.0f} s, "
            f"kernel {os.uname().release.split('-')[0]}"
        )


def write(path: Path, run: Run, coverage: Coverage) -> None:
    """Write the document."""
    lines = [_HEAD, "## The last run", "", run.summary() + ".", "", "| outcome | packets |", "| --- | --- |"]
    lines += (f"| {name} | {count} |" for name, count in sorted(run.outcomes.items()))
    lines += ["", *coverage.lines()]
    path.write_text("\n".join((*lines, "", _LIMITS)), "utf-8")
