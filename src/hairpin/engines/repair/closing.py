"""The policies of FORWARD that a flush has set to ACCEPT, and whether dockerd had set them to DROP.

dockerd closes FORWARD by its policy.  Until version 28, only this policy keeps clients with a route to a container's
subnet away from ports that no container publishes.  dockerd sets the policy when it starts, so no reading shows later
whether it did.

Source: moby libnetwork/drivers/bridge/setup_ip_forwarding.go setupIPForwarding() (20.10, 26, 27: IPv4 only if dockerd
finds ip_forward off, IPv6 always), setupIPv4Forwarding() and setupIPv6Forwarding() (28: both families only if dockerd
switches forwarding on, and never with ip-forward-no-drop)
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.engines.expected import ExpectedPolicy
from hairpin.engines.missing import Missing
from hairpin.host.boot.configured import of_place
from hairpin.host.boot.daemon_sysctls import set_by_daemon
from hairpin.host.boot.sysctl_files import FORWARDING, settings
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.network import Network, is_uplink

FORWARDING_6: tuple[Path, ...] = (("net", "ipv6", "conf", "all", "forwarding"),)
_ACCEPTS = re.compile(
    r"(?:^|[\s;&|/])(ip6?tables)(?:-legacy|-nft)?\s(?:[^;&|]*\s)?(?:-P|--policy)\s+FORWARD\s+ACCEPT\b"
)
_SWITCHES = {
    "ip": re.compile(r"\bip_forward\s*=\s*1|\b1\s*>\s*\S*/ip_forward\b"),
    "ip6": re.compile(r"\bipv6[./]conf[./]all[./]forwarding\s*=\s*1|\b1\s*>\s*\S*/ipv6/conf/all/forwarding\b"),
}


class OpenedPolicy(msgspec.Struct, frozen=True):
    """A policy that is ACCEPT after a flush of its chain.

    ``place``: the chain.  ``kept``: why hairpin leaves the policy at ACCEPT; None if dockerd had set the policy to DROP
    and no person or manager decided otherwise."""

    place: Place
    kept: Message | None = None


def opened_policies(lost: Missing, engine: Engine, network: Network) -> tuple[OpenedPolicy, ...]:
    """Return the policies of this host that are ACCEPT since the engine's rules in their chain were flushed.

    If a chain still has a rule of the engine, no flush has set its policy, so the policy is not returned."""
    namespace = network.namespace(network.this.netns)
    return tuple(
        OpenedPolicy(place, _why_left(each, place, engine, network))
        for each in lost.wanted.policies
        if _is_flushed(lost, each) and (place := _place_if_open(each, lost, namespace)) is not None
    )


def said_of_policy(policy: OpenedPolicy) -> Message:
    """Return the sentence about the policy: that the repair sets it to DROP, or why it stays at ACCEPT."""
    place = policy.place
    program = "iptables" if place.family == "ip" else "ip6tables"
    if policy.kept is None:
        return message(
            "the policy of {chain} is ACCEPT, so neighbours that have a route also reach unpublished ports of "
            "containers: the repair sets the policy to DROP again, as dockerd does when it switches forwarding on",
            chain=place.chain,
        )
    return message(
        "the policy of {chain} is ACCEPT, so neighbours that have a route also reach unpublished ports of containers; "
        "hairpin leaves the policy at ACCEPT, because {why}. This command closes these ports: {program} -P {chain} "
        "DROP",
        chain=place.chain, program=program, why=policy.kept,
    )  # fmt: skip


def switched_on_by(family: IpFamily, host: Host) -> str | None:
    """Return the line that switches forwarding on before dockerd starts, as ``FILE:LINE`` or as the file of a daemon;
    None if no file that was read does."""
    keys = FORWARDING if family == "ip" else FORWARDING_6
    for key in keys:
        for each in settings(key, host.files):
            if each.value == "1":
                return f"{each.file}:{each.line}"
    daemon = set_by_daemon(keys[-1], host)
    if daemon is not None and daemon.value == "1":
        return daemon.file
    lines = (each for each in host.boot_lines or () if _SWITCHES[family].search(each.text))
    return next((f"{each.path}:{each.number}" for each in lines), None)


def _is_flushed(lost: Missing, policy: ExpectedPolicy) -> bool:
    """Return whether the chain has none of the engine's rules."""
    key = (policy.family, policy.table, policy.chain)
    gone, wanted = (
        sum((each.family, each.table, each.chain) == key for each in rules) for rules in (lost.rules, lost.wanted.rules)
    )
    return gone == wanted > 0


def _place_if_open(policy: ExpectedPolicy, lost: Missing, namespace: Namespace) -> Place | None:
    """Return the place of the policy if it is ACCEPT.  A base chain that is missing accepts every packet."""
    table = namespace.ruleset.table(policy.family, policy.table, lost.dialect)
    chain = table.chain(policy.chain) if table is not None else None
    if chain is not None and chain.policy == policy.policy:
        return None
    return Place(lost.dialect, policy.family, policy.table, policy.chain, 0, f"-P {policy.chain} ACCEPT")


def _why_left(policy: ExpectedPolicy, place: Place, engine: Engine, network: Network) -> Message | None:
    host = network.this
    configured = of_place(place, host)
    if configured is not None and configured.writer == "manager":
        return message("{file}:{line} sets it to ACCEPT", file=configured.file, line=configured.line)
    program = "iptables" if policy.family == "ip" else "ip6tables"
    for each in host.boot_lines or ():
        if program in _ACCEPTS.findall(each.text):
            return message("{file}:{line} sets it to ACCEPT", file=each.path, line=each.number)
    if policy.certain:
        return None
    by = switched_on_by(policy.family, host)
    if by is not None:
        return message("{file} switches forwarding on before dockerd starts, so dockerd does not set it", file=by)
    others = tuple(dict.fromkeys(each.name for each in _others(engine, network)))
    if others:
        return message(
            "dockerd sets it to DROP only if it finds forwarding off, and forwarding may have been on already for "
            "{links}",
            links=", ".join(others[:3]),
        )
    return None


def _others(engine: Engine, network: Network) -> Iterator[Link]:
    """Yield the links besides the only uplink and the engine's bridges, between which the host may forward packets."""
    netns = network.this.netns
    bridges = {each.bridge for each in engine.networks}
    links = [each for each in network.namespace(netns).links if _may_forward(each, bridges)]
    uplinks = [each for each in links if is_uplink(network, netns, each)]
    yield from (each for each in links if each not in uplinks or len(uplinks) > 1)


def _may_forward(link: Link, bridges: set[str | None]) -> bool:
    inside = link.master is not None and link.master in bridges
    return link.up and link.name != "lo" and link.name not in bridges and not inside
