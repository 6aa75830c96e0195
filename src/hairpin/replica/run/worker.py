"""The process of one replica: it builds the replica, sends the packets of every flow, carries out the change if there
is one, sends the packets again, and ends.

The process is the first one of its PID namespace, has its own mount namespace, and holds all network namespaces by file
descriptors.  The process dies with its parent (PR_SET_PDEATHSIG), and the whole replica dies with the process.
"""

import socket
import time
from collections.abc import Iterator

import msgspec

from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.evidence.reading import Evidence
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.attachment import sender_netns
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network, is_held, owns_address
from hairpin.network.prefix import Version, address_text
from hairpin.replica.judgement import Hit, Judgement, Outcome, Place, Sighting, Verdict
from hairpin.replica.plan.blueprint import APART, SEGMENTS, WORLD, Blueprint, NetnsPlan, Way, named
from hairpin.replica.plan.entry import Entry, entry, is_behind_container
from hairpin.replica.plan.links import KINDS
from hairpin.replica.plan.plan import blueprint
from hairpin.replica.plan.tunnels import is_rebuilt
from hairpin.replica.run import ctnetlink
from hairpin.replica.run.build import Built, makeable, within
from hairpin.replica.run.changing import make
from hairpin.replica.run.client import Attempt, Client, source_of, was_told_mtu
from hairpin.replica.run.serving import Loop, Servers
from hairpin.replica.run.tool import run_quietly
from hairpin.replica.watch.counters import Counters
from hairpin.replica.watch.departures import Departures
from hairpin.replica.watch.drops import Drops
from hairpin.replica.watch.proc_net import ANSWERS, HalfOpen, KernelCounters
from hairpin.replica.watch.tap import SO_TIMESTAMPNS, Tap
from hairpin.replica.watch.verdict import Findings, last_seen, verdict
from hairpin.walk.size.bulk import is_narrow, may_stall, probes
from hairpin.walk.walked import walked

_FORGET_UNANSWERED = ("ip", "neighbour", "flush", "nud", "incomplete", "nud", "failed")
_FORGET_KNOWN = (
    *_FORGET_UNANSWERED, "nud", "reachable", "nud", "stale", "nud", "delay", "nud", "probe", "nud", "noarp",
)  # fmt: skip
"""The command that flushes all neighbour entries except permanent ones.

NOARP entries are flushed because they belong to broadcast addresses, and an address may no longer be a broadcast
address after a change."""
_VERSIONS: tuple[Version, ...] = (4, 6)
_TOLD_AT_ONCE, _TOLD_AGAIN_S = 5, 1.05
"""The kernel's limit on ICMP errors about a missing route (IPv4): the number of errors that it sends at once, and the
seconds between later errors.  The sysctls ip_rt_error_burst and ip_rt_error_cost apply to all namespaces."""


class Order(msgspec.Struct, frozen=True):
    """The order to one replica.  ``flows``: the flows that are sent in the replica before the change.  ``after``: the
    flows that are sent after the ``change`` was carried out in the replica.  ``evidence``: the evidence of each host,
    in the order of the network's hosts.  Without evidence, rules are written from the model."""

    network: Network
    flows: tuple[Flow, ...]
    evidence: tuple[Evidence, ...] = ()
    read: Network | None = None
    change: Change | None = None
    after: tuple[Flow, ...] = ()


def carry(order: Order) -> Outcome:
    """Build the replica, send the flows, carry out the change, and send the flows again.  The caller must be a separate
    process, because the process is in another namespace afterwards."""
    changed = simulate(order.change, order.network) if order.change is not None else None
    replica = _Replica(order, changed)
    before = tuple(replica.judge(flow) for flow in order.flows)
    after: tuple[Judgement, ...] = ()
    if order.change is not None and changed is not None:
        refused = make(order.change, order.network, changed, replica.built)
        replica.built.left_out += (message("the change: {said}", said=said) for said in refused)
        replica.after_change(changed)
        after = tuple(replica.judge(replica.with_fresh_port(flow)) for flow in order.after)
    return Outcome(before, after, tuple(replica.built.took_ms.items()))


def _blueprint(order: Order, changed: Network | None) -> Blueprint:
    """Return the plan of a replica for the flows before and after the change, with kinds of links that this kernel can
    make."""
    flows = tuple(dict.fromkeys((*order.flows, *order.after)))
    kinds = frozenset(
        link.kind
        for netns, each in order.network.namespaces()
        for link in each.links
        if link.tunnel is None or is_rebuilt(order.network, netns, link)
    )
    able = makeable(kinds & frozenset(KINDS))
    return blueprint(order.network, flows, order.evidence, order.read, changed, able)


class _Replica:
    """The built namespaces with their servers, taps and client."""

    def __init__(self, order: Order, changed: Network | None) -> None:
        self._network = order.network
        started = time.monotonic()
        drops = Drops()
        # The kernel begins to record packet times only some time after the first socket has asked for them.
        self._clock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._clock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        plan = _blueprint(order, changed)
        planned = time.monotonic()
        self.built = Built(plan)
        self.built.took_ms["blueprint"] = (planned - started) * 1000
        self._plans = {each.netns: each for each in plan.namespaces}
        self._plan = plan
        self._departures = Departures(order.network, plan.ways, plan.far_ends)
        start = next(host.netns for host in order.network.hosts if host.netns in self.built.netns)
        self._home = self.built.netns[start]
        loop = Loop()
        self._servers = Servers(self.built.netns, self._home, loop)
        started = time.monotonic()
        for each in plan.namespaces:
            self._servers.open(each)
        self._taps = tuple(self._tap(each) for each in plan.namespaces if each.netns != SEGMENTS)
        self.built.come_up()
        self.built.took_ms["sockets and links up"] = (time.monotonic() - started) * 1000
        self._home.enter()
        self._client = Client(loop, self._taps, drops, self._nothing_more_comes)
        self._counters = Counters()
        self._kernel_counters = KernelCounters()
        self._half_open = HalfOpen()
        self._hits: list[Hit] = []
        self._gone: list[tuple[Netns, str]] = []
        self._held = False
        self._last: tuple[Sighting, ...] = ()
        self._unanswered = False
        self._moved = set[Version]()
        self._without_route = 0
        self._forgets = ctnetlink.available()
        self._flow, self._start = Flow(FromHost(), 4, 0, "tcp", 0), start
        for name in self._plans:
            self._enter(name)
            # Hosts may have sent ARP requests before their wires were joined, or before a tunnel's end existed.
            if SEGMENTS in self._plans or plan.far_ends:
                run_quietly(_FORGET_UNANSWERED)
            self._kernel_counters.grown(name)
        self._home.enter()
        self._changed = False

    def _tap(self, plan: NetnsPlan) -> Tap:
        self.built.netns[plan.netns].enter()
        return Tap(plan.netns)

    def after_change(self, changed: Network) -> None:
        """Flush neighbour entries, and read all counters.  Afterwards the kernel resolves neighbours again at once, and
        readings of counters show only later packets.  Before the flush, a link that the change has set up gets
        carrier."""
        self._changed = True
        self._departures = Departures(changed, self._plan.ways, self._plan.far_ends)
        self.built.settle()
        for name, plan in self._plans.items():
            self._enter(name)
            run_quietly(_FORGET_KNOWN)
            self._kernel_counters.grown(name)
            for version in _VERSIONS:
                self._counters.read(plan, self._tools(plan), version)
        self.built.wait_running()
        self._home.enter()

    def with_fresh_port(self, flow: Flow) -> Flow:
        """Return the flow with another, unused source port.  No conntrack entry of the first attempt matches this flow.
        The flow is unchanged if the snapshot itself has a connection from the flow's port."""
        known = (each.original.sport for plan in self._plans.values() for each in plan.connections)
        if flow.protocol == "icmp" or flow.sport in known:
            return flow
        taken = {socket.port for _, namespace in self._network.namespaces() for socket in namespace.sockets}
        others = (*range(flow.sport + 1, 65536), *range(flow.sport - 1, 1023, -1))
        return msgspec.structs.replace(flow, sport=next(each for each in others if each not in taken))

    def _nothing_more_comes(self, seen: tuple[Sighting, ...], /, *, dropped: bool) -> bool:
        """Return whether no answer can come.  No answer can come if the data is at a socket from which no process
        reads, if the outside does not answer, or if counters confirm a drop."""
        self._held = self._held or self._servers.holds_data(self._flow.protocol)
        if self._held or self._lost_outside(self._flow, seen) is not None:
            return True
        return dropped and self._confirmed(seen)

    def _confirmed(self, seen: tuple[Sighting, ...]) -> bool:
        """Return whether the counter of a rule or of the IP layer shows a drop."""
        versions = self._versions()
        for name in self._touched(seen):
            self._enter(name)
            self._gone += ((name, counter) for counter in self._kernel_counters.grown(name))
            for version in versions:
                self._hits += self._counters.read(self._plans[name], self._tools(self._plans[name]), version)
        self._home.enter()
        lost = any(counter not in ANSWERS for _, counter in self._gone)
        return lost or any(hit.does != "other" for hit in self._hits)

    def _versions(self) -> tuple[Version, ...]:
        """Return the IP versions of the flow's packets.  A relay may use another IP version than its client."""
        relayed = {each.version for each in self._servers.happenings if each.version is not None}
        return tuple(each for each in _VERSIONS if each == self._flow.version or each in relayed)

    def judge(self, flow: Flow) -> Judgement:
        """Send the flow's packet and return the verdict.  The packet is sent again if it was dropped and many earlier
        packets had no route, because the kernel limits the rate of its ICMP errors.  Source: net/ipv4/route.c
        ip_error()"""
        found = self._judge(flow)
        if flow.version == 6 or found.place is None:
            return found
        # A packet that a host on its path drops because it has no route counts, too.
        self._without_route += found.verdict == "rejected" or "IP_INNOROUTES" in found.place.reasons
        if (
            found.place.rules
            or found.verdict != "dropped"
            or not self._unanswered
            or self._without_route < _TOLD_AT_ONCE
        ):
            return found
        time.sleep(_TOLD_AGAIN_S)
        return self._judge(flow)

    def _judge(self, flow: Flow) -> Judgement:
        started = time.monotonic()
        netns, source, destination = (
            self._network.host_netns(flow.host),
            source_of(flow),
            address_text(flow.daddr, flow.version),
        )
        begins = entry(self._network, flow)
        if begins is not None:
            netns, source, destination = WORLD, begins.source, begins.destination
        elif isinstance(flow.start, FromContainer):
            netns = sender_netns(self._network, flow.start)
        elif is_behind_container(flow):
            said = message("the client is behind a container, and the test copy (replica) has no link to it")
            return Judgement(flow, "dropped", Place(WORLD), left_out=(said,))
        elif not isinstance(flow.start, FromHost):
            if not any(each.netns == netns for each in self.built.plan.ways):
                return Judgement(flow, "dropped", Place(WORLD))  # the rebuilt host has no link to the world
            said = message("you stated that a machine upstream stops the packet")
            return Judgement(flow, "dropped", Place(WORLD), left_out=(said,))
        if netns not in self.built.netns:
            said = message("{netns} does not exist", netns=named(netns, self._plans))
            return Judgement(flow, "dropped", Place(netns), left_out=(said,))
        self._servers.hang_up()
        flow = self._as_sent(flow)
        self._servers.answer_bytes = flow.data_bytes if flow.protocol == "tcp" else 0
        self._reset_between_flows()
        self.built.remember()
        self._hits, self._gone, self._held, self._flow, self._start = [], [], False, flow, netns
        for tap in self._taps:
            tap.solicited.clear()
        way = self._way(flow, begins) if begins is not None else None
        self._enter(netns)
        attempt = self._client.attempt(flow, source, destination, way)
        if flow.data_bytes and attempt.experience.kind != "answer" and was_told_mtu(attempt.sightings):
            # A smaller path MTU that the kernel has just learned always applies to the next connection, but not always
            # to the present one.
            attempt = self._client.attempt(flow, source, destination, way)
        self._home.enter()
        return self._judged(flow, attempt, (time.monotonic() - started) * 1000)

    def _as_sent(self, flow: Flow) -> Flow:
        """Return the flow with the amount of data that the walk considers.  A TCP flow sends data only if its path has
        a tunnel or links with different MTUs.  A TCP flow sends no data if the sender probes for the MTU or learns a
        very small MTU, because then the sender needs longer than the replica waits."""
        if flow.protocol != "tcp" or not flow.data_bytes:
            return flow
        trace = walked(self._network, flow)
        ends = (step for each in trace.branches for step in (*each.request[:1], *each.request[-1:]))
        on_way = (step for each in trace.branches for step in (*each.request, *each.reply))
        late = any(probes(self._network, step.netns) for step in ends) or any(map(is_narrow, on_way))
        patient = trace.succeeds and late
        if not patient and any(may_stall(self._network, each.request, each.reply) for each in trace.branches):
            return flow
        return msgspec.structs.replace(flow, data_bytes=0)

    def _way(self, flow: Flow, begins: Entry) -> Way | None:
        """Return the way by which the flow's outside client sends packets to the flow's host.  Return None if the
        client resolves the destination address itself."""
        port = (self._network.host_netns(flow.host), begins.link)
        return next((each for each in self.built.plan.ways if (each.netns, each.link) == port), None)

    def _reset_between_flows(self) -> None:
        """Remove the traces of the last flow.  Closing the last flow's sockets sends RSTs and causes neighbour errors.
        The counters are read once.  Therefore earlier packets do not count for the next flow.  Conntrack entries are
        flushed, because NAT may choose the same port again.  Entries of neighbours that did not answer are flushed,
        because otherwise the kernel would not send a new request at once."""
        for name in (*self._touched(self._last), WORLD):
            self._enter(name)
            if self._last and self._forgets:
                ctnetlink.forget()
            if self._unanswered:
                run_quietly(_FORGET_UNANSWERED)
            self._kernel_counters.grown(name)
        for plan in self._plans.values() if self._moved else ():
            if plan.loads and plan.netns != WORLD:
                self._enter(plan.netns)
                for version in self._moved:
                    self._counters.read(plan, self._tools(plan), version)
        self._moved.clear()
        self._home.enter()

    def _enter(self, netns: Netns) -> None:
        self.built.netns[netns].enter()

    def _judged(self, flow: Flow, attempt: Attempt, elapsed_ms: float) -> Judgement:
        happenings, self._last = tuple(self._servers.happenings), attempt.sightings
        if attempt.experience.kind != "answer" or self.built.replaced:
            self._confirmed(attempt.sightings)
        self._unanswered = attempt.experience.kind == "silence"
        if attempt.experience.kind != "answer":
            self._moved.update(self._versions())
            self._held = self._held or self._servers.holds_data(flow.protocol)
        begun = attempt.experience.kind == "silence" and flow.protocol == "tcp" and self._begun(attempt.sightings)
        inside = not isinstance(flow.start, (Outside, Lan))
        left = inside and self._departures.last(flow, attempt.sightings, reached=self._reached()) is not None
        findings = Findings(flow, attempt, happenings, tuple(self._hits), self._held, tuple(self._gone), begun, left)
        unsure = attempt.experience.kind in ("silence", "answer")  # the world answers every request
        outside = self._lost_outside(flow, attempt.sightings) if unsure else None
        said = outside or verdict(findings)
        return Judgement(
            flow,
            said,
            None if said == "delivered" else self._place(findings),
            attempt.sightings,
            elapsed_ms,
            self._left_out(flow, attempt, said),
            self.built.plan.apart,
        )

    def _begun(self, seen: tuple[Sighting, ...]) -> bool:
        """Return whether a namespace on the packet's path has a new half-open connection."""
        found = False
        for name in self._touched(seen):
            self._enter(name)
            found |= self._half_open.appeared(name)
        self._home.enter()
        return found

    def _lost_outside(self, flow: Flow, seen: tuple[Sighting, ...]) -> Verdict | None:
        return self._departures.lost(flow, seen, reached=self._reached())

    def _reached(self) -> bool:
        """Return whether a service of a rebuilt namespace has read data."""
        return any(each.kind == "reached" and each.netns != WORLD for each in self._servers.happenings)

    def _touched(self, sightings: tuple[Sighting, ...]) -> tuple[Netns, ...]:
        """Return the namespaces whose rules may have seen the packet, or a neighbour solicitation for it."""
        seen = {each.netns for each in sightings} | {self._start}
        seen |= {tap.netns for tap in self._taps if any(self._owns(tap.netns, each) for each in tap.solicited)}
        rebuilt = (name for name in self._plans if name not in (WORLD, APART, SEGMENTS))
        return tuple(name for name in rebuilt if name in seen or name.is_host)

    def _owns(self, name: Netns, address: int) -> bool:
        return name in self._network and owns_address(self._network.namespace(name), 6, address)

    def _tools(self, plan: NetnsPlan) -> frozenset[str]:
        """Return the tools with which rules were loaded.  A change may have loaded further rules with iptables-nft."""
        tools = {load.tool for load in plan.loads}
        if self._changed and plan.netns.is_host:
            tools |= {"iptables-nft-restore", "ip6tables-nft-restore"}
        return frozenset(tools)

    def _place(self, findings: Findings) -> Place:
        last = last_seen(findings)
        told = findings.told()
        rules = tuple(hit for hit in findings.hits if hit.does != "other")
        # Between hosts, rules of the replica itself drop copies of broadcasts: plan/between.py.
        by_rule = rules if SEGMENTS in self._plans else findings.hits
        reasons = tuple(each for each in dict.fromkeys(findings.attempt.reasons) if each != "NETFILTER_DROP" or by_rule)
        at: Sighting | None = told or last
        if at is None:
            return Place(rules[0].netns if rules else self._start, rules=rules, reasons=reasons)
        return Place(rules[0].netns if rules else at.netns, at.link, at.out, rules, reasons)

    def _left_out(self, flow: Flow, attempt: Attempt, said: Verdict) -> tuple[Message, ...]:
        links = {(each.netns, each.link) for each in attempt.sightings}
        if self.built.plan.stand_ins:  # a wire replaces the macvlan, and the lower link passes no packet to this wire
            branches = walked(self._network, flow).branches
            links |= {(step.netns, step.link) for each in branches for step in (*each.request, *each.reply)}
        unread = self._departures.not_told_apart(flow, attempt.sightings) if said != "delivered" else ()
        own = message("in the test copy (replica), an address of the host itself is outside of the host")
        held = is_held(self._network, flow.version, flow.daddr) and walked(self._network, flow).verdict != "misdirected"
        foreign = (own,) if said == "delivered" and held and not self._reached() else ()
        stand_ins = (each.said for each in self.built.plan.stand_ins if (each.netns, each.link) in links)
        return tuple(
            dict.fromkeys(
                (*self.built.left_out, *self._met_replaced(), *self._servers.left_out, *stand_ins, *unread, *foreign)
            )
        )

    def _met_replaced(self) -> Iterator[Message]:
        """Yield the sentences about left-out rules that the flow's packets would have reached."""
        for name, rule in self.built.replaced:
            place = (name, rule.table, rule.chain, rule.instead)
            if any(place == (hit.netns, hit.table, hit.chain, hit.text) for hit in self._hits):
                yield within(named(name, self._plans), rule.said)
