"""``python -m tests.explain.judge``: clients' errors, explained on every recorded host, held against real connections.

``clients.tsv``: the outcome that a line tells (empty: none of a connection that was not made; ``name``: a lookup), the
line with ``{a}`` and ``{p}`` for the address and the port, where it is from.  Each line is explained for each recorded
flow: with its sender, as `docker compose logs` or the journal would show it; without one; and as another host's.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from hairpin.answer.texts.explain import TextAnswer, explain_texts
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.explain.line import Clock
from hairpin.explain.understand import Understood, understand
from hairpin.question.target import parse_origin
from tests.acceptance import recorded
from tests.explain.texts import FOLDER

NOW = Clock(datetime(2026, 11, 26, 12, tzinfo=UTC))
HEALTHY = FOLDER.parent / "healthy"
REAL = {"timeout": "timeout", "refused": "refused", "no-route": "unreachable", "no-network": "unreachable"}
"""The outcome of a real connection by that which a line tells."""


class ClientLine(msgspec.Struct, frozen=True):
    """A line of ``clients.tsv``."""

    outcome: str
    text: str


class Spoken(msgspec.Struct, frozen=True):
    """A line as it was printed: ``real`` is the outcome of that very connection; empty: its sender is not known, or is
    none of this host."""

    line: ClientLine
    text: str
    real: str


class Judged(msgspec.Struct, frozen=True):
    """A printed line, and what ``explain`` says of it."""

    host: str
    spoken: Spoken
    told: TextAnswer

    @property
    def is_false(self) -> bool:
        """Whether it is told as true, and is not: nobody said it here, or the connection ends otherwise."""
        if self.told.here.here != "true":
            return False
        if self.spoken.line.outcome == "name":
            return not self.spoken.real  # the recorded connections looked no name up
        if self.spoken.real == "timeout" and self.spoken.line.outcome == "no-route" and self._is_unresolved:
            return False  # the recorded connection was given up before ARP was: EHOSTUNREACH comes after three seconds
        return self.spoken.real in ("", "delivered") or REAL.get(self.spoken.line.outcome, self.spoken.real) != (
            self.spoken.real
        )

    @property
    def _is_unresolved(self) -> bool:
        flow = self.told.here.flow
        return flow is not None and flow.stop is not None and flow.stop.reason == "no-neighbour"

    @property
    def is_missed(self) -> bool:
        """Whether the connection ends as the line says, and that is not told."""
        return REAL.get(self.spoken.line.outcome) == self.spoken.real and self.told.here.here != "true"


@cache
def client_lines() -> tuple[ClientLine, ...]:
    """Return the lines of ``clients.tsv``."""
    rows = (line.split("\t") for line in (FOLDER / "clients.tsv").read_text("utf-8").splitlines())
    return tuple(ClientLine(outcome, text) for outcome, text, _ in rows)


def on_healthy_host(path: Path, lines: tuple[ClientLine, ...]) -> tuple[Judged, ...]:
    """Return what each line means on a healthy host, towards its containers and its published ports, of no known sender
    and of another host."""
    evidence = load(path)
    spoken = tuple(
        Spoken(line, prefix + _filled(line, *_TARGETS[number % len(_TARGETS)]), "")
        for number, line in enumerate(lines)
        for prefix in ("", "Nov 26 10:00:00 elsewhere app[9]: ")
    )
    return tuple(_judged(path.stem, evidence, spoken, ""))


def on_recorded_host(name: str, lines: tuple[ClientLine, ...]) -> tuple[Judged, ...]:
    """Return what each line means on a recorded host, for each of its flows in turn: of its sender, and of none."""
    evidence = recorded.evidence(name)
    flows = [each for each in recorded.expected()[name] if ":" in each.to]
    inside = [each for each in flows if each.origin == "host" or each.origin.startswith("container:")]
    outside = [each for each in flows if each.origin == "192.0.2.10"]
    spoken: list[Spoken] = []
    for number, line in enumerate(lines):
        for flow in inside[number % len(inside) :: max(len(inside) // 2, 1)]:
            text = _filled(line, *flow.to.rsplit(":", 1))
            spoken.append(Spoken(line, text, ""))
            spoken.append(Spoken(line, f"{_prefix(flow.origin, evidence)}{text}", flow.real))
    of_client = (
        Spoken(line, _filled(line, *outside[0].to.rsplit(":", 1)), outside[0].real) for line in lines if outside
    )
    return (
        *_judged(name, evidence, tuple(spoken), ""),
        *_judged(name, evidence, tuple(of_client), outside[0].origin if outside else ""),
    )


_TARGETS = (("172.17.0.2", "80"), ("172.18.0.2", "80"), ("198.51.100.11", "8151"), ("172.17.0.1", "5432"))
"""Containers of the default network and of a second one, the port that a healthy host publishes, and its bridge."""


def _filled(line: ClientLine, address: str, port: str) -> str:
    return line.text.replace("{a}", address).replace("{p}", port)


def _prefix(origin: str, evidence: Evidence) -> str:
    if origin == "host":
        return f"Nov 26 10:00:00 {evidence.hostname} app[9]: "
    return f"{origin.removeprefix('container:')}  | "


def _judged(host: str, evidence: Evidence, spoken: tuple[Spoken, ...], origin: str) -> Iterator[Judged]:
    """Yield what each line means: all of one host are asked about at once."""
    read = [(each, understand((each.text.encode(),), NOW).found) for each in spoken]
    known = [(each, found[0]) for each, found in read if found]
    understood = Understood(tuple(found for _, found in known), (), 0, len(known))
    where = parse_origin(origin) if origin else None
    told = explain_texts(understood, (evidence,), None, where)
    for (each, _), answer in zip(known, told.found, strict=True):
        yield Judged(host, each, answer)


def main() -> int:
    """Judge all hosts; the exit status is 1 if a text is told as true that is not."""
    parser = argparse.ArgumentParser(description="Hold the explained errors of clients against real connections.")
    parser.add_argument("--only", default="", help="a word of the host's name")
    only = parser.parse_args().only
    counted: Counter[str] = Counter()
    for path in sorted(HEALTHY.glob("*.hairpin")):
        if only in path.stem:
            counted.update(_told(on_healthy_host(path, client_lines())))
    for name in recorded.expected():
        if only in name:
            counted.update(_told(on_recorded_host(name, client_lines())))
    sys.stdout.write(f"{dict(counted)}\n")
    return int(counted["false"] > 0)


def _told(judged: tuple[Judged, ...]) -> Iterator[str]:
    for each in judged:
        yield "lines"
        if each.spoken.real and each.told.here.here == "true":
            yield "true"
        if each.is_missed:
            yield "missed"
        if each.is_false:
            yield "false"
            here = each.told.here
            sys.stdout.write(f"{each.host}: {each.spoken.text[:140]} (real {each.spoken.real}): {here.cause_ids[0]}\n")


if __name__ == "__main__":
    sys.exit(main())
