"""What is broken: beyond the host, in a namespace that hairpin does not read, or by eBPF, which no tool shows it.

Each fault says what must be seen of it: whether all probes fail or some, which of them are refused, and the hop at
which they are last seen.  A counter of its own tells how many packets it has dropped, where it has one.
"""

import re
import subprocess
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from tests.live_proofs import ebpf
from tests.live_proofs.sites import PYTHON, Kind, Site

Share = Literal["all", "some"]
_TABLE = "table {family} f {{ chain f {{ type filter hook {hook} priority {priority}; policy accept; {rule}; }}; }}"


class Fault(msgspec.Struct, frozen=True):
    """A fault.

    ``make``: breaks the site; it returns the process that holds the fault, if one does. ``sites``: where it exists.
    ``share``: how many of the probes fail. ``refused``: whether they are refused. ``last``: the link of the host at
    which the silent ones, or with ``reply`` their answers, are last seen; empty if it is none of them, and None if
    it is not certain. ``counts``: whether its rule counts each probe that it dropped. ``chance``: the chance with
    which it drops a probe; None if it is not known."""

    make: "Callable[[Site], subprocess.Popen[str] | None]"
    sites: tuple[Kind, ...]
    share: Share = "all"
    refused: bool = False
    last: str | None = None
    reply: bool = False
    counts: bool = False
    chance: float | None = None


def _at_router(rule: str) -> Callable[[Site], None]:
    """Return what makes a rule in the router.  In a lab of two hosts the router is the switch between them."""

    def make(site: Site) -> None:
        family, port = ("bridge" if site.kind == "two" else "inet"), site.ports[0]
        told = rule.format(port=port)
        site.router.run(("nft", "-f", "-"), stdin=_TABLE.format(family=family, hook="forward", priority=0, rule=told))

    return make


def _at_far(rule: str) -> Callable[[Site], None]:
    def make(site: Site) -> None:
        assert site.far is not None
        told = rule.format(port=site.ports[0])
        site.far.run(("nft", "-f", "-"), stdin=_TABLE.format(family="inet", hook="input", priority=0, rule=told))

    return make


def _shaper(site: Site) -> None:
    """Make a link beyond the host so slow that it carries a SYN in 0.6 s, and holds two."""
    site.router.run(f"tc qdisc add dev {site.beyond} root tbf rate 1kbit burst 100 limit 160")


def _program(side: str, share: str, *, inside: bool = False) -> "Callable[[Site], subprocess.Popen[str]]":
    """Return what attaches a program to eth0 of the host, or of the inner namespace."""

    def make(site: Site) -> "subprocess.Popen[str]":
        port = site.ports[1 if inside else 0]
        words = (*PYTHON, ebpf.__file__, "eth0", side, str(port), share)
        process = site.host.start((*(site.inner if inside else ()), *words))
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise AssertionError("the program of eBPF was not attached")
        return process

    return make


_EVERY: tuple[Kind, ...] = ("plain", "guest", "docker", "two")
_OUTGOING: tuple[Kind, ...] = ("plain", "guest", "docker")
FAULTS: Mapping[str, Fault] = {
    "a firewall drops": Fault(_at_router("tcp dport {port} counter drop"), _EVERY, counts=True, chance=1.0),
    "a firewall drops the answers": Fault(_at_router("tcp sport {port} tcp flags syn counter drop"), _EVERY),
    "a firewall rejects": Fault(
        _at_router("tcp dport {port} reject with tcp reset"), _OUTGOING, refused=True
    ),
    "half is dropped": Fault(
        _at_router("tcp dport {port} tcp flags syn numgen random mod 2 0 counter drop"), _EVERY, "some", counts=True,
        chance=0.5,
    ),
    "a fifth is dropped": Fault(
        _at_router("tcp dport {port} tcp flags syn numgen random mod 5 0 counter drop"), _EVERY, "some", counts=True,
        chance=0.2,
    ),
    "a policer": Fault(
        _at_router("tcp dport {port} tcp flags syn limit rate over 1/second burst 2 packets counter drop"), _EVERY,
        "some", counts=True,
    ),
    "a shaper": Fault(_shaper, ("plain", "guest", "docker")),
    "the responder loses half": Fault(
        _at_far("tcp dport {port} tcp flags syn numgen random mod 2 0 counter drop"), _OUTGOING, "some", chance=0.5
    ),
    "eBPF at the uplink": Fault(_program("out", "all"), _OUTGOING, last=""),
    "eBPF at the uplink, for answers": Fault(_program("in", "all"), _OUTGOING, last="eth0", reply=True),
    "eBPF at the uplink loses half": Fault(_program("out", "half"), _OUTGOING, "some", last="", chance=0.5),
    "eBPF of a container": Fault(_program("in", "all", inside=True), ("published", "two"), last="eth0"),
    "eBPF of a container loses half": Fault(
        _program("in", "half", inside=True), ("published", "two"), "some", last="eth0", chance=0.5
    ),
    "eBPF before the host's rules": Fault(_program("in", "all"), ("two",), last="eth0"),
}  # fmt: skip


def _nothing(site: Site) -> None:
    """Leave the site as it is."""
    del site


def _wide_shaper(site: Site) -> None:
    site.router.run(f"tc qdisc add dev {site.beyond} root tbf rate 100mbit burst 64k limit 1m")


HARMLESS: Mapping[str, Fault] = {
    "nothing": Fault(_nothing, ("plain", "guest", "docker", "published", "two")),
    "rules that count": Fault(_at_router("tcp dport {port} counter"), _EVERY),
    "a program that passes all": Fault(_program("out", "none"), _OUTGOING),
    "a program in the container that passes all": Fault(_program("in", "none", inside=True), ("published", "two")),
    "a wide shaper": Fault(_wide_shaper, _OUTGOING),
    "another port is dropped": Fault(_at_router("tcp dport 9 drop"), _EVERY),
}
"""What must not be told."""
_COUNTED = re.compile(r"counter packets (\d+)")


def dropped(site: Site, fault: Fault) -> int | None:
    """Return how many packets the fault's rule has dropped; None if it has none that counts."""
    if not fault.counts:
        return None
    found = _COUNTED.search(site.router.run("nft list ruleset"))
    return int(found[1]) if found is not None else None
