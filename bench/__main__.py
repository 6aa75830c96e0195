"""Prints the numbers of design and issue beside reference tools: medians and ratios, no verdicts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain

from bench.kernel import SAVE, loaded, saved, unable
from bench.rules import PORT, docker_like
from bench.timing import Timing, timed
from hairpin.diagnose.flows import Origin, Target, flows_for
from hairpin.lab.diagnosis import CHECK, ask
from hairpin.lab.scenario import named
from hairpin.lab.trial import running_scenario
from hairpin.netfilter.compiled import prepare
from hairpin.netfilter.iptables_save import parse
from hairpin.network.network import HOST
from hairpin.walk.walk import walk_flow
from tests import small_host

RULES = 50_000


def main() -> None:
    """Time one thing after the other, and print each when it is known."""
    for line in chain(_starting(), _rules(), _whole()):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _starting() -> Iterator[str]:
    bare = timed("python -c pass", lambda: _run("-c", "pass"), 11)
    yield bare.line()
    yield timed("hairpin --help", lambda: _run("-m", "hairpin", "--help"), 11).line(bare, 0.150)


def _run(*arguments: str) -> None:
    subprocess.run((sys.executable, *arguments), check=True, stdout=subprocess.DEVNULL)


def _rules() -> Iterator[str]:
    text = docker_like(RULES)
    reference: Timing | None = None
    if reason := unable():
        yield f"{SAVE}: not timed ({reason}); the rules are read from their own text"
    else:
        with loaded(text) as enter:
            reference = timed(f"{SAVE} -c", lambda: saved(enter), 5)
            text = saved(enter)
        yield reference.line()
    count = text.count("\n-A ") + text.count("] -A ")
    yield timed(f"reading {count} rules", lambda: _parsed(text), 5).line(reference, 0.500)
    yield from _walks(text)


def _parsed(text: str) -> object:
    """Read as host/rulesets.py does: long chains are indexed with the reading."""
    tables = parse(text, family="ip", dialect="iptables-nft", source="bench")
    prepare(tables)
    return tables


def _walks(text: str) -> Iterator[str]:
    """Cold is the first walk after the rules were read, warm any later one."""

    def fresh() -> None:
        network = small_host.network(small_host.host_namespace(text))
        prepare(network.namespace(HOST).ruleset.tables)
        flow = flows_for(network, (Target(PORT),), Origin("lan"))[0]
        cold.append(timed("", lambda: walk_flow(network, flow), 1).seconds)
        warm.append(timed("", lambda: walk_flow(network, flow), 9).seconds)

    cold: list[float] = []
    warm: list[float] = []
    for _ in range(3):
        fresh()
    yield Timing("a walk through them, cold", sorted(cold)[1], 3).line(promise_seconds=0.020)
    yield Timing("a walk through them, warm", sorted(warm)[1], 3).line(promise_seconds=0.020)


def _whole() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "hairpin check 8151 --json on a lab host: not timed (not root)"
        return
    with running_scenario(named("healthy-ten-containers")) as lab:
        docker = timed("docker ps there", lambda: lab.host.run("docker ps"), 3)
        yield docker.line()
        check = timed(f"{' '.join(CHECK[1:])} 8151 --json, 10 containers", lambda: ask(lab, ("8151",)), 5)
        yield check.line(docker, 1.0)


if __name__ == "__main__":
    main()
