"""The events of a host: foretold, carried out by the host's own programs, and its flows tried again."""

import time
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.ask import ask
from hairpin.evidence.file import read
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.hunt.real.flows import Box, Seen, asked_as, listening, origin, tried
from tests.hunt.real.judge import verdict
from tests.machine.run import RAISED
from tests.score.all_flows import Way, lead_by_host
from tests.today.box import Engine, running
from tests.today.flows import ways
from tests.today.machine import TodayHost
from tests.today.roots import USERS_DOCKER

_SETTLED_S = 2.0
_TOOLS = {"docker": ("docker", ""), "rootless docker": (USERS_DOCKER, "")}
"""The command of an engine that is not Podman, and how long it waits when it removes a container."""


class Happening(msgspec.Struct, frozen=True):
    """An event.  ``id``: as ``--after`` takes it; ``command``: in the words of sh; ``engine``: whose command it is."""

    id: str
    command: str
    engine: Engine = "podman"


class Foretold(msgspec.Struct, frozen=True):
    """What became of an event: how many flows were foretold, and a line for each that did otherwise or was left
    open."""

    event: str
    cells: int = 0
    wrong: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def happenings(host: TodayHost, parts: tuple[str, ...], engines: tuple[Engine, ...]) -> Iterator[Happening]:
    """Yield the events that are carried out on the host, the narrow ones first.  Guests come back at a boot by units of
    this harness, which nobody foretells."""
    for engine in (each for each in engines if each != "guest"):
        names = [name.partition(":")[2] for name in running(host, (engine,))]
        tool, wait = _TOOLS.get(engine, ("podman", " -t 1"))
        if len(names) < 2:
            continue
        again = f" || {{ sleep 3; {tool} start {names[0]}; }}" if engine == "rootless" else ""
        # The user's former pasta may still have the port when the next one starts.
        yield Happening(f"container-restart:{names[0]}", f"{tool} restart -t 1 {names[0]}{again}", engine)
        if made := host.made.get(names[-1]):
            yield Happening(f"container-recreate:{names[-1]}", f"{tool} rm -f{wait} {names[-1]}; {made}", engine)
        yield Happening(f"container-stop:{names[1]}", f"{tool} stop -t 1 {names[1]}", engine)
    if "firewalld" in parts:
        yield Happening("firewalld-reload", "firewall-cmd -q --reload")
        yield Happening("firewalld-restart", "systemctl restart firewalld")
    if "ufw" in parts:
        yield Happening("ufw-reload", "ufw reload")
    if "docker" in engines:
        yield Happening("docker-restart", "systemctl restart docker")
    if "guest" not in engines:
        yield Happening("reboot", "")


def carried_out(host: TodayHost, happening: Happening, engines: tuple[Engine, ...]) -> Foretold:
    """Foretell the event, let it happen, and compare each flow."""
    before = running(host, engines)
    lead_by_host(host.lab.neighbour)
    wanted = tuple(way for way in ways(before) if not _is_listened_to(way))
    known = {name: each.box for name, each in before.items()}
    foretold: dict[Way, tuple[Answer, FlowAnswer]] = {}
    # Entries of the last trials' datagrams, with their source port, may end before the event.
    host.must("conntrack -D -p udp >/dev/null 2>&1 || true")
    host.must("rm -f /run/talk/host.hairpin; hairpin snapshot -o /run/talk/host.hairpin >/dev/null || [ $? = 3 ]")
    evidence = read(host.talk / "host.hairpin")
    refused: list[str] = []
    for start in dict.fromkeys(map(origin, wanted)):
        asked = {way: asked_as(way, {}) for way in wanted if origin(way) == start}
        targets = tuple(dict.fromkeys(asked.values()))
        try:
            answer = ask(
                parse_question("check", targets, start, (), World(), after=happening.id), (evidence,), depth="flows"
            )
        except RAISED as error:
            refused.append(f"{happening.id} from {start}: {type(error).__name__}: {error}"[:200])
            continue
        by_target = {each.trace.flow.target_text(): each for each in answer.flows}
        foretold |= {way: (answer, by_target[to]) for way, to in asked.items() if to in by_target}
    with listening(host.lab, known, neighbour=True):
        passed = {way for way, seen in tried(host.lab, foretold, known, 1.0).items() if seen.passes}
    if happening.id == "reboot":
        host.reboot()
        time.sleep(_SETTLED_S)
    elif happening.engine in ("rootless", "rootless docker"):
        host.user(happening.command)
    else:
        host.must(happening.command)
    time.sleep(_SETTLED_S)
    now = {name: each.box for name, each in running(host, engines).items()}
    cells = tuple(way for way in foretold if _starts(way, now))
    with listening(host.lab, now, neighbour=True):
        seen = tried(host.lab, cells, now, 1.0)
        late = [way for way in cells if _judged(way, seen[way], *foretold[way]) == "wrong"]
        seen |= tried(host.lab, late, now, 3.0)
    judged = {way: _judged(way, seen[way], *foretold[way]) for way in cells}
    lines = {
        way: f"{_shown(way)}: foretold {foretold[way][1].verdict}, {_was(way, passed)}, now {seen[way].outcome.value}"
        for way in cells
    }
    return Foretold(
        happening.id, len(cells),
        (*refused, *(lines[way] for way in cells if judged[way] == "wrong")),
        tuple(lines[way] for way in cells if judged[way] == "undecided"),
    )  # fmt: skip


def _judged(way: Way, seen: Seen, answer: Answer, flow: FlowAnswer) -> Literal["right", "wrong", "undecided"]:
    """Return whether the flow passes as foretold.  It is undecided if hairpin asks whether another machine lets it
    pass."""
    if flow.verdict == "depends":
        return "undecided"
    miss = verdict(way, seen, answer, flow, ())
    if miss is None or miss.what not in ("all-clear", "false alarm"):
        return "right"
    asks = any(each.breaks_if for each in flow.trace.usual.questions)
    return "undecided" if asks and not seen.passes else "wrong"


def _was(way: Way, passed: set[Way]) -> str:
    return "passed before" if way in passed else "failed before"


def _shown(way: Way) -> str:
    return f"{way.start} → {way.to}:{way.port}"


def _is_listened_to(way: Way) -> bool:
    """Return whether the flow's service is this process's own, which the event does not concern."""
    return way.port == "7999"


def _starts(way: Way, now: dict[str, Box]) -> bool:
    return not way.start.startswith("container:") or way.start in now
