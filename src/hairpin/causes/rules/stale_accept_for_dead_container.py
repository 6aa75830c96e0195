"""Rules of a removed container still exist, and they open a port of the next container that gets its address.

Users see: after a restart of containers, the service of another container answers on a port that this container does
not publish.

Proof: hairpin simulates the event on the model of the host.  Another container gets the address to which a rule in
Docker's form leads.  A client that gets no connection now then reaches this container because of the rule.  Without the
rule, the client does not reach it.
Now: delete the rule in nat (``iptables -t nat -D DOCKER …``) and the rule for the same port in ``filter``.
Lasting: find out why the rules were left: dockerd was killed, or the saved rules contain Docker's own rules.  A restart
of dockerd without live-restore also deletes the rules.
"""

import msgspec

from hairpin.causes.kit import AskedFlows, Candidate, Cause, Finding, Host, Iterator, Place, message
from hairpin.causes.opening import about_rule
from hairpin.causes.proof import proof_by
from hairpin.change.change import Change, DeleteRule
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.surplus import Surplus, surplus
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.to_come import courses_to_come
from hairpin.host.docker import Container
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import Dialect, FieldMatch, Rule
from hairpin.netfilter.meaning import meaning
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.attachment import attachment_of
from hairpin.network.flow import Flow, Lan, Outside, Protocol
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.walk.reads import walked_after
from hairpin.walk.walked import walked

CAUSE = Cause(
    title=message("Rules of a removed container open a port of the next container"),
    source="moby/moby#32048; containers/netavark#1121",
)
_PROTOCOLS: dict[int, Protocol] = {TCP: "tcp", UDP: "udp"}


class _Left(msgspec.Struct, frozen=True):
    """A rule that leads to the ``address`` of a removed container, and a client's flow that matches the rule."""

    place: Place
    rule: Rule
    address: int
    flow: Flow


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each rule of a removed container that after an event leads to another container."""
    network = asked.network
    left = {host.name: rules for host in network.hosts if host.was_read and (rules := tuple(_left(network, host)))}
    told: set[tuple[str, int, str, int]] = set()
    for label, event, course in courses_to_come(network, asked.flows) if left else ():
        for each in left.get(label, ()):
            key = (label, each.address, each.flow.protocol, _only(each.rule, "dport") or 0)
            found = _reused(asked, event, course, each) if key not in told else None
            if found is not None:
                told.add(key)
                yield found


def _left(network: Network, host: Host) -> Iterator[_Left]:
    """Yield the rules that lead to an address that no container has.  DNAT rules come before accepting rules."""
    namespace = host.namespace(host.netns.name)
    dockers = (each for each in host.engines if each.kind == "docker" and not each.rootless)
    stale = [each for engine in dockers for each in surplus(engine, namespace, host.version("iptables"))]
    leading = [each for each in stale if each.likeness == "dnat"]
    for each in (*leading, *(one for one in stale if one.likeness == "accept")):
        version: Version = 4 if each.family == "ip" else 6
        if each.address is None or attachment_of(network, host, each.address, version) is not None:
            continue
        place = _place(host, each)
        for flow in _flows(network, host, each) if place is not None else ():
            assert place is not None
            yield _Left(place, each.rule, each.address, flow)


def _place(host: Host, stale: Surplus) -> Place | None:
    dialects: tuple[Dialect, ...] = ("iptables-nft", "iptables-legacy")
    ruleset = host.namespace(host.netns.name).ruleset
    for dialect in dialects:
        table = ruleset.table(stale.family, stale.table, dialect)
        chain = table.chain(stale.chain) if table is not None else None
        if table is not None and chain is not None and stale.rule in chain.rules:
            return place_of(table, stale.chain, stale.rule)
    return None


def _flows(network: Network, host: Host, stale: Surplus) -> Iterator[Flow]:
    """Yield the flows of clients that match the rule.

    A yielded flow goes to the host's port, or to the container's own address and port."""
    protocol = _PROTOCOLS.get(_only(stale.rule, "protocol") or 0)
    port = _only(stale.rule, "dport")
    if protocol is None or port is None:
        return
    version: Version = 4 if stale.family == "ip" else 6
    to = _only(stale.rule, f"daddr{version}") if stale.likeness == "dnat" else stale.address
    target = Target(port=port, protocol=protocol, version=version, address=to, host=host.name)
    origin = None if stale.likeness == "dnat" else Origin("lan", host=host.name)
    yield from (each for each in flows_for(network, (target,), origin) if isinstance(each.start, Outside | Lan))


def _only(rule: Rule, field: str) -> int | None:
    """Return the one value that the rule matches in this field, or None."""
    for each in rule.body:
        if isinstance(each, FieldMatch) and each.field == field and not each.negated and len(each.ranges) == 1:
            first, last = each.ranges[0]
            return first if first == last else None
    return None


def _reused(asked: AskedFlows, event: EventId, course: Course, left: _Left) -> Finding | None:
    """Return the finding if, after the event, the rule lets the flow reach another container; otherwise None."""
    was = asked.network
    taker = attachment_of(course.network, course.host, left.address, left.flow.version)
    place = next(_again(course.host, left), None)
    if taker is None or place is None or _publishes(taker.container, left):
        return None
    then = walked_after(was, course.network, left.flow)
    if walked(was, left.flow).succeeds or not then.succeeds:
        return None
    without = walked(simulate(Change((DeleteRule(course.host.netns, place),)), course.network), left.flow)
    if without.succeeds:
        return None
    alike = tuple(number for number, flow in enumerate(asked.flows) if _is_alike(flow, left.flow))
    candidate = _candidate(event, taker.container.name, left.flow.target_text(), left.place)
    proof = proof_by(then, without)
    return Finding(candidate, "exposure", host=course.label, flows=alike, proof=proof, event=event)


def _candidate(event: str, container: str, target: str, place: Place) -> Candidate:
    title = message(
        "after {event}: {target} leads to container {name}, which does not publish this port",
        event=event,
        name=container,
        target=target,
    )
    detail = message(
        "{name} gets the address of a container that is gone, and a rule of that container is still there: "
        "{table} {chain}: {rule}",
        name=container,
        table=place.table,
        chain=place.chain,
        rule=place.text,
    )
    tool = "ip6tables" if place.family == "ip6" else "iptables"
    typed = f"{tool} -t {place.table} -D {place.text.removeprefix('-A ')}"
    advice = message("delete the rule, and find out what left the rule behind: `{command}`", command=typed)
    return about_rule(place, title, detail, advice)


def _again(host: Host, left: _Left) -> Iterator[Place]:
    """Yield the rule's place after the event, if the rule still exists."""
    table = host.namespace(host.netns.name).ruleset.table(left.place.family, left.place.table, left.place.dialect)
    chain = table.chain(left.place.chain) if table is not None else None
    for each in chain.rules if chain is not None else ():
        if table is not None and meaning(each) == meaning(left.rule):
            yield place_of(table, left.place.chain, each)


def _publishes(container: Container, left: _Left) -> bool:
    """Return whether the container publishes the port to which the rule leads.  Clients should reach a port that a
    container publishes."""
    return any(
        each.protocol == left.flow.protocol and left.flow.dport in (each.host_port, each.container_port)
        for each in container.bindings
    )


def _is_alike(asked: Flow, flow: Flow) -> bool:
    """Return whether an asked flow from an outside client has the same destination address and port."""
    here = (asked.version, asked.daddr, asked.protocol, asked.dport)
    return isinstance(asked.start, Outside | Lan) and here == (flow.version, flow.daddr, flow.protocol, flow.dport)
