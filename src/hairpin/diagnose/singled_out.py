"""Finds clients that a rule or a set drops while other clients pass.

Such bans are intended, so these findings are never blocking.

If the user names no client, hairpin checks the addresses that the host knows: neighbours on its links, its gateways,
other hosts that were read, its containers.  The entries of a set are compared with these addresses once, without a
walk.
"""

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Finding
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.suspect import Diagnosis
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.sources import Range, on_source
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network, addresses_of, is_uplink, netns_of
from hairpin.network.prefix import Version, address_text
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Stop
from hairpin.wanted import ask_from

NAMED = 3
"""The greatest number of clients that are named."""
_WALKED = 8
"""The greatest number of clients whose flows are walked.  The walk is needed because a client whose address a rule
drops may still get in by another link or port."""


class SingledOut(msgspec.Struct, frozen=True):
    """The clients that a host drops.  ``found``: the cause that stops the first of ``clients``, if a cause is proven.
    ``target``: the clients' destination.  ``rules`` and ``sets``: the number of other rules and of other sets that drop
    single clients."""

    host: str
    clients: tuple[str, ...] = ()
    target: str = ""
    found: Finding | None = None
    rules: int = 0
    sets: int = 0

    def line(self) -> Message:
        """Return the line of the report for the host: the known dropped clients, and the number of rules and sets that
        drop other clients."""
        if not self.clients:
            return self._counted()
        facts = {"clients": ", ".join(self.clients), "target": self.target, "asking": ask_from(self.clients[0])}
        said = message(
            "{clients} do not get through to {target}, but other clients do: rules against single clients are usually "
            "intended; to see why, ask with {asking}",
            **facts,
        )
        if len(self.clients) == 1:
            said = message(
                "{clients} does not get through to {target}, but other clients do: a rule against a single client is "
                "usually intended; to see why, ask with {asking}",
                **facts,
            )
        if not self.rules and not self.sets:
            return said
        return message("{said}. {counted}", said=said, counted=self._counted())

    def _counted(self) -> Message:
        asking = ask_from("ADDRESS")
        rules = message("1 rule") if self.rules == 1 else message("{count} rules", count=self.rules)
        sets = message("1 set") if self.sets == 1 else message("{count} sets", count=self.sets)
        if self.rules and self.sets:
            return message(
                "{rules} and {sets} drop single clients; to see why, ask with {asking}",
                rules=rules,
                sets=sets,
                asking=asking,
            )
        which = rules if self.rules else sets
        if self.rules + self.sets > 1:
            return message("{which} drop single clients; to see why, ask with {asking}", which=which, asking=asking)
        return message("{which} drops single clients; to see why, ask with {asking}", which=which, asking=asking)


class _Dropping(msgspec.Struct, frozen=True, gc=False):
    """A rule that drops packets by their source address, which it compares with addresses in the rule or with a set."""

    chain: str
    rule: ir.Rule
    ranges: tuple[Range, ...]
    set: str = ""

    @property
    def single(self) -> bool:
        """Whether the rule drops single addresses, and not whole networks."""
        if len(self.ranges) == 1:
            return self.ranges[0][0] == self.ranges[0][1]
        return bool(self.set) or all(first == last for first, last in self.ranges)

    def is_among(self, places: frozenset[tuple[str, str]]) -> bool:
        """Return whether the rule's chain and text are among the given pairs of chain and text."""
        return bool(places) and (self.chain, self.rule.text) in places


def singled_out(examination: Examination) -> tuple[SingledOut, ...]:
    """Return for each host the clients that its rules drop while other clients pass.  The result is empty if the user
    named the client."""
    found: list[SingledOut] = []
    replaced = (each.instead_of for each in examination.diagnoses if each.instead_of is not None)
    told = frozenset(_stopping(each.usual.stop) for each in replaced)
    for host in examination.network.hosts:
        asked = _asked(examination, host)
        if not asked:
            continue
        dropping: dict[Version, tuple[_Dropping, ...]] = {each: tuple(_dropping(host, each)) for each in asked}
        stopped = tuple(_stopped(examination.network, host, asked, dropping)) if any(dropping.values()) else ()
        known = told.union(_stopping(each.trace.usual.stop) for _, each in stopped)
        left = [each for rules in dropping.values() for each in rules if each.single and not each.is_among(known)]
        sets = {each.set for each in left if each.set}
        one = SingledOut(host.name, rules=sum(not each.set for each in left), sets=len(sets))
        if stopped:
            (_, diagnosis), flow = stopped[0], stopped[0][1].trace.flow
            one = msgspec.structs.replace(
                one,
                clients=tuple(name for name, _ in stopped[:NAMED]),
                target=flow.target_text(),
                found=_found(diagnosis),
            )
        if one.clients or one.rules or one.sets:
            found.append(_with_line(one))
    return tuple(found)


def _with_line(one: SingledOut) -> SingledOut:
    """Return the dropped clients as advice in one line, with the cause if one is proven."""
    if one.found is None:
        return one
    return msgspec.structs.replace(one, found=msgspec.structs.replace(one.found, line=one.line()))


def _asked(examination: Examination, host: Host) -> dict[Version, Flow]:
    """Return, for each IP version, a flow by which an invented client reaches the host; this flow represents all
    clients that are not singled out."""
    found: dict[Version, Flow] = {}
    for each in examination.diagnoses:
        flow = each.trace.flow
        meant = examination.network.host_netns(flow.asked_host or flow.host).host
        if each.trace.succeeds and flow.invented and host.name == meant:
            found.setdefault(flow.version, flow)
    return found if host.was_read else {}


def _stopping(stop: Stop | None) -> tuple[str, str]:
    """Return the chain and the text of the rule that decided the stop."""
    decided = stop.decided_by if stop is not None else None
    return (decided.place.chain, decided.place.text) if isinstance(decided, RuleDecided) else ("", "")


# --- rules that drop by source ---------------------------------------------------------------------------------------


_ENDS = (ir.Verdict, ir.Reject, ir.Jump)


def _dropping(host: Host, version: Version) -> Iterator[_Dropping]:
    """Yield the host's rules that drop packets by their source address and that a packet can reach."""
    ruleset = host.namespace(host.netns.name).ruleset
    for table in ruleset.tables:
        if table.family not in ("inet", "ip" if version == 4 else "ip6"):
            continue
        filled = {each.name for each in (*table.sets, *ruleset.ipsets) if each.elements or each.absent is not None}
        found = [
            _Dropping(chain.name, rule, *named)
            for chain in table.chains
            for rule in chain.rules
            if rule.body
            and isinstance(rule.body[-1], _ENDS)
            and (named := _source(rule, version, filled)) is not None
            and _drops(table, rule.body[-1])
        ]
        if found:
            reached = _reached(table)
            yield from (each for each in found if each.chain in reached)


def _source(rule: ir.Rule, version: Version, filled: set[str]) -> tuple[tuple[Range, ...], str] | None:
    """Return the source addresses that the rule matches, or the set with which the rule compares the source address.

    Return None if the rule compares no source address."""
    for part in on_source(rule, version):
        if isinstance(part, ir.FieldMatch) and not part.negated:
            return part.ranges, ""
        if isinstance(part, ir.SetMatch) and not part.negated and part.set in filled:
            return (), part.set
    return None


def _drops(table: ir.Table, last: ir.Expression) -> bool:
    """Return whether a rule with the given last statement drops packets, itself or by a jump to a chain that only
    drops."""
    if isinstance(last, ir.Jump):
        chain = table.chain(last.chain)
        parts = [part for rule in chain.rules for part in rule.body] if chain is not None else []
        acts = [part for part in parts if not isinstance(part, ir.NoEffect)]
        return len(acts) == 1 and _is_drop(acts[0])
    return _is_drop(last)


def _is_drop(part: ir.Expression) -> bool:
    return isinstance(part, ir.Reject) or (isinstance(part, ir.Verdict) and part.verdict == "drop")


def _reached(table: ir.Table) -> set[str]:
    """Return the chains that packets can reach from a hook."""
    reached: set[str] = set()
    pending = [chain.name for chain in table.chains if chain.hook is not None and not table.dormant]
    while pending:
        chain = table.chain(pending.pop())
        if chain is not None and chain.name not in reached:
            reached.add(chain.name)
            pending += [part.chain for rule in chain.rules for part in rule.body if isinstance(part, ir.Jump)]
    return reached


# --- clients that the host shows -------------------------------------------------------------------------------------


def _stopped(
    network: Network, host: Host, asked: dict[Version, Flow], dropping: dict[Version, tuple[_Dropping, ...]]
) -> Iterator[tuple[str, Diagnosis]]:
    """Yield the known clients that are stopped, each with its diagnosis."""
    walked = 0
    ruleset = host.namespace(host.netns.name).ruleset
    sets = {each.name: each for table in ruleset.tables for each in (*table.sets, *ruleset.ipsets)}
    for version, flow in asked.items():
        clients = _clients(network, host, version)
        hit = _hit(sorted(clients), dropping[version], sets)
        for address in (each for each in clients if each in hit):
            start, of = clients[address]
            if walked == _WALKED:
                return
            walked += 1
            own = flow.asked_host or flow.host
            one = msgspec.structs.replace(
                flow, start=start, host=of, asked_host=own, stand_ins=(), invented=False, purpose="asked"
            )
            diagnosis = diagnose(network, one)
            if not diagnosis.trace.succeeds and diagnosis.trace.stopping_rule is not None:
                yield address_text(address, version), diagnosis


def _clients(network: Network, host: Host, version: Version) -> dict[int, tuple[Start, str]]:
    """Return the client addresses that the host knows, each with the client's standpoint and the label of the client's
    host."""
    own = network.namespace(host.netns)
    links = {each.name for each in own.links if is_uplink(network, host.netns, each)}
    found: dict[int, tuple[Start, str]] = {}
    for route in own.routes:
        for hop in route.next_hops:
            if route.version == version and hop.gateway is not None and hop.link in links:
                found.setdefault(hop.gateway, (Lan(hop.gateway, hop.link), host.name))
    for other in network.hosts:
        if other is not host and other.was_read and other.netns in network:
            for held in addresses_of(network.namespace(other.netns), None, version):
                if held.scope == "global":
                    found.setdefault(held.value, (FromHost(held.value), other.name))
    for each in own.neighbours:
        if each.version == version and each.link in links and each.mac is not None:
            found.setdefault(each.value, (Lan(each.value, each.link), host.name))
    for container in host.containers():
        netns = netns_of(host, container)
        for endpoint in container.endpoints:
            address = endpoint.ipv4 if version == 4 else endpoint.ipv6
            if address is not None and netns is not None and not netns.is_host and netns in network:
                found.setdefault(address, (FromContainer(host.told_names(container)[0], netns), host.name))
    return {address: each for address, each in found.items() if not isinstance(each[0], Outside)}


def _hit(known: list[int], rules: tuple[_Dropping, ...], sets: dict[str, ir.Set]) -> set[int]:
    """Return the addresses, among the sorted ``known``, that the rules or their sets contain."""
    hit: set[int] = set()
    for rule in rules:
        for first, last in rule.ranges:
            _add_within(first, last, known, hit)
    for name in {each.set for each in rules if each.set}:
        for element in sets[name].elements:
            key = element.key[0] if element.key else None
            if isinstance(key, ir.NumberKey) and not element.nomatch:
                _add_within(key.first, key.last, known, hit)
    return hit


def _add_within(first: int, last: int, known: list[int], hit: set[int]) -> None:
    for number in range(bisect_left(known, first), len(known)):
        if known[number] > last:
            return
        hit.add(known[number])


def _found(diagnosis: Diagnosis) -> Finding | None:
    """Return the cause that stops the client, if the diagnosis has only one cause; otherwise None."""
    if len(diagnosis.causes) != 1 or diagnosis.proof is None:
        return None
    (suspect,) = diagnosis.causes
    return suspect.proven(diagnosis.proof, severity="advice")
