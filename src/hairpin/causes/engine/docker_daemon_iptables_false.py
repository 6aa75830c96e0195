"""dockerd runs with ``iptables=false``, and no other rule replaces the rules that this flow needs from dockerd.

Users see: containers cannot connect to the outside.  A policy or a firewall zone closes published ports that dockerd's
rules would open.  If docker-proxy is off as well, no published port answers.

Proof: dockerd runs with ``iptables=false``.  No rule masquerades the subnet, but if a masquerading rule is added, the
reply comes back.  Or a policy or a firewalld zone stops the packet, but if an accepting rule like dockerd's is added,
the packet passes.  Or no docker-proxy is there to accept the packet, but if dockerd's rules are added, the packet
reaches its container.
Now: add the missing rule: a MASQUERADE rule for the subnet, an accepting rule or an open port in the zone, or dockerd's
rules for the port.
Lasting: save the rule with the rules of whoever chose ``iptables: false``.  hairpin does not remove the option.
"""

from collections.abc import Sequence

import msgspec

from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.firewalld._zones import port_opened
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfNetwork, Place, View, Way, message
from hairpin.causes.rules._by_owner import repairs
from hairpin.causes.rules._lifting import masquerading
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.docker.chains import BUILT_IN
from hairpin.engines.missing import Missing, missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.errors import ChangeError
from hairpin.host.boot.configured import of_engine_option
from hairpin.host.docker import Engine
from hairpin.host.engine_health import is_dockerds
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Reason, Stop
from hairpin.walk.walk import walk_flow

_NOT_LED: frozenset[Reason] = frozenset({"no-listener", "never-accepts"})
_UNTRANSLATED: frozenset[Reason] = frozenset({"source-not-translated", "peer-drops"})


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the engine makes no rules and the flow needs the engine's rules.  A flow may need a
    masquerading rule, a rule that accepts the packet, or a rule that translates the published port."""
    if view.stop.seen.packet.version == 6:
        return  # for IPv6, dockerd has another option (ip6tables)
    if view.stop.reason in RULE_STOPS:
        yield from _closed(view)
    elif view.stop.reason in _NOT_LED:
        yield from _not_led(view)
    else:
        yield from _not_masqueraded(view)


def _not_masqueraded(view: View) -> Iterator[Candidate]:
    found = masquerading(view)
    if found is None:
        return
    engine, network, change = found
    if engine.iptables is not False:
        return
    yield Candidate(
        title=message("dockerd runs with iptables=false and nothing masquerades network {name}", name=network.name),
        detail=message(
            "dockerd makes no rules. Packets leave with the containers' own addresses, to which no host outside has a "
            "route back."
        ),
        change=change,
        where=OfNetwork(option="iptables=false", network=network.name),
        in_class="engine-option",
        evidence=(network.evidence,),
        configured=of_engine_option("iptables", "false", view.host),
        advice=(message("or give the machines outside a route back to the containers' subnet"),),
    )


def _not_led(view: View) -> Iterator[Candidate]:
    """Yield the candidate that makes dockerd's rules, if neither rules nor docker-proxy lead packets to the port's
    container."""
    for container, binding in at_host_port(view):
        engine = view.host.engine_of(container)
        if not (container.running and binding.actual) or engine.iptables is not False or engine.userland_proxy:
            continue
        yield Candidate(
            title=message(
                "dockerd runs with iptables=false and userland-proxy=false, so nothing leads port {port} to {name}",
                port=binding.host_port,
                name=container.name,
            ),
            detail=message("dockerd makes no rule and starts no docker-proxy: a published port needs one of them."),
            change=_own_rules(view, engine, tables=("nat",)),
            where=OfNetwork(option="iptables=false", network=_network(view, engine)),
            in_class="engine-option",
            evidence=(container.evidence, engine.evidence),
            configured=of_engine_option("iptables", "false", view.host),
            advice=(message("or remove one of the two options, then restart dockerd"),),
        )


def _closed(view: View) -> Iterator[Candidate]:
    """Yield the candidate that lets the packet pass a policy or a firewalld zone, as dockerd's rules would do.

    dockerd's rules would not help against a rule that stops the packet.  Another cause reports a rule that stops the
    packet."""
    place = view.place
    engine = next((each for each in view.host.engines if each.kind == "docker" and each.iptables is False), None)
    if engine is None or place is None or not view.on_host:
        return
    opening = port_opened(view)
    closed_policy = place.number == 0 and (view.stop.stage == "input" or _has_closed_forward(view))
    ways = (opening,) if opening is not None else repairs(view, place) if closed_policy else ()
    if not ways or not _would_pass(view, engine, place):
        return
    network = _network(view, engine)
    yield Candidate(
        title=message("dockerd runs with iptables=false, and {chain} is closed for this flow", chain=place.chain),
        detail=message(
            "dockerd makes no rules. With its rules, the packet would pass {table} {chain}, which now stops it: {rule}",
            table=place.table,
            chain=place.chain,
            rule=place.text,
        ),
        change=ways[0],
        where=OfNetwork(option="iptables=false", network=network, chain=place.chain),
        in_class="engine-option",
        evidence=(place.evidence, engine.evidence),
        configured=of_engine_option("iptables", "false", view.host),
        advice=(message("or let dockerd make its rules again: remove iptables=false, then restart dockerd"),),
        ways=tuple(map(Way, ways[1:])),
    )


def _has_closed_forward(view: View) -> bool:
    """Return whether dockerd may have set FORWARD's policy before ``iptables=false`` was set.

    If dockerd's chains still exist, dockerd once made rules and may have set the policy, too."""
    tables = view.host_namespace.ruleset.tables
    return view.stop.stage == "forward" and any(is_dockerds(chain) for table in tables for chain in table.chains)


def _would_pass(view: View, engine: Engine, place: Place) -> bool:
    """Return whether the packet would pass the rule or policy if the engine made its rules."""
    made = _own_rules(view, engine)
    return bool(made.parts) and _passes(view, made, place)


def _own_rules(view: View, engine: Engine, tables: Sequence[str] = tuple(BUILT_IN)) -> Change:
    """Return the change that makes the engine's IPv4 rules in these tables, as if ``iptables=false`` were not set."""
    ruled = msgspec.structs.replace(engine, iptables=True)
    return restoring_all(_of_ipv4(missing_of(view.host, ruled), tables), view.host_netns, view.host_namespace)


def _of_ipv4(lost: Missing, tables: Sequence[str]) -> Missing:
    return msgspec.structs.replace(
        lost,
        chains=tuple(each for each in lost.chains if each.family == "ip" and each.table in tables),
        elements=tuple(each for each in lost.elements if each.family == "ip"),
        rules=tuple(each for each in lost.rules if each.family == "ip" and each.table in tables),
    )


def _passes(view: View, change: Change, place: Place) -> bool:
    try:
        after = walk_flow(simulate(change, view.network), view.flow)
    except ChangeError:
        return False
    return not any(_is_at(each.stop, place) for each in after.branches if each.stop is not None)


def _is_at(stop: Stop, place: Place) -> bool:
    """Return whether the packet stopped at the rule or policy of ``place``.

    The function does not compare rule numbers, because they may have changed."""
    decided = stop.decided_by
    return isinstance(decided, RuleDecided) and _key(decided.place) == _key(place)


def _key(place: Place) -> tuple[str, ...]:
    return place.dialect, place.family, place.table, place.chain, place.text


def _network(view: View, engine: Engine) -> str | None:
    """Return the name of the network by whose bridge the packet came in or should leave, or else the name of the asked
    container's network."""
    links = (view.stop.seen.iif, view.stop.seen.oif)
    by_bridge = next((each.name for each in engine.networks if each.bridge is not None and each.bridge in links), None)
    meant = view.host.container(view.meant) if view.meant else None
    attached = engine.bridge_network(meant) if meant is not None else None
    return by_bridge or (attached.name if attached is not None else None)


CAUSE = Cause(
    title=message("dockerd runs with iptables=false"),
    source="docs.docker.com: dockerd, bridge network options",
    shown_by=(
        "cat /etc/docker/daemon.json; ps -o args -C dockerd; sudo iptables-save",
        message("dockerd runs with iptables=false"),
    ),
    reasons=RULE_STOPS | _NOT_LED | _UNTRANSLATED,
)
