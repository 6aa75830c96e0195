"""A whole case from its seed."""

from random import Random

import msgspec

from tests.fidelity.case import Case, Judged, RuleText
from tests.fidelity.generate import containers, iptables, nftables, outages, packets, real, topology
from tests.fidelity.generate.plan import NETWORKS, PORTS, Dice, Plan

FLOWS = 120
"""Flows of one case."""


def case_of(seed: int, flows: int = FLOWS) -> Case:
    """Return the case of that seed."""
    dice = Dice(Random(seed))  # noqa: S311
    made = topology.plan(dice)
    host = outages.host(dice, made, _with_rules(dice, made, topology.host(dice, made)))
    inner = (_container(dice, made, name) for name in made.containers())
    namespaces = (host, *inner)
    return Case(seed, topology.wires(made), namespaces, packets.flows(dice, made, flows), outages.world(dice, made))


def _container(dice: Dice, made: Plan, name: str) -> Judged:
    judged = containers.container(dice, made, name)
    attached = name in made.inside(made.versions[0])
    if attached and dice.chance(0.2):
        judged = _with_rules(dice, made.within(name), judged)
    return outages.container(dice, judged, attached=attached)


def _with_rules(dice: Dice, made: Plan, host: Judged) -> Judged:
    ipsets, names = _ipsets(dice, made)
    texts: list[RuleText] = []
    if dice.chance(0.3):
        return msgspec.structs.replace(host, ipsets=ipsets, rulesets=real.ruleset(dice, made))
    for version in made.versions:
        known = tuple(name for name in names if name.startswith(f"s{version}"))
        if dice.chance(0.7):
            texts += iptables.ruleset(dice, made, "iptables-nft", version, known)
        if dice.chance(0.35):
            texts += iptables.ruleset(dice, made, "iptables-legacy", version, known)
    if dice.chance(0.5):
        texts += nftables.ruleset(dice, made)
    return msgspec.structs.replace(host, ipsets=ipsets, rulesets=tuple(texts))


def _ipsets(dice: Dice, made: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines: list[str] = []
    names: list[str] = []
    for version in made.versions:
        if not dice.chance(0.5):
            continue
        family = "inet" if version == 4 else "inet6"
        addresses = made.addresses(version)
        for kind, suffix in (("hash:ip", "ip"), ("hash:net", "net"), ("hash:ip,port", "ip-port")):
            name = f"s{version}-{suffix}"
            names.append(name)
            lines.append(f"create {name} {kind} family {family}")
            for address in dice.some(sorted(set(addresses)), 4):
                match kind:
                    case "hash:ip":
                        lines.append(f"add {name} {address}")
                    case "hash:net":
                        lines.append(f"add {name} {address}" + dice.pick(("", " nomatch")))
                    case _:
                        port = dice.pick(PORTS)
                        lines.append(f"add {name} {address},{dice.pick(('tcp', 'udp'))}:{port}")
            if kind == "hash:net":
                nets = [each for each in NETWORKS[version] if not each.endswith("/0")]
                lines += (f"add {name} {each}" for each in dice.some(nets, 2))
    return tuple(lines), tuple(names)
