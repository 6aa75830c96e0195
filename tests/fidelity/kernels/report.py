"""The figures of the runs on other kernels: kept in judged.json, printed in docs/reference/fidelity-kernels.md."""

from collections import Counter
from pathlib import Path

import msgspec

from hairpin.host.kernel_release import Since, not_judged
from tests.fidelity.kernels.replicas import Replicas
from tests.fidelity.report import Run
from tools import elements

FILE = Path(__file__).parent / "judged.json"
OWN = "own"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "fidelity-kernels.md"
_HEAD = """# Fidelity on other kernels

Written by `make fidelity-kernels`; do not edit. The hunt of [fidelity](fidelity.md) and replicas of recorded hosts on
Debian's stock kernels with all of their modules: each is booted under qemu, emulated, with the files of the
machine that runs it, so the same tools load the same rules. A *pair* is one packet sent through one generated network,
by the walk and by that kernel. A *replica* is one recorded broken host rebuilt there, and the flow that its fault
breaks sent. A network is *left out* when the tools could not load it (that kernel lacks an element) or it is too open.
Under *tunnels* stand the pairs of networks with a tunnel, under *counters* the counters of rules.

| kernel | release | pairs | tunnels | networks | counters | disagreeing | left out | types of links | seed | minutes |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |
"""
_REPLICAS = """
| kernel | replicas | agreeing | undecided | disagreeing |
| --- | ---: | ---: | ---: | ---: |
"""
_TAIL = """
Which elements of rules each kernel has judged is in [elements](elements.md).

## Older kernels: not judged

Kernels before 5.10, such as 3.10 (CentOS 7), 4.18 (RHEL 8) and 5.4 (Ubuntu 20.04), are not available here. Their
differences are modelled from their sources, among them CentOS 7's last (3.10.0-1160) and RHEL 8.3's (4.18.0-240), and
no kernel has judged them. `el7` and `el8` are these two; a series of Linux in brackets has the change in a stable
release.

Not modelled: conntrack calls GRE invalid unless its module is loaded (3.19 to 5.0); fragments are reassembled in every
namespace as soon as conntrack is loaded (before 4.10); a veth clears marks (before 4.1); each packet chooses its next
hop of a multipath route anew (before 4.4); backports of Red Hat's later kernels.

| before | what is done instead | source |
| --- | --- | --- |
"""


class Hunt(msgspec.Struct, frozen=True):
    """The figures of one run of the hunt."""

    pairs: int
    networks: int
    counters: int
    refused: int
    differing: int
    seed: int
    seconds: int
    judged: tuple[str, ...]
    links: tuple[str, ...] = ()
    """Types of links in networks of which all was agreed."""
    left_out: tuple[str, ...] = ()
    """The reason for each network that is left out."""
    tunnelled: int = 0
    """Pairs in networks with a tunnel."""


def hunt_of(run: Run, links: tuple[str, ...] = (), left_out: tuple[str, ...] = (), tunnelled: int = 0) -> Hunt:
    """Return the figures of a run; ``links``: the types of links in the networks that agreed."""
    return Hunt(
        run.packets, run.networks, run.rules, run.refused, run.differing, run.seed, round(run.seconds),
        tuple(sorted(run.judged)), links, left_out, tunnelled,
    )  # fmt: skip


class Figures(msgspec.Struct, frozen=True):
    """The figures of one kernel.  ``name``: as it was asked for (``6.1``, ``sid``), OWN for the machine's own."""

    name: str
    release: str
    hunt: Hunt | None = None
    replicas: Replicas | None = None


def load() -> tuple[Figures, ...]:
    """Return the figures of every kernel that was judged."""
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[Figures, ...]) if FILE.exists() else ()


def store(found: Figures, names: tuple[str, ...]) -> None:
    """Put the figures in place of the kernel's earlier ones, in the order of ``names``, and write the page."""
    earlier = {each.name: each for each in load()}
    before = earlier.get(found.name)
    if before is not None and before.release == found.release:
        found = Figures(found.name, found.release, found.hunt or before.hunt, found.replicas or before.replicas)
    every = {**earlier, found.name: found}
    kept = tuple(every[name] for name in (*names, *sorted(set(every) - set(names))) if name in every)
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    PAGE.write_text(page(tuple(each for each in kept if each.name != OWN)), "utf-8")
    elements.write()


def page(found: tuple[Figures, ...]) -> str:
    """Return docs/reference/fidelity-kernels.md."""
    lines, left_out = [_HEAD.rstrip("\n")], list[str]()
    for each in found:
        if each.hunt is not None:
            hunt = each.hunt
            links = " ".join(hunt.links)
            outcome = (hunt.networks, hunt.counters, hunt.differing, hunt.refused)
            figures = (hunt.pairs, hunt.tunnelled, *outcome, links, hunt.seed)
            lines.append(
                f"| {each.name} | {each.release} | {' | '.join(map(str, figures))} | {hunt.seconds / 60:.0f} |"
            )
            counted = Counter(hunt.left_out).items()
            left_out += (f"- {each.name}, left out ({count}): `{reason}`" for reason, count in counted)
    lines += ["", *left_out] if left_out else []
    lines.append(_REPLICAS.rstrip("\n"))
    told: list[str] = []
    for each in found:
        if each.replicas is not None:
            proven = each.replicas
            counts = (proven.hosts, proven.agreeing, len(proven.undecided), len(proven.differing))
            lines.append(f"| {each.name} | {' | '.join(map(str, counts))} |")
            told += (f"- {each.name}, undecided: {text}" for text in proven.undecided)
            told += (f"- {each.name}, disagreeing: {text}" for text in proven.differing)
    if told:
        lines += ["", *told]
    return "\n".join(lines) + "\n" + _TAIL + "".join(map(_older, not_judged()))


def _older(found: Since) -> str:
    release = ".".join(map(str, found.release))
    known = f" (but {', '.join(found.also)})" if found.also else ""
    return f"| {release}{known} | {found.before} | `{found.source}` |\n"
