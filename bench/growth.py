"""How times grow with rules and with containers; each container brings a namespace, two links and three rules.

A time is processor time, of this process and of the tools that it waits for, so that a busy machine changes little. It
is the least of a few runs.
"""

import resource
from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from bench.docker_host import docker_host, flows
from bench.kernel import LIST, LOAD, loaded, saved, unable
from bench.rules import PORT, docker_like, native
from hairpin.netfilter.evaluate.index import prepare
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset, Table
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.small_host import CLIENT, HOST_ADDRESS, host_namespace, network

RULES = (1_000, 10_000, 50_000, 200_000)
NATIVE = (1_000, 10_000, 50_000)
CONTAINERS = (1, 3, 10, 30, 100, 300, 1000)
_FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", PORT)
_WALKED = 100
"""About so many of a host's published ports are asked about, at equal distances."""


class OfRules(msgspec.Struct, frozen=True):
    """Seconds for a ruleset of ``rules`` rules.  ``printing``: iptables-save's; None if it cannot run here.  ``first``:
    the first walk through them.  ``walk``: a later one."""

    rules: int
    printing: float | None
    reading: float
    first: float
    walk: float


class OfNative(msgspec.Struct, frozen=True):
    """Seconds that nft takes to list ``rules`` rules of its own as JSON, and that hairpin takes to read them."""

    rules: int
    printing: float
    reading: float


class OfContainers(msgspec.Struct, frozen=True):
    """A Docker host of so many containers: its rules and links, and the seconds of a walk to a published port."""

    containers: int
    rules: int
    links: int
    walk: float


def seconds(work: Callable[[], object], runs: int) -> float:
    """Return the least time on the processor, of this process and its children."""
    return min(_seconds(work) for _ in range(runs))


def _seconds(work: Callable[[], object]) -> float:
    before = _spent()
    work()
    return _spent() - before


def _spent() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def read(text: str) -> tuple[Table, ...]:
    """Read the rules and index long chains, as host/read/rulesets.py does."""
    tables = parse(text, family="ip", dialect="iptables-nft", source="bench")
    prepare(tables)
    return tables


def of_rules() -> Iterator[OfRules]:
    """Yield a measurement for each size."""
    for count in RULES:
        text = docker_like(count)
        runs = 9 if count <= RULES[1] else 3
        printing = None
        if not unable():
            with loaded(text) as enter:
                printing = seconds(partial(saved, enter), min(runs, 1 if count > 100_000 else 3))
                text = saved(enter)
        reading = seconds(partial(read, text), runs)
        first, walk = _walks(text)
        yield OfRules(text.count("-A "), printing, reading, first, walk)


def of_native() -> Iterator[OfNative]:
    """Yield a measurement for each size; none where rules cannot be loaded."""
    for count in () if unable() else NATIVE:
        runs = 5 if count <= NATIVE[1] else 2
        with loaded(native(count), LOAD) as enter:
            printing = seconds(partial(saved, enter, LIST), runs)
            text = saved(enter, LIST)
        yield OfNative(count, printing, seconds(partial(_read_native, text), runs))


def _read_native(text: str) -> None:
    prepare(nft_listing.parse(text, source="bench"))


def _walks(text: str) -> tuple[float, float]:
    """Return the times of the first walk after the rules were read, and of later ones."""
    first: list[float] = []
    later: list[float] = []
    for _ in range(3):
        built = _holding(read(text))
        first.append(_seconds(partial(walk_flow, built, _FLOW)))
        later.append(_often(partial(walk_flow, built, _FLOW)))
    return min(first), min(later)


def _often(work: Callable[[], object]) -> float:
    """Return the time of one call, measured over many calls because one is too quick."""
    return _seconds(lambda: [work() for _ in range(50)]) / 50


def _walk_all(built: Network, asked: tuple[Flow, ...]) -> None:
    for flow in asked:
        walk_flow(built, flow)


def _holding(tables: tuple[Table, ...]) -> Network:
    return network(msgspec.structs.replace(host_namespace(), ruleset=Ruleset(tables)))


def of_containers() -> Iterator[OfContainers]:
    """Yield a measurement for each size."""
    for count in CONTAINERS:
        built = docker_host(count)
        asked = flows(count)[:: max(1, count // _WALKED)]
        once = seconds(partial(_walk_all, built, asked), 5) / len(asked)
        host = built.namespace(built.this.netns)
        rules = sum(len(chain.rules) for table in host.ruleset.tables for chain in table.chains)
        links = sum(len(namespace.links) for namespace in built.this.namespaces)
        yield OfContainers(count, rules, links, once)
