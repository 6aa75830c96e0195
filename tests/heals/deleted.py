"""A network is removed while a heal is under way: its rules and its bridge never come back."""

import random
import time
from collections.abc import Iterator

import msgspec

from tests.heals.site import Site

_MAKE = """docker network create --subnet 10.77.{number}.0/24 \\
    -o com.docker.network.bridge.name=gone{number} gone{number}
docker run -d --name left{number} --network gone{number} -p {port}:80 $(docker images -q | head -1) sleep 600"""
_REMOVE = "docker rm -f left{number}; docker network rm gone{number}"
_BREAKS = ("iptables -F FORWARD", "iptables -F", "iptables -t nat -F", "iptables -F DOCKER",
           "iptables -F; iptables -t nat -F")  # fmt: skip
_LONGEST_S = 2.5


class Deleted(msgspec.Struct, frozen=True):
    """One trial.  ``after_s``: when the removal began, after the break."""

    after_s: float
    healed: bool
    wrong: tuple[str, ...] = ()


def deleted(site: Site, count: int, drawn: random.Random) -> Iterator[Deleted]:
    """Remove a network so many times, each at another moment of a heal."""
    for number in range(1, count + 1):
        yield _one(site, number, drawn)


def _one(site: Site, number: int, drawn: random.Random) -> Deleted:
    names = {"number": number % 250, "port": 21000 + number}
    site.run(_MAKE.format(**names))
    if "gone" not in site.lab.host.run("iptables-save"):
        return Deleted(0.0, healed=False, wrong=("the network was not made",))
    after = drawn.uniform(-0.3, _LONGEST_S)
    if after < 0:
        site.lab.host.run(f"({_REMOVE.format(**names)}) >/dev/null 2>&1 & sleep {-after}; {drawn.choice(_BREAKS)}")
    else:
        site.run(drawn.choice(_BREAKS))
        time.sleep(after)
        site.run(_REMOVE.format(**names))
    site.lab.host.run(f"while docker network inspect gone{number % 250} >/dev/null 2>&1; do sleep 0.05; done")
    passed = site.client("pass")
    seen = len(site.guard.rounds)
    if not site.settled():
        return Deleted(after, healed=False, wrong=("the guard did not say that all holds",))
    healed = any(each["healed"] for each in site.guard.rounds[seen:])
    left = [each for each in site.lab.host.run("iptables-save; ip -br link").splitlines() if _is_of(each, names)]
    wrong = [f"left: {each}" for each in left]
    if passed < 0:
        wrong.append("the other containers were not healed")
    return Deleted(after, healed, tuple(wrong))


def _is_of(line: str, names: dict[str, int]) -> bool:
    return f"gone{names['number']}" in line.split() or f"10.77.{names['number']}." in line
