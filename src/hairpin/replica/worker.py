"""One replica's process: builds it, sends every asked packet, changes it if asked, sends again, and ends.

Runs as the first process of a process namespace, in a mount namespace of its own; holds all network namespaces by file
descriptors.  It dies with the process that asked (PR_SET_PDEATHSIG), and with it everything dies.
"""

import time
from typing import Literal

import msgspec

from hairpin.change.change import Change
from hairpin.evidence.reading import Evidence
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import HOST, Network
from hairpin.network.prefix import address_text
from hairpin.replica.blueprint import WORLD, NetnsPlan
from hairpin.replica.build import Built
from hairpin.replica.client import Attempt, Client, source_of
from hairpin.replica.counters import Counters, Hit
from hairpin.replica.drops import Drops
from hairpin.replica.plan import blueprint
from hairpin.replica.refit import carry_out
from hairpin.replica.serving import Loop, Servers
from hairpin.replica.tap import Sighting, Tap
from hairpin.replica.verdict import Findings, Verdict, last_seen, verdict
from hairpin.replica.world import entry


class Place(msgspec.Struct, frozen=True):
    """Where the packet was lost or turned away: the link that it was last seen on (``out``: leaving by it), the rules that
    took it, and the kernel's own words for the drop."""

    netns: str
    link: str = ""
    out: bool = False
    rules: tuple[Hit, ...] = ()
    reasons: tuple[str, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """What the kernel did with a flow.

    ``path``: every packet seen, on every link, in the order of time.  ``left_out``: what is not rebuilt as it is on the host,
    so that the kernel's word is not the last.  ``apart``: namespaces that no packet comes to."""

    flow: Flow
    verdict: Verdict | Literal["depends"]
    place: Place | None = None
    path: tuple[Sighting, ...] = ()
    elapsed_ms: float = 0.0
    left_out: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


class Order(msgspec.Struct, frozen=True):
    """What one replica is asked: ``flows`` as it is built, then ``after`` with the ``change`` carried out inside."""

    network: Network
    flows: tuple[Flow, ...]
    evidence: Evidence | None = None
    read: Network | None = None
    change: Change | None = None
    after: tuple[Flow, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """The answers, in the order asked; how long the parts took, in milliseconds; the error, when it could not be built."""

    before: tuple[Judgement, ...] = ()
    after: tuple[Judgement, ...] = ()
    took_ms: tuple[tuple[str, float], ...] = ()
    error: str = ""


def carry(order: Order) -> Outcome:
    """Build, send, change, send.  The process must be alone: it ends up in another namespace."""
    replica = _Replica(order)
    before = tuple(replica.judge(flow) for flow in order.flows)
    after: tuple[Judgement, ...] = ()
    if order.change is not None:
        refused = carry_out(order.change, order.network, replica.built)
        replica.built.left_out += (f"the change: {said}" for said in refused)
        replica.forget_neighbours()
        after = tuple(replica.judge(_once_more(flow)) for flow in order.after)
    return Outcome(before, after, tuple(replica.built.took_ms.items()))


def _once_more(flow: Flow) -> Flow:
    """Return the flow with another source port, so that nothing that was remembered of the first answers for it."""
    if flow.protocol == "icmp":
        return flow
    return msgspec.structs.replace(flow, sport=flow.sport + 1 if flow.sport < 65535 else flow.sport - 1)


class _Replica:
    """The built namespaces with their servers, taps and client."""

    def __init__(self, order: Order) -> None:
        self._network = order.network
        started = time.monotonic()
        drops = Drops()
        plan = blueprint(order.network, tuple(dict.fromkeys((*order.flows, *order.after))), order.evidence, order.read)
        planned = time.monotonic()
        self.built = Built(plan)
        self.built.took_ms["blueprint"] = (planned - started) * 1000
        self._plans = {each.name: each for each in plan.namespaces}
        self._home = self.built.netns[HOST]
        loop = Loop()
        self._servers = Servers(self.built.netns, self._home, loop)
        started = time.monotonic()
        for each in plan.namespaces:
            self._servers.open(each)
        taps = tuple(self._tap(each) for each in plan.namespaces)
        self.built.wait_running()
        self.built.took_ms["sockets and links up"] = (time.monotonic() - started) * 1000
        self._home.enter()
        self._client = Client(loop, taps, drops)
        self._counters = Counters()

    def _tap(self, plan: NetnsPlan) -> Tap:
        self.built.netns[plan.name].enter()
        return Tap(plan.name)

    def forget_neighbours(self) -> None:
        """Nothing is cached that the change could have made wrong: neighbours that failed are asked again at once."""

    def judge(self, flow: Flow) -> Judgement:
        """Send the flow's packet and say what became of it."""
        started = time.monotonic()
        netns, source, destination = HOST, source_of(flow), address_text(flow.daddr, flow.version)
        begins = entry(self._network, flow)
        if begins is not None:
            netns, source, destination = WORLD, begins.source, begins.destination
        elif isinstance(flow.start, FromContainer):
            netns, source = flow.start.netns, None
        elif source is not None and not _inside(flow):
            return Judgement(flow, "dropped", Place(WORLD), left_out=("something upstream keeps it out, as stated",))
        if netns not in self.built.netns:
            return Judgement(flow, "dropped", Place(netns), left_out=(f"{netns} is not there",))
        self._servers.happenings.clear()
        self._enter(netns)
        attempt = self._client.attempt(flow, source, destination)
        self._home.enter()
        return self._judged(flow, attempt, (time.monotonic() - started) * 1000)

    def _enter(self, netns: str) -> None:
        self.built.netns[netns].enter()

    def _judged(self, flow: Flow, attempt: Attempt, elapsed_ms: float) -> Judgement:
        happenings = tuple(self._servers.happenings)
        hits: tuple[Hit, ...] = ()
        held = False
        if attempt.experience.kind != "answer":
            hits = tuple(hit for name in self._touched(attempt) for hit in self._read(name, flow))
            held = self._servers.holds_data(flow.protocol)
        findings = Findings(flow, attempt, happenings, hits, held)
        said = verdict(findings)
        return Judgement(
            flow,
            said,
            None if said == "delivered" else self._place(findings),
            attempt.sightings,
            elapsed_ms,
            self._left_out(attempt),
            self.built.plan.apart,
        )

    def _touched(self, attempt: Attempt) -> tuple[str, ...]:
        """Return the namespaces whose rules the packet can have met."""
        seen = {each.netns for each in attempt.sightings}
        return tuple(name for name in self._plans if name != WORLD and (name in seen or name == HOST))

    def _read(self, name: str, flow: Flow) -> tuple[Hit, ...]:
        plan = self._plans[name]
        tools = {load.tool for load in plan.loads}
        if self._changed:
            tools |= {"iptables-nft-restore", "ip6tables-nft-restore"}
        if not tools:
            return ()
        self._enter(name)
        return self._counters.read(plan, frozenset(tools), flow.version)

    @property
    def _changed(self) -> bool:
        return False

    def _place(self, findings: Findings) -> Place:
        last = last_seen(findings)
        told = findings.told()
        rules = tuple(hit for hit in findings.hits if hit.does != "other")
        reasons = tuple(dict.fromkeys(findings.attempt.reasons))
        at: Sighting | None = told or last
        if at is None:
            return Place(rules[0].netns if rules else HOST, rules=rules, reasons=reasons)
        return Place(rules[0].netns if rules else at.netns, at.link, at.out, rules, reasons)

    def _left_out(self, attempt: Attempt) -> tuple[str, ...]:
        links = {(each.netns, each.link) for each in attempt.sightings}
        stand_ins = (each.text for each in self.built.plan.stand_ins if (each.netns, each.link) in links)
        return tuple(dict.fromkeys((*self.built.left_out, *self._servers.left_out, *stand_ins)))


def _inside(flow: Flow) -> bool:
    return type(flow.start).__name__ == "FromHost"
