"""docs/reference/speed.md and its plot, written from the measurements."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.forms import OfForm
from bench.growth import OfContainers, OfNative, OfRules
from bench.kernel import SAVE
from bench.long_sets import OfSet
from bench.plot import Curve, Panel, svg
from bench.restoring import OfRestore
from bench.whole import OfHost

_HEAD = f"""# Speed, and how it grows

This page and its plot are written by `make bench` (`bench/`). A time is the processor time of hairpin, or of the tool,
on one core: the least of a few runs. The times depend on the machine. The ratio to `{SAVE}`, measured in the same
run, and the shape of the curves should be the same on any machine.

![How times grow with rules and with containers](speed.svg)
"""
_RULES = f"""## With rules

A Docker host's rules, three for each published port, are loaded into the kernel. *Printed in* is the time that
`{SAVE} -c` takes to print them. *Read in* is the time that hairpin takes to read that text and to index the
long chains. Then a packet from outside is walked to the port that the last rules publish, with handshake, answer and
first data.

| rules | printed in | read in | of the printing | a rule | the first walk | a later walk |
| --- | --- | --- | --- | --- | --- | --- |
"""
_NATIVE = """## With native nftables rules

Each rule publishes a port. *Printed in* is the time that `nft -j list ruleset` takes to print them, *read in* the time
that hairpin takes to read its JSON.

| rules | printed in | read in | of the printing | a rule |
| --- | --- | --- | --- | --- |
"""
_CONTAINERS = """## With containers, and so with links

A Docker host as dockerd 28 programs it; each container has one published port. A walk goes from a client outside to a
published port, and back.

| containers | links | rules | a walk | walks a second |
| --- | --- | --- | --- | --- |
"""
_HOSTS = """## Whole questions, beside `docker inspect`

Lab hosts with a real dockerd. The times are the processor time of all processes that the command starts, and as a
ratio to `docker inspect` of all containers in the same run. *One port* is a healthy one, asked from one client, without
the replica; *from every client* is the same without `--from`; *one broken* port has its cause and its replica;
*everything* is `hairpin check` without a target and without the replica; *events* is `hairpin events`: everything under
every event that can happen there; *repaired* is `fix --apply` of the broken port, read anew and verified.

| containers | docker inspect | one port | from every client | one broken | everything | snapshot | events | repaired |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
_SETS = """## Beside a long set

A set of nftables as lists of countries and of bans have it. The set is not listed; the kernel is asked for the
addresses of the question's packets.

| addresses | `hairpin check 22` | memory |
| --- | --- | --- |
"""
_RESTORES = """## `hairpin restore`, beside a restart of the daemon

The filter rules of a lab host are flushed. The times are elapsed seconds. *Rules back* is the end of the load: the
host was read and walked, the plan made, and the host read once more. *Verified* is the end: the host was read a third
time, each asked flow and each other one walked, and packets sent through a replica. A restart of dockerd verifies
nothing.

| containers | the plan | rules back | verified | a restart | of it, rules back | of it, verified |
| --- | --- | --- | --- | --- | --- | --- |
"""
_FORMS = """## Each form

The processor time of the command; the answer is about one port of a recorded host, without the replica. `hairpin.pyz`
takes longer, because Python reads the archive's directory of a thousand members and unpacks the code of each module. If
it has no bytecode for the running Python, each module is compiled at each start. *Live*: the elapsed time of `--help`
and of one healthy port on a lab host with ten containers, without the replica; a container is started for the image.

| | size | `--help` | one answer | of the checkout's | live `--help` | live answer |
| --- | --- | --- | --- | --- | --- | --- |
"""
_WHY = """## Why

- Reading is linear. Equal groups of words (in nft's JSON: equal statements) become one node, which is made once for
  each table.
- A walk does not grow with the rules of a chain. Long chains are indexed by the most selective match of each rule
  (`src/hairpin/netfilter/evaluate/index.py`), so that thousands of DNAT rules are one look-up.
- A walk hardly grows with containers. Namespaces, veth peers, a bridge's ports and the owners of addresses are indexed
  once for each host (`src/hairpin/network/index.py`), routes once for each namespace
  (`src/hairpin/network/tables.py`).
"""


class Measured(NamedTuple):
    """All that the page tells."""

    rules: tuple[OfRules, ...]
    native: tuple[OfNative, ...] = ()
    containers: tuple[OfContainers, ...] = ()
    hosts: tuple[OfHost, ...] = ()
    restores: tuple[OfRestore, ...] = ()
    forms: tuple[OfForm, ...] = ()
    sets: tuple[OfSet, ...] = ()


def document(measured: Measured) -> str:
    """Return the page."""
    rules, native, containers, hosts, restores, forms, sets = measured
    release = os.uname().release.split("-")[0]
    where = f"Measured on Linux {release}, {os.uname().machine}.\n"
    parts = (_HEAD, where, _RULES + "\n".join(map(_of_rules, rules)) + "\n")
    more = (_NATIVE + "\n".join(map(_of_native, native)) + "\n",) if native else ()
    whole = (_HOSTS + "\n".join(map(_of_host, hosts)) + "\n",) if hosts else ()
    grown = _CONTAINERS + "\n".join(map(_of_containers, containers)) + "\n"
    back = (_RESTORES + "\n".join(map(_of_restore, restores)) + "\n",) if restores else ()
    started = (of_forms(forms),) if forms else ()
    long = (_SETS + "\n".join(map(_of_set, sets)) + "\n",) if sets else ()
    return "\n".join((*parts, *more, grown, *whole, *long, *back, *started, _WHY))


def of_forms(forms: tuple[OfForm, ...]) -> str:
    """Return the part about the forms in which hairpin comes; the first is the one that the others stand beside."""
    checkout = forms[0].check
    rows = "\n".join(f"| {' | '.join((each.name, *_of_form(each, checkout)))} |" for each in forms)
    return f"{_FORMS}{rows}\n"


def _of_form(each: OfForm, checkout: float | None) -> Iterator[str]:
    yield f"{each.size / 1e6:.1f} MB" if each.size else ""
    yield _told(each.help)
    yield _told(each.check)
    yield f"{each.check / checkout:.2f} ×" if each.check and checkout else ""
    yield _told(each.live_help)
    yield _told(each.live_check)


def _told(seconds: float | None) -> str:
    return "" if seconds is None else _ms(seconds)


def _of_set(each: OfSet) -> str:
    return f"| {each.elements:,} | {_ms(each.processor)}, {each.elapsed:.2f} s elapsed | {each.peak_mib:.0f} MiB |"


def _of_restore(each: OfRestore) -> str:
    spent = (each.plan, each.rules_back, each.verified, each.restart)
    told = " | ".join(f"{one:.1f} s" for one in spent)
    return f"| {each.containers} | {told} | {each.rules_back / each.restart:.2f} | {each.verified / each.restart:.2f} |"


def _of_host(each: OfHost) -> str:
    asked = (each.healthy, each.clients, each.broken, each.everything, each.snapshot, each.events, each.repair)
    told = (
        f"{_ms(one.processor)}, {one.processor / each.inspect.processor:.0f} ×, {one.elapsed:.2f} s elapsed"
        if one is not None
        else ""
        for one in asked
    )
    return f"| {each.containers} | {_ms(each.inspect.processor)} | {' | '.join(told)} |"


def _of_rules(each: OfRules) -> str:
    printed, ratio = ("not measured", "")
    if each.printing is not None:
        printed, ratio = _ms(each.printing), f"{each.reading / each.printing:.2f} ×"
    a_rule = f"{each.reading / each.rules * 1e6:.1f} µs"
    walks = f"{_ms(each.first)} | {_ms(each.walk)}"
    return f"| {each.rules:,} | {printed} | {_ms(each.reading)} | {ratio} | {a_rule} | {walks} |"


def _of_native(each: OfNative) -> str:
    ratio = f"{each.reading / each.printing:.2f} ×"
    a_rule = f"{each.reading / each.rules * 1e6:.1f} µs"
    return f"| {each.rules:,} | {_ms(each.printing)} | {_ms(each.reading)} | {ratio} | {a_rule} |"


def _of_containers(each: OfContainers) -> str:
    return f"| {each.containers:,} | {each.links:,} | {each.rules:,} | {_ms(each.walk)} | {1 / each.walk:,.0f} |"


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:,.0f} ms" if milliseconds >= 100 else f"{milliseconds:.2g} ms"


def plot(rules: tuple[OfRules, ...], containers: tuple[OfContainers, ...]) -> str:
    """Return the plot."""
    return svg(
        (
            Panel("With rules", "rules", "milliseconds", tuple(_of_rules_curves(rules))),
            Panel(
                "With containers (two links, three rules each)",
                "containers",
                "milliseconds",
                (
                    Curve(
                        "a walk to a published port", tuple((each.containers, each.walk * 1000) for each in containers)
                    ),
                ),
            ),
        )
    )


def _of_rules_curves(rules: tuple[OfRules, ...]) -> Iterator[Curve]:
    printing = tuple((each.rules, each.printing * 1000) for each in rules if each.printing is not None)
    if printing:
        yield Curve(f"{SAVE} prints them", printing)
    yield Curve("hairpin reads them", tuple((each.rules, each.reading * 1000) for each in rules))
    yield Curve("the first walk through them", tuple((each.rules, each.first * 1000) for each in rules))
    yield Curve("a later walk", tuple((each.rules, each.walk * 1000) for each in rules))


def write(folder: Path, measured: Measured) -> None:
    """Write the page and its plot."""
    (folder / "speed.md").write_text(document(measured), encoding="utf-8")
    (folder / "speed.svg").write_text(plot(measured.rules, measured.containers), encoding="utf-8")
