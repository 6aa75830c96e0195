"""Carries a change out inside a replica, with the tools that carry it out on a host.

What is not a tool's matter (a service that listens, a container that runs, the world) is built from the simulated
network instead: see :func:`parts_of`.
"""

import json
import shlex
import subprocess
from collections.abc import Iterator
from itertools import groupby

from hairpin.change.change import (
    AddAddress,
    AddChain,
    AddFdbEntry,
    AddNeighbour,
    AddRoute,
    Change,
    DeleteFdbEntry,
    DeleteNeighbour,
    DeletePolicyRule,
    DeleteRoute,
    DeleteRule,
    InsertRule,
    Primitive,
    SetLink,
    SetPolicy,
    SetSysctl,
)
from hairpin.change.commands import commands
from hairpin.host.netns import Netns
from hairpin.network.network import Network
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.plan.rules import iptables_restore
from hairpin.replica.run.build import Built, write_sysctl
from hairpin.replica.run.tool import run_batch, run_tool

_Rules = AddChain | InsertRule | DeleteRule | SetPolicy
_LIVE = (
    SetSysctl, AddChain, InsertRule, DeleteRule, SetPolicy, AddAddress, AddRoute, DeleteRoute, DeletePolicyRule,
    AddNeighbour, DeleteNeighbour, AddFdbEntry, DeleteFdbEntry, SetLink,
)  # fmt: skip


def parts_of(change: Change) -> tuple[Change, Change]:
    """Return what has to be built in, and what can be carried out afterwards.

    Once something has to be built in, what comes before it has to be as well."""
    at = max((number for number, part in enumerate(change.parts, 1) if not isinstance(part, _LIVE)), default=0)
    return Change(change.parts[:at]), Change(change.parts[at:])


def carry_out(change: Change, network: Network, built: Built) -> tuple[str, ...]:
    """Make the change; return what was refused."""
    refused: list[str] = []
    for key, parts in groupby(change.parts, key=_together):
        netns = built.netns.get(key[0]) if key[0] is not None else None
        if netns is None:
            refused.append(f"{key[0]} is not rebuilt")
            continue
        netns.enter()
        refused += (said for said in _make(tuple(parts), network) if said)
    return tuple(refused)


def _together(part: Primitive) -> tuple[Netns | None, *tuple[str, ...]]:
    """Return what parts have in common that one call of a tool can make."""
    match part:
        case AddChain() | InsertRule():
            return (part.netns, part.dialect, part.family, part.table)
        case DeleteRule() | SetPolicy():
            return (part.netns, part.place.dialect, part.place.family, part.place.table)
        case (
            SetSysctl()
            | AddAddress()
            | AddRoute()
            | DeleteRoute()
            | DeletePolicyRule()
            | AddNeighbour()
            | DeleteNeighbour()
            | AddFdbEntry()
            | DeleteFdbEntry()
            | SetLink()
        ):
            return (part.netns, type(part).__name__)
        case _:
            return (None, type(part).__name__)


def _make(parts: tuple[Primitive, ...], network: Network) -> Iterator[str]:
    rules = tuple(part for part in parts if isinstance(part, (AddChain, InsertRule, DeleteRule, SetPolicy)))
    if rules:
        yield _rules(rules)
        return
    for part in parts:
        if isinstance(part, SetSysctl):
            if not write_sysctl("/".join(part.path), part.value):
                yield f"{'/'.join(part.path)} cannot be set to {part.value}"
        else:
            yield from (_run(line) for line in commands(Change((part,)), network))


def _run(line: str) -> str:
    """Run a command of hairpin's own, without what enters a container on a host: the process is inside already."""
    argv = shlex.split(line)
    if argv[0] == "nsenter":
        argv = argv[argv.index("-n") + 1 :]
    if argv[0] == "ip":
        family = tuple(word for word in argv[1:2] if word in ("-4", "-6"))
        return run_batch((shlex.join(argv[1 + len(family) :]),), family)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.stderr.strip() if done.returncode else ""


def _rules(parts: tuple[_Rules, ...]) -> str:
    dialect, family, table = _together(parts[0])[1:]
    if dialect == "nft":
        return " ".join(said for part in parts if (said := _nft(part)))
    if dialect == "ebtables":
        return " ".join(said for part in parts if (said := _ebtables(part)))
    lines = [f"*{table}", *(_restore_line(part) for part in parts), "COMMIT", ""]
    tool = iptables_restore(dialect == "iptables-legacy", six=family == "ip6")
    return run_tool(Load(tool, "\n".join(lines)))


def _restore_line(part: _Rules) -> str:
    match part:
        case AddChain(chain=chain):
            return f":{chain} - [0:0]"
        case SetPolicy(place=place, policy=policy):
            return f":{place.chain} {policy.upper()} [0:0]"
        case DeleteRule(place=place):
            return f"-D {place.chain} {place.number}"
        case InsertRule(chain=chain, rule=rule, position=position):
            words = rule.text.removeprefix(f"-A {chain} ")
            return f"-A {chain} {words}" if position is None else f"-I {chain} {position} {words}"


def _nft(part: _Rules) -> str:
    match part:
        case AddChain():
            return run_tool(Load("nft", f"add chain {part.family} {part.table} {part.chain}\n"))
        case SetPolicy(place=place, policy=policy):
            text = f"chain {place.family} {place.table} {place.chain} {{ policy {policy}; }}\n"
            return run_tool(Load("nft", text))
        case InsertRule(rule=rule, position=position):
            chain = f"{part.family} {part.table} {part.chain}"
            if position is None:
                return run_tool(Load("nft", f"add rule {chain} {rule.text}\n"))
            at = f" index {position - 2}" if position > 1 else ""
            return run_tool(Load("nft", f"{'add' if at else 'insert'} rule {chain}{at} {rule.text}\n"))
        case DeleteRule(place=place):
            # The kernel gave out handles anew; the number is what is the same here and there.
            where = f"{place.family} {place.table} {place.chain}"
            handles = _handles(where)
            if not 0 < place.number <= len(handles):
                return f"no rule {place.number} in {where}"
            return run_tool(Load("nft", f"delete rule {where} handle {handles[place.number - 1]}\n"))


def _handles(where: str) -> tuple[int, ...]:
    done = subprocess.run(
        ("nft", "-j", "list", "chain", *where.split()),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    document = json.loads(done.stdout or '{"nftables": []}')
    return tuple(item["rule"]["handle"] for item in document["nftables"] if "rule" in item)


def _ebtables(part: _Rules) -> str:
    if not isinstance(part, DeleteRule):
        return "ebtables rules are only deleted"
    return _run(f"ebtables -t {part.place.table} -D {part.place.chain} {part.place.number}")
