"""What the model can do, read off its code: no list of its own that could be forgotten when the model grows.

- matches and statements: the unions of ir.py, each field of a node that has few values, with each value; the names and
  answers that nodes carry as text are those that the readers give for the table of elements, or know by name;
- chains: family, hook and type;
- routes and policy rules: the types, actions and selectors of host/route.py that the lookup asks for;
- sysctls, reasons of drops, answers, kinds of evidence: the words that stand in the modules which a packet's walk uses.
"""

import ast
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from inspect import getsource
from itertools import product
from types import ModuleType
from typing import get_args

import msgspec

from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.route import Neighbour, NextHop, PolicyRule, Route, RouteType
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.set_field import assign
from hairpin.netfilter.iptables import targets as iptables_targets
from hairpin.netfilter.nft import statements as nft_statements
from hairpin.network import routing
from hairpin.walk import packet_walk
from hairpin.walk.decided import DecidedBy
from hairpin.walk.state import End, Reason
from tests.fidelity.coverage.element import (
    DONE,
    FORKED,
    NOT_SATISFIED,
    OTHERWISE,
    READ,
    SATISFIED,
    SET,
    UNSET,
    Element,
    choices,
    name_of,
    names_of,
)
from tests.netfilter.seen import FIRST
from tests.tools.test_element_table import body_of
from tools.element_table import rows

FACTS: tuple[type[msgspec.Struct], ...] = (Link, BridgePort, BridgeInfo, Address, Route, NextHop, Neighbour)
VERSIONS = (4, 6)


def modelled() -> frozenset[Element]:
    """Return all elements of the model."""
    return frozenset(
        (*_matches(), *_statements(), *_sets(), *_chains(), *_routing(), *sysctls(), *_sockets(), *_ends(), *_facts())
    )


# --- rules -----------------------------------------------------------------------------------------------------------


@cache
def _read() -> tuple[ir.Expression, ...]:
    """Return what the readers make of the table of elements."""
    return tuple(part for row in rows() for part in body_of(row))


def _matches() -> Iterator[Element]:
    for kind in get_args(ir.Match):
        hows = (FORKED,) if kind in (ir.OpaqueMatch, ir.StatefulMatch) else (SATISFIED, NOT_SATISFIED)
        yield from (Element("match", name, how) for name in _names(kind) for how in hows)


def _statements() -> Iterator[Element]:
    for kind in get_args(ir.Statement):
        yield from (Element("statement", name, DONE) for name in _names(kind))


def _names(kind: type[msgspec.Struct]) -> Iterator[str]:
    yield name_of(kind)
    yield from {name for part in _read() if type(part) is kind for name in names_of(part)}
    for field, values in choices(kind):
        if kind is not ir.SetField:
            yield from (name_of(kind, field, value) for value in values)
    if kind is ir.SetField:
        yield from (name_of(kind, "field", field) for field in get_args(ir.Field) if _steers(field))
    if kind is ir.Reject:
        yield from (name_of(kind, "answer", answer) for answer in _answers())


def _steers(field: ir.Field) -> bool:
    """Return whether writing the field changes anything that the model knows of a packet."""
    return any(assign(FIRST, ir.SetField(field, 0, value)) != FIRST for value in (1, 2))


def _answers() -> Iterator[str]:
    """Yield what the readers know that a rule rejects with."""
    for module in (iptables_targets, nft_statements):
        yield from _words(module, _is_answer)
    yield from (f"icmpx-{code}" for code in vars(nft_statements)["_ICMPX_CODES"])


def _is_answer(word: str) -> bool:
    return word == "tcp-reset" or (word.startswith(("icmp-", "icmp6-")) and not word.endswith("-"))


def _sets() -> Iterator[Element]:
    """Yield the types of ipsets that the tool here knows."""
    shown = subprocess.run(("ipset", "help"), capture_output=True, text=True, check=True).stdout
    known = shown.partition("Supported set types:")[2].split()
    for name in {word for word in known if ":" in word}:
        yield from (Element("ipset", name, how) for how in (SATISFIED, NOT_SATISFIED))


def _chains() -> Iterator[Element]:
    families = [family for family in get_args(ir.Family) if family != "arp"]  # no IP packet passes an arp chain
    for family, hook, kind in product(families, get_args(ir.Hook), get_args(ir.ChainType)):
        yield Element("chain", f"{family} {hook} {kind}", DONE)
    yield from (Element("dialect", dialect, DONE) for dialect in get_args(ir.Dialect))


# --- routing ---------------------------------------------------------------------------------------------------------


def _routing() -> Iterator[Element]:
    for version in VERSIONS:
        yield from (Element("route", f"{kind} IPv{version}", DONE) for kind in get_args(RouteType))
        for action in get_args(_hint(PolicyRule, "action")):
            yield Element("policy rule", f"{action} IPv{version}", DONE)
        for selector in sorted(selectors()):
            for how in (SATISFIED, NOT_SATISFIED):
                yield Element("policy rule", f"{selector} IPv{version}", how)


def _hint(kind: type[msgspec.Struct], field: str) -> object:
    return next(each.type for each in msgspec.structs.fields(kind) if each.name == field)


@cache
def selectors() -> frozenset[str]:
    """Return the fields of a policy rule that the lookup asks for and that a rule may leave out."""
    left_out = {each.name for each in msgspec.structs.fields(PolicyRule) if each.default in (None, False)}
    asked = {name for node in ast.walk(_tree(routing)) if (name := _attribute_of(node, "rule"))}
    return frozenset(asked & left_out - {"table", "goto"})


def _attribute_of(node: ast.AST, name: str) -> str:
    """Return the attribute that the expression reads of a variable of that name, else nothing."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
        return node.attr
    return ""


# --- what stands in the modules of the walk ---------------------------------------------------------------------------


@cache
def modules() -> tuple[ModuleType, ...]:
    """Return the modules that carry a packet: packet_walk and what it imports of walk and network."""
    found = {packet_walk.__name__: packet_walk}
    waiting = [packet_walk]
    while waiting:
        for node in ast.walk(_tree(waiting.pop())):
            name = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if name.startswith(("hairpin.walk.", "hairpin.network.")) and name not in found:
                found[name] = import_module(name)
                waiting.append(found[name])
    return tuple(found.values())


def _tree(module: ModuleType) -> ast.Module:
    return _parsed(module.__name__)


@cache
def _parsed(name: str) -> ast.Module:
    return ast.parse(getsource(import_module(name)))


def _words(module: ModuleType, fits: Callable[[str], bool]) -> Iterator[str]:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and fits(node.value):
            yield node.value


def _ends() -> Iterator[Element]:
    walking = [module for module in modules() if module.__name__ != "hairpin.walk.state"]
    reasons = set(get_args(Reason))
    yield from (Element("end", kind, DONE) for kind in get_args(_hint(End, "kind")))
    for module in walking:
        yield from (Element("reason", word, DONE) for word in _words(module, reasons.__contains__))
        yield from (Element("answer", word, DONE) for word in _words(module, _is_answer))
    used = {node.id for module in walking for node in ast.walk(_tree(module)) if isinstance(node, ast.Name)}
    for kind in get_args(DecidedBy):
        if kind.__name__ in used:
            yield Element("decided by", kind.__name__, DONE)


def sysctls() -> Iterator[Element]:
    """Yield the sysctls that the walk reads."""
    for module in modules():
        for function in ast.walk(_tree(module)):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        for path in _paths(node, function):
                            yield from (Element("sysctl", path, how) for how in (READ, OTHERWISE))


def _paths(call: ast.Call, function: ast.FunctionDef) -> Iterator[str]:
    """Yield the sysctls that a call reads: ``conf(…, version, link, name)``, ``namespace.sysctl("net", …)``."""
    match call:
        case ast.Call(func=ast.Name(id="conf"), args=[_, version, _, ast.Constant(value=str(name))]):
            versions = (version.value,) if isinstance(version, ast.Constant) else VERSIONS
            yield from (f"net.ipv{each!s}.conf.*.{name}" for each in versions)
        case ast.Call(
            func=ast.Attribute(attr="sysctl" | "number" | "text"), args=[ast.Constant(value="net"), *more]
        ) if all(isinstance(each, ast.Constant) for each in more[:-1]):
            path = ["net", *(str(each.value) for each in more[:-1] if isinstance(each, ast.Constant))]
            yield from (".".join((*path, last)) for last in _values(more[-1], function))
        case _:
            return


def _values(node: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """Yield the texts that an expression may be: itself, or what the function assigns to that name."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name):
        for each in ast.walk(function):
            if isinstance(each, ast.Assign) and any(
                isinstance(to, ast.Name) and to.id == node.id for to in each.targets
            ):
                yield from (
                    inner.value
                    for inner in ast.walk(each.value)
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                )


def _sockets() -> Iterator[Element]:
    for protocol in ("tcp", "udp"):
        yield from (Element("socket", protocol, how) for how in (SATISFIED, NOT_SATISFIED))


def _facts() -> Iterator[Element]:
    """Yield the facts about links, addresses, routes and neighbours that the walk reads, with their values."""
    for kind in FACTS:
        for field, values in facts(kind):
            yield from (Element("fact", f"{kind.__name__}.{field}", value) for value in values)


@cache
def facts(kind: type[msgspec.Struct]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the fields of a structure that the walk reads and that have few values, with those."""
    read = {node.attr for module in modules() for node in ast.walk(_tree(module)) if isinstance(node, ast.Attribute)}
    found: list[tuple[str, tuple[str, ...]]] = [
        (field.name, (SET, UNSET))
        for field in msgspec.structs.fields(kind)
        if field.name in read and (field.default is None or isinstance(field.default, bool))
    ]
    if kind is Link:
        found.append(("kind", tuple(sorted(_link_kinds()))))
    return tuple(found)


def _link_kinds() -> Iterator[str]:
    """Yield the kinds of links that the walk tells apart: ``link.kind == …``, ``master.kind in (…)``."""
    for module in modules():
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Compare) and "kind" in (_attribute_of(node.left, name) for name in _LINK_NAMES):
                yield from (
                    inner.value or "physical"
                    for inner in ast.walk(node.comparators[0])
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                )


_LINK_NAMES = ("link", "master")
"""The names of variables for a link whose kind the walk asks."""
