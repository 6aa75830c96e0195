"""Random hosts for the law of ``law.py``: recorded and generated hosts of which random readings are changed.

``python -m tests.agreement.random_hosts`` draws hosts.  Each is a recorded host, or each fifth time (root)
a generated network that the kernel makes, with up to three random changes of its readings: a rule is deleted, doubled
or inserted, a policy, a sysctl, an address, a route or a socket changed.  What the changed readings say is the truth.
Two texts are made of the same readings: whole, and with outputs dropped and damaged.
"""

import os
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from hairpin.answer.ask import ask
from hairpin.errors import HairpinError
from hairpin.evidence.reading import Evidence, Reading
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.agreement.damage import damaged
from tests.agreement.law import Row, broken_lines, compared, is_broken, summary
from tests.agreement.reworded import PROMPT, text_of
from tests.hunt import bases
from tests.machine.command import command, numbers
from tests.machine.run import tell

_QUESTIONS = (
    ("192.0.2.10", "198.51.100.11:8151"), ("host", "127.0.0.1:8151"), ("lan", "198.51.100.11:8151"),
    ("container:web", "192.0.2.10:9000"),
)  # fmt: skip
_MOST_CHANGES = 3
_KEPT = 0.7
"""The share of the outputs that a damaged text has."""
_OF_GENERATED = 0.2
_SWITCHES = ("forwarding", "rp_filter", "ip_forward", "route_localnet", "bridge-nf-call-iptables", "accept_local")


class Drawn(msgspec.Struct, frozen=True):
    """A random host: its name, its readings, what was changed in them, and a question."""

    name: str
    evidence: Evidence
    changes: tuple[str, ...]
    start: str
    target: str


def drawn(number: int, *, generated: bool) -> Drawn | None:
    """Return the host of this number; None if no kernel makes the generated network."""
    chance = random.Random(f"agreement {number}")  # noqa: S311
    name = chance.choice([each for each in bases.recorded() if each.endswith(".hairpin")])
    if generated and chance.random() < _OF_GENERATED:
        name = f"generated/{number // 10}"  # it has to be built first, so ten numbers share one
    found = bases.evidence(name)
    if not found:
        return None
    evidence, said = found[0], list[str]()
    for _ in range(chance.randint(0, _MOST_CHANGES)):
        evidence, change = _changed(evidence, chance)
        said += [change] if change else []
    start, target = chance.choice(_QUESTIONS)
    if name.startswith("generated/"):
        start, target = _asked_of_generated(name, chance)
    return Drawn(name, evidence, tuple(said), start, target)


def _asked_of_generated(name: str, chance: random.Random) -> tuple[str, str]:
    flows = bases.asked(name)[1]
    flow = chance.choice(flows) if flows else None
    return (flow.start_text(), flow.target_text()) if flow is not None else ("host", "127.0.0.1:8151")


def rows_of(host: Drawn, number: int) -> Iterator[Row]:
    """Yield the rows of the whole and of the damaged text."""
    chance = random.Random(f"text {number}")  # noqa: S311
    label = f"{number} {host.name} ({'; '.join(host.changes) or 'unchanged'}) {host.start} -> {host.target}"
    try:
        question = parse_question("check", (host.target,), host.start, (), World())
        truth = ask(question, (host.evidence,), depth="causes")
    except HairpinError:
        return
    whole = text_of(host.evidence)
    outputs = whole.split(f"\n{PROMPT}")
    kept = [each for each in outputs if chance.random() < _KEPT] or outputs[:1]
    hurt, kinds = damaged(f"\n{PROMPT}".join(kept), chance, lines_lost=False)
    for name, text in (("whole", whole), (f"damaged: {kinds}", hurt)):
        yield from (each._replace(host=label, text=name) for each in compared(question, truth, text))


# --- changes of readings ---------------------------------------------------------------------------------------------


def _changed(evidence: Evidence, chance: random.Random) -> tuple[Evidence, str]:
    """Return the evidence with one reading changed, and what was changed; empty if nothing could be."""
    kind = chance.choice(tuple(_CHANGES))
    readings = [each for each in evidence.readings if each.key.startswith(kind) and each.text.strip()]
    if not readings:
        return evidence, ""
    chosen = chance.choice(readings)
    text = _CHANGES[kind](chosen, chance)
    if text is None or text == chosen.text:
        return evidence, ""
    made = tuple(msgspec.structs.replace(each, text=text) if each is chosen else each for each in evidence.readings)
    was, now = set(chosen.text.splitlines()), set(text.splitlines())
    shown = " ".join((*sorted(was - now)[:1], *sorted(now - was)[:1]))
    said = f"{chosen.key} of {chosen.netns}" + (f": {shown}" if len(shown) < 150 else "")
    return msgspec.structs.replace(evidence, readings=made), said


def _rules(reading: Reading, chance: random.Random) -> str | None:
    lines = reading.text.splitlines(keepends=True)
    rules = [index for index, line in enumerate(lines) if "-A " in line]
    heads = [index for index, line in enumerate(lines) if line.startswith(":") and " - " not in line]
    match chance.randrange(4):
        case 0 if rules:
            del lines[chance.choice(rules)]
        case 1 if rules:
            lines.insert(chance.choice(rules), lines[chance.choice(rules)])
        case 2 if heads:
            index = chance.choice(heads)
            policies = (" ACCEPT", " DROP") if " ACCEPT" in lines[index] else (" DROP", " ACCEPT")
            lines[index] = lines[index].replace(*policies)
        case _ if rules:
            index = chance.choice(rules)
            chain = lines[index].partition("-A ")[2].split()[0]
            match = chance.choice(("", "-p tcp ", "-s 192.0.2.0/24 ", "-i eth0 ", "-m conntrack --ctstate NEW "))
            lines.insert(index, f"-A {chain} {match}-j {chance.choice(('DROP', 'ACCEPT', 'RETURN'))}\n")
        case _:
            return None
    # A rule that stands in another table than its chain is no listing that a kernel makes.
    return "".join(lines) if _is_sound(lines) else None


def _is_sound(lines: list[str]) -> bool:
    chains: set[str] = set()
    for line in lines:
        if line.startswith("*"):
            chains = set()
        elif line.startswith(":"):
            chains.add(line[1:].split()[0])
        elif "-A " in line:
            words = line.partition("-A ")[2].split()
            target = words[words.index("-j") + 1] if "-j" in words else ""
            if words[0] not in chains or (target.startswith("DOCKER") and target not in chains):
                return False
    return True


def _sysctl(reading: Reading, chance: random.Random) -> str | None:
    lines = reading.text.splitlines(keepends=True)
    found = [index for index, line in enumerate(lines) if line.partition(":")[0].rpartition("/")[2] in _SWITCHES]
    if not found:
        return None
    index = chance.choice(found)
    key, _, value = lines[index].partition(":")
    lines[index] = f"{key}:{'0' if value.strip() != '0' else '1'}\n"
    return "".join(lines)


def _one_less(reading: Reading, chance: random.Random) -> str | None:
    """Return a JSON list without one of its elements: a route or a policy rule."""
    found: list[Any] = msgspec.json.decode(reading.text)
    if len(found) < 2:
        return None
    del found[chance.randrange(len(found))]
    return msgspec.json.encode(found).decode()


def _links(reading: Reading, chance: random.Random) -> str | None:
    """Return the links without an address, with one that is down, or with a smaller MTU."""
    found: list[dict[str, Any]] = msgspec.json.decode(reading.text)
    link = chance.choice(found)
    match chance.randrange(3):
        case 0 if link.get("addr_info"):
            del link["addr_info"][chance.randrange(len(link["addr_info"]))]
        case 1 if "UP" in link.get("flags", ()):
            link["flags"] = [each for each in link["flags"] if each not in ("UP", "LOWER_UP")]
            link["operstate"] = "DOWN"
        case _:
            link["mtu"] = 1280
    return msgspec.json.encode(found).decode()


def _lines(reading: Reading, chance: random.Random) -> str | None:
    lines = reading.text.splitlines(keepends=True)
    starts = [index for index, line in enumerate(lines) if not line[:1].isspace()]
    index = chance.choice(starts)
    end = next((each for each in starts if each > index), len(lines))
    return "".join((*lines[:index], *lines[end:]))


_CHANGES: dict[str, Callable[[Reading, random.Random], str | None]] = {
    "iptables-nft-save4": _rules,
    "iptables-legacy-save4": _rules,
    "sysctl": _sysctl,
    "ip-route4": _one_less,
    "ip-rule4": _one_less,
    "ip-addr": _links,
    "sockets": _lines,
}  # fmt: skip
"""What is changed, by the beginning of the reading's key."""


def main() -> int:
    """Hold the law; return 1 if it is broken once."""
    about = "Compare answers about texts of random hosts with those about their readings."
    given = command("tests.agreement.random_hosts", about, cases=500, seed=1).parse_args()
    found = map(partial(_rows, generated=os.geteuid() == 0), numbers(given))
    return tell(found, broken_lines, is_broken, table=summary, seed=given.seed)


def _rows(number: int, *, generated: bool) -> tuple[Row, ...]:
    host = drawn(number, generated=generated)
    return tuple(rows_of(host, number)) if host is not None else ()


if __name__ == "__main__":
    sys.exit(main())
