"""Prints how long hairpin and reference tools take, with ratios and the promised times, and no verdicts."""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bench.beside import beside
from bench.comparing import PROMISED_S, of_snapshots
from bench.docker_host import docker_host, flows
from bench.document import Measured, write
from bench.explaining import of_lines
from bench.forms import OfForm, of_forms
from bench.growth import OfContainers, OfNative, OfRules, of_containers, of_native, of_rules
from bench.kernel import LIST, SAVE, unable
from bench.long_sets import OfSet, of_set
from bench.restoring import OfRestore, of_restores
from bench.telling import of_story, story_line
from bench.timing import Timing, timed
from bench.warm import warm_lines
from bench.whole import OfHost, of_hosts
from hairpin.replica.judge import carry_all, missing
from hairpin.replica.run.worker import Order

PROMISED = 50_000
"""The number of rules that hairpin is to read in half a second."""


def main() -> None:
    """Time one thing after the other and print each result at once; ``--docs FOLDER`` also writes the page."""
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("--docs", type=Path, help="write speed.md and speed.svg into this folder")
    arguments.add_argument("--beside", metavar="COMMIT", help="time only plain checks, beside those of this commit")
    arguments.add_argument(
        "--warm", action="store_true", help="time only a guard: its answers, and its life on a quiet host"
    )
    given = arguments.parse_args()
    if given.warm:
        for line in warm_lines():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        return
    if given.beside is not None:
        for line in _beside(given.beside):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        return
    folder: Path | None = given.docs
    rules: list[OfRules] = []
    native: list[OfNative] = []
    containers: list[OfContainers] = []
    hosts: list[OfHost] = []
    restores: list[OfRestore] = []
    forms: list[OfForm] = []
    sets: list[OfSet] = []
    parts = (
        _rules(rules),
        _native(native),
        _containers(containers),
        _replica(),
        _comparing(),
        _explaining(),
        _telling(),
        _set(sets),
        _whole(hosts),
        _restores(restores),
    )
    for line in chain(_starting(), _forms(forms), *parts):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    if folder is not None:
        measured = Measured(
            tuple(rules), tuple(native), tuple(containers), tuple(hosts), tuple(restores), tuple(forms), tuple(sets)
        )
        write(folder, measured)


def _beside(commit: str) -> Iterator[str]:
    """Plain checks of ten containers beside another commit's, and their events."""
    for each in beside(commit):
        said = f"{f'{each.name}, 10 containers':46} {each.here * 1000:9.1f} ms"
        if each.there is None:
            yield f"{said}  (promised {each.promised * 1000:.0f} ms)"
        else:
            yield f"{said}  {each.here / each.there:6.2f} x {commit} (promised at most {each.promised:.2f})"


def _starting() -> Iterator[str]:
    bare = timed("python -c pass", lambda: _run("-c", "pass"), 11)
    yield bare.line()
    yield timed("hairpin --help", lambda: _run("-m", "hairpin", "--help"), 11).line(bare, 0.150)


def _forms(found: list[OfForm]) -> Iterator[str]:
    """The one file beside the wheel and the checkout."""
    for each in of_forms():
        found.append(each)
        if each.help and each.check:
            yield f"{each.name:46} {each.help * 1000:9.1f} ms --help, {each.check * 1000:9.1f} ms one answer"
        if each.live_help and each.live_check:
            yield f"{each.name:46} {each.live_help:9.2f} s --help, {each.live_check:9.2f} s one answer, live"


def _run(*arguments: str) -> None:
    subprocess.run((sys.executable, *arguments), check=True, stdout=subprocess.DEVNULL)


def _rules(found: list[OfRules]) -> Iterator[str]:
    """Rules as a large Docker host has them, beside what iptables-save takes to print them."""
    if reason := unable():
        yield f"{SAVE}: not timed ({reason}); the rules are read from their own text"
    for each in of_rules():
        found.append(each)
        reference = None if each.printing is None else Timing(f"{SAVE} -c, {each.rules} rules", each.printing, 1)
        if reference is not None:
            yield reference.line()
        promised = 0.500 if each.rules // 1000 == PROMISED // 1000 else None
        yield Timing(f"reading {each.rules} rules", each.reading, 3).line(reference, promised)
        yield Timing("a walk through them, the first", each.first, 3).line(promise_seconds=0.020)
        yield Timing("a walk through them, later", each.walk, 3).line(promise_seconds=0.020)


def _native(found: list[OfNative]) -> Iterator[str]:
    for each in of_native():
        found.append(each)
        reference = Timing(f"{' '.join(LIST)}, {each.rules} rules", each.printing, 2)
        yield reference.line()
        yield Timing(f"reading {each.rules} native rules", each.reading, 2).line(reference)


def _containers(found: list[OfContainers]) -> Iterator[str]:
    for each in of_containers():
        found.append(each)
        name = f"a walk, {each.containers} containers, {each.rules} rules"
        yield f"{Timing(name, each.walk, 5).line()}  {1 / each.walk:,.0f} walks a second"


def _replica() -> Iterator[str]:
    """A host of ten containers rebuilt on this kernel, and a client's packet to each of their ports."""
    if reason := missing():
        yield f"a replica of 10 containers: not timed ({reason})"
        return
    order = Order(docker_host(10), flows(10))
    outcomes = [carry_all((order,))[0] for _ in range(5)]
    built = statistics.median(sum(took for _, took in each.took_ms) for each in outcomes)
    sent = statistics.median(judgement.elapsed_ms for each in outcomes for judgement in each.before)
    yield Timing("a host of 10 containers rebuilt", built / 1000, 5).line(promise_seconds=0.250)
    yield Timing("a packet sent there, and its answer", sent / 1000, 50).line()


def _telling() -> Iterator[str]:
    yield story_line(of_story())


def _comparing() -> Iterator[str]:
    """Two snapshots of 50,000 rules."""
    for each in of_snapshots():
        yield each.line(promise_seconds=PROMISED_S)


def _whole(found: list[OfHost]) -> Iterator[str]:
    if os.geteuid() != 0:
        yield "hairpin check on lab hosts: not timed (not root)"
        return
    for each in of_hosts():
        found.append(each)
        host = f"{each.containers} containers"
        yield f"{f'docker inspect of {host}':46} {each.inspect.processor * 1000:9.1f} ms"
        asked = (
            ("one healthy port", each.healthy),
            ("the same from every client", each.clients),
            ("one broken port", each.broken),
            ("everything", each.everything),
            ("a snapshot", each.snapshot),
            ("everything under all events", each.events),
            ("one fault repaired and verified", each.repair),
        )
        for name, spent in asked:
            if spent is None:
                continue
            yield (
                f"{f'{name}, {host}':46} {spent.processor * 1000:9.1f} ms"
                f"  {spent.processor / each.inspect.processor:6.1f} x docker inspect, {spent.elapsed:.2f} s elapsed"
            )


def _set(found: list[OfSet]) -> Iterator[str]:
    """One port beside a set of hundreds of thousands of addresses."""
    if os.geteuid() != 0:
        yield "hairpin check beside a long set: not timed (not root)"
        return
    each = of_set()
    found.append(each)
    name = f"one port, a set of {each.elements:,} addresses"
    yield f"{name:46} {each.elapsed * 1000:9.1f} ms elapsed, {each.peak_mib:.0f} MiB  (promised 1500 ms, 120 MiB)"


def _restores(found: list[OfRestore]) -> Iterator[str]:
    """The engine's rules put back, beside a restart of the daemon."""
    if os.geteuid() != 0:
        yield "hairpin restore on lab hosts: not timed (not root)"
        return
    for each in of_restores():
        found.append(each)
        yield (
            f"{f'restore, {each.containers} containers':46} rules back {each.rules_back:.2f} s, verified "
            f"{each.verified:.2f} s; a restart {each.restart:.1f} s, {each.restart / each.rules_back:.1f} x and "
            f"{each.restart / each.verified:.1f} x"
        )


def _explaining() -> Iterator[str]:
    """A log through explain, without the reading of a host."""
    for each in of_lines():
        name = f"explain, {each.name}, {each.lines}"
        spent = f"{each.seconds * 1000:9.1f} ms  {each.seconds / each.grep:6.1f} x grep"
        yield f"{name:46} {spent}, {each.peak_mib:.0f} MiB at most"


if __name__ == "__main__":
    main()
