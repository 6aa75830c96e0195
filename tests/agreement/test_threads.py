"""Over public threads: no command is asked for whose output the thread has, and no cause is named that it rules out."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.likely.already_pasted import commands_in
from hairpin.network.world import World
from hairpin.pasted.listed import recognised_in
from hairpin.pasted.text import evidence_in_files
from hairpin.question.question import parse_question
from hairpin.suppose.refuted import refuted_causes

FOLDER = Path(__file__).parents[1] / "pasted" / "threads"
NAMES = sorted(each.stem for each in FOLDER.glob("*.toml"))[::9]

SHOWN = ("iptables", "ip addr", "ip route", "sysctl", "docker ps", "netstat", "nft", "uname", "docker port")
_SAME = re.compile(r"(?:sudo )?((?:docker|podman|ip|nft|bridge) [a-z]+|uname|tcpdump|dmesg|firewall-cmd --list-all)\b")
"""Commands whose outputs show the same with any further options.  ``docker network inspect`` is another command for
each network."""


@cache
def answer(name: str) -> Answer:
    asked = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["ask"]
    origin = asked[asked.index("--from") + 1] if "--from" in asked else None
    targets = tuple(each for each in asked if each not in ("--from", origin))
    question = parse_question("check", targets, origin, (), World())
    return ask(question, (evidence_in_files((str(FOLDER / f"{name}.txt"),)),))


def telling() -> Iterator[str]:
    """Yield the threads that have outputs about rules, addresses, routes or containers."""
    for name in NAMES:
        text = (FOLDER / f"{name}.txt").read_text("utf-8")
        if any(each in text for each in SHOWN):
            yield name


@pytest.mark.parametrize("name", tuple(telling()))
def test_the_answer_asks_for_nothing_that_is_there_and_names_nothing_that_is_ruled_out(name: str) -> None:
    found = answer(name)
    commands = commands_in(found.next.command) if found.next is not None else ()
    asked = {match[1] for each in commands if (match := _SAME.match(each)) is not None} - {"docker network"}
    shown = {each.as_ for evidence in found.evidence for each in recognised_in(evidence)}
    assert {each for each in asked if any(one.startswith(each) for one in shown)} - {
        "docker exec",
        "docker info",
    } == set()
    flows = tuple(each.trace.flow for each in found.flows)
    out = frozenset(cause for host in found.network.hosts for cause in refuted_causes(host, flows))
    assert out.isdisjoint(each.id for each in found.causes if each.likely and each.shown_by is not None)
