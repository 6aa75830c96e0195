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
to rest. For each network the counter of every rule is compared, too, so that the whole path counts, not only its end.

Every second network has weights of its own for each of the generator's choices. It leaves many elements out and has a
few often, so that elements meet that seldom do.
"""
_LIMITS = """## Not compared yet

- The kernel's own limits on ICMP errors, except those on answers to packets without a route: the others are off.
- Packets without a payload (which tells the flow), IPv4 options, IPv6 extension headers (AH among them), ICMP errors
  with a wrong checksum, SCTP chunks other than INIT.
- Rules that set the destination of locally sent packets. Most of these come from raw sockets, and only a raw socket's
  packet keeps its neighbour after such a rule.
- UDP without a checksum if an nft rule sets a port, since the kernel then writes a wrong checksum; before Linux 6.3
  also if REJECT applies, which calls such a packet broken.
- TCP sequence numbers and windows (`nf_conntrack_tcp_be_liberal` is on); two ends that open at once.
- Neighbour discovery of IPv6: the neighbours are entered by hand. ARP if rules count frames, if more than one namespace
  of a network has to send requests, and if a neighbour entry is no longer confirmed.
- Broadcast and multicast sent by a process, which a bridge floods; memberships of groups.
- Matches that nft leaves out of its listings (1.0.6: `ct l3proto ipv4` before a protocol's match).
- The order of chains of equal priority in tables of different tools, which no reading shows.
- Which port the kernel draws (`--random`, a source port out of a range): any that it may draw is right.  If it draws
  twice for one packet, the first port is not seen.
- Rules that see fragments, in namespaces without connection tracking. With tracking the kernel reassembles fragments
  before the rules, and these are sent and compared, as are packets that the kernel fragments for a narrow link. The
  size of fragments. ICMP errors about fragments, in namespaces without connection tracking.
- A route's locked MTU (an IPv6 router uses it, and no reading shows it); learned path MTUs, which are forgotten before
  the next packet; segmentation offload.
- IPv6 if `lo` is down: packets to `::1` then leave.
- Frames to an unknown hardware address, which a bridge floods; macvlans on links of containers, mode `source`.
- The ICMP error about a neighbour that does not answer, which comes seconds later.
- Of tunnels: every fifth network has one (vxlan; geneve, gre, gretap and ipip if the kernel has them, as the
  [other kernels](fidelity-kernels.md) do) between two of its namespaces; with `--tunnels` each network has one. Half of
  these networks have no rules and no faults. The devices do not learn, have no checksum of their own
  over IPv4, and send to one destination. No fragments of a socket enter them, and no narrow link is below a bridge's
  tunnel.
- Helpers; a bond whose link has lost its carrier. Where the kernel has them
  (not this machine's own: [other kernels](fidelity-kernels.md)): flowtables of no link, so that what is in one goes its
  usual way, and no ICMP errors are added to one; an uplink that is a VLAN or a bond; ipvlan in modes l2,
  l3 and l3s (but for policy rules that ask for ports, which the kernel does not tell them there); a bridge that filters
  VLANs, with links of VLANs on it, but for what it floods and rules that ask for a frame's type (a tag's is another); a
  VRF (from Linux 5.18 on, for IPv4, of links that are no bridges, without matches that look routes up).
- DCCP if the kernel tracks its ports (before 6.17): it looks at the packet's type, which the walk does not know.
- nft's `reject` in PREROUTING.
- Limits and other matches with a memory are compared in part: the kernel's path must be one of the walk's branches, and
  its counters must be in their range.
- Copies that a rule makes (TEE, dup), and packets that it hands over (fwd): they go to an unreachable gateway, or to a
  link that is down.
- SYNPROXY for packets that begin a connection, which it would answer by itself. HMARK, SNPT, DNPT, and ebtables' dnat,
  snat and redirect write only the value that the packet has already, because hairpin does not model another one.
- Sockets of clients: which socket an ICMP error is for. Connections that exist before a case, except untranslated UDP.
- Networks that are left out: the tools refuse their rules; or NAT draws ports that are not seen and a packet has more
  than 32 branches; or their rules leave open 512 branches of one packet; or so many of the kernel's ICMP errors wait
  for neighbours that do not answer that its socket takes no more.
- The counters of rules with a verdict map, a map, or a copy of the connection mark; their effect is compared.
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
