"""Twelve answers for pages: each verdict, a lost answer, three hosts, 30 containers, hostile names."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.evidence.several import together
from hairpin.network.world import World
from hairpin.question.question import parse_question

FIXTURES = Path(__file__).parents[2] / "fixtures"
HOSTILE_NAME = "</script><img src=x onerror=alert(1)>"


def _asked(place: str, *targets: str, origin: str | None = None, refused: tuple[str, ...] = ()) -> Answer:
    """Return the answer about a recorded host, or a folder of them.  ``refused``: the beginnings of the keys of
    readings that needed root."""
    path = FIXTURES / place
    files = sorted(path.glob("*.hairpin")) if path.is_dir() else [path]
    found = tuple(_without_root(load(each), refused) for each in files)
    return ask(parse_question("check", targets, origin, (), World(), None, None), together(found))


def _without_root(evidence: Evidence, keys: tuple[str, ...]) -> Evidence:
    readings = tuple(
        msgspec.structs.replace(each, status=1, outcome="refused", text="Permission denied")
        if keys and each.key.startswith(keys)
        else each
        for each in evidence.readings
    )
    return msgspec.structs.replace(evidence, readings=readings)


def _hostile() -> Answer:
    """Return an answer about a host whose container's name, image and rule comments are markup."""
    whole = load(FIXTURES / "hosts" / "docker-user-ctorig.hairpin")
    spelt = HOSTILE_NAME.replace("/", "\\/")
    readings = tuple(
        msgspec.structs.replace(
            each,
            text=each.text.replace('"/web"', f'"/{spelt}"')
            .replace('"Image":"', f'"Image":"{spelt}')
            .replace("-j REJECT", f'-m comment --comment "{HOSTILE_NAME}" -j REJECT'),
        )
        for each in whole.readings
    )
    question = parse_question("check", (), None, (), World(), None, None)
    return ask(question, (msgspec.structs.replace(whole, readings=readings),))


TWELVE: dict[str, Callable[[], Answer]] = {
    "healthy": lambda: _asked("healthy/ten-containers.hairpin"),
    "delivered": lambda: _asked("healthy/ipv6.hairpin", "8151"),
    "leaves": lambda: _asked("healthy/udp.hairpin"),
    "dropped": lambda: _asked("hosts/eth0-forwarding.hairpin"),
    "rejected": lambda: _asked("hosts/docker-user-ctorig.hairpin", "8151"),
    "refused": lambda: _asked("hosts/httpd-dead.hairpin", "8151"),
    "lost-answer": lambda: _asked("hosts/docker0-forwarding.hairpin", "8151"),
    "looped": lambda: _asked("networks/node-route-missing.loop", "10.244.3.2:80", origin="container:web@node1"),
    "undecided": lambda: _asked("hosts/none.hairpin", "8151", refused=("iptables", "nft")),
    "three-hosts": lambda: _asked("networks/healthy-three-nodes", "web@node3", origin="container:web@node1"),
    "thirty-containers": lambda: _asked("pages/thirty-containers.hairpin"),
    "hostile": _hostile,
}


@cache
def answer_named(name: str) -> Answer:
    """Return one of the twelve."""
    return TWELVE[name]()
