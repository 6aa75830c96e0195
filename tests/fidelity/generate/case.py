"""A whole case from its seed."""

from random import Random

import msgspec

from tests.fidelity.case import Case, Judged, RuleText
from tests.fidelity.generate import packets
from tests.fidelity.generate.network import containers, outages, topology, vrf
from tests.fidelity.generate.network.tunnels import laid
from tests.fidelity.generate.plan import Dice, Plan
from tests.fidelity.generate.rules import ipsets, iptables, layer2, nft_rare, nftables, rare, real
from tests.fidelity.generate.swarm import SwarmDice

FLOWS = 120
"""Flows of one case."""
_SWARM = 0.5
"""The share of cases with weights of their own."""


def has_tunnel(number: int, tunnels: int) -> bool:
    """Return whether the network of that number has a tunnel: every ``tunnels``-th one has; 0: none."""
    return tunnels > 0 and number % tunnels == 0


def case_of(seed: int, flows: int = FLOWS, *, tunnels: bool = False) -> Case:
    """Return the case of that seed; ``tunnels``: the same network with a tunnel in it."""
    random = Random(seed)  # noqa: S311
    dice = SwarmDice(random) if random.random() < _SWARM else Dice(random)
    made = topology.plan(dice)
    host = outages.host(dice, made, _with_rules(dice, made, topology.host(dice, made)))
    if made.vrf:
        host = msgspec.structs.replace(host, rulesets=vrf.without_unmodelled(host.rulesets))
    inner = (_container(dice, made, name) for name in made.containers())
    namespaces = tuple(
        msgspec.structs.replace(
            each, setup=(*each.setup, *rare.prepared(each)), sockets=rare.sockets(dice, _seen_by(made, each.name), each)
        )
        for each in (host, *inner)
    )
    sent = packets.flows(dice, made, flows)
    if any(text.tool == "ebtables" or text.table in layer2.TABLES for each in namespaces for text in each.rulesets):
        # A rule that counts frames counts each fragment, so no packet of the case is long enough to be fragmented.
        short = ((each, msgspec.structs.replace(each.first, padding=min(each.first.padding, 60))) for each in sent)
        sent = tuple(msgspec.structs.replace(each, first=first) for each, first in short)
    if any(port in rule for each in namespaces for text in each.rulesets for rule in text.rules for port in _SETS_PORT):
        # A checksum of 0 means none; nft then writes a wrong one (nft_payload.c nft_payload_csum_inet()).
        summed = ((each, msgspec.structs.replace(each.first, no_checksum=False)) for each in sent)
        sent = tuple(msgspec.structs.replace(each, first=first) for each, first in summed)
    if host.rulesets:
        known = rare.connections(dice, sent)
        namespaces = (msgspec.structs.replace(namespaces[0], connections=known), *namespaces[1:])
    case = Case(seed, topology.wires(made), namespaces, sent, outages.world(dice, made))
    return laid(dice, made, case) if tunnels else case


def _seen_by(made: Plan, name: str) -> Plan:
    return made if name == "host" else made.within(name.removeprefix("container:"))


_SETS_PORT = ("udp dport set ", "udp sport set ")


def _container(dice: Dice, made: Plan, name: str) -> Judged:
    judged = containers.container(dice, made, name)
    attached = name in made.inside(made.versions[0])
    if attached and dice.chance(0.2):
        judged = _with_rules(dice, made.within(name), judged)
    return outages.container(dice, made, judged, attached=attached)


def _with_rules(dice: Dice, made: Plan, host: Judged) -> Judged:
    lines, names = ipsets.sets(dice, made)
    texts: list[RuleText] = []
    if dice.chance(0.3):
        return msgspec.structs.replace(host, ipsets=lines, rulesets=real.ruleset(dice, made))
    for version in made.versions:
        known = tuple(name for name in names if name.startswith(f"s{version}"))
        if made.by_marks or dice.chance(0.7):
            of_iptables = iptables.ruleset(dice, made, "iptables-nft", version, known)
            texts += of_iptables
            texts += (nftables.among_iptables(dice, made, each) for each in of_iptables if dice.chance(0.25))
        if dice.chance(0.35):
            texts += iptables.ruleset(dice, made, "iptables-legacy", version, known)
    if dice.chance(0.5):
        texts += nftables.ruleset(dice, made)
    # Such chains see fragments, ARP requests and flooded frames.
    if dice.chance(0.25) and not (made.narrow or made.asker or made.wrong[0]):
        texts += layer2.ruleset(dice, made)
    return msgspec.structs.replace(host, ipsets=lines, rulesets=nft_rare.without_helped_flows(texts))
