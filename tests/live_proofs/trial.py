"""One case: a healthy site, a fault or something harmless, and what ``hairpin prove --live`` says of it."""

import json
import random
import re
import time
from typing import Any

import msgspec

from hairpin.errors import LabError
from hairpin.judges.observation import wilson
from tests.live_proofs.faults import FAULTS, HARMLESS, Fault, dropped
from tests.live_proofs.sites import Kind, Site, open_site
from tests.machine.hairpin import typed

PROBES = 20
_MOVING = ((re.compile(r"counter packets \d+ bytes \d+"), "counter"), (re.compile(r"\bqlen \d+"), ""))
_STATE = "nft list ruleset; ip -o link; ip -o address; tc qdisc show; ls /sys/kernel/tracing 2>/dev/null | head -3"
_PROCESSES = "for each in /proc/[0-9]*/comm; do cat $each 2>/dev/null || true; done"


class Case(msgspec.Struct, frozen=True):
    """``name``: of the fault, or of what is harmless."""

    number: int
    kind: Kind
    name: str
    healthy: bool

    @property
    def fault(self) -> Fault:
        return HARMLESS[self.name] if self.healthy else FAULTS[self.name]


class Result(msgspec.Struct, frozen=True):
    """What became of a case.  ``wrong``: what is not as it has to be."""

    case: Case
    status: int
    sent: int = 0
    answered: int = 0
    interval: tuple[float, float] = (0.0, 1.0)
    dropped: int | None = None
    headline: str = ""
    seconds: float = 0.0
    wrong: tuple[str, ...] = ()

    @property
    def holds_chance(self) -> bool | None:
        """Whether the interval holds the chance with which a probe passes; None if this is not known."""
        chance = self.case.fault.chance
        return None if chance is None else self.interval[0] <= 1 - chance <= self.interval[1]


def cases(seed: int, faulty: int, healthy: int) -> tuple[Case, ...]:
    """Return the cases: each fault on one of its sites in turn, in an order that the seed draws."""
    draw = random.Random(seed)  # noqa: S311
    found: list[tuple[Kind, str, bool]] = []
    for table, count, is_healthy in ((FAULTS, faulty, False), (HARMLESS, healthy, True)):
        pairs = [(kind, name) for name, fault in table.items() for kind in fault.sites]
        draw.shuffle(pairs)
        turn = {pair: sum(pair[1] == one[1] for one in pairs[:at]) for at, pair in enumerate(pairs)}
        pairs.sort(key=lambda each: turn[each])
        found += [(*pairs[number % len(pairs)], is_healthy) for number in range(count)]
    return tuple(Case(number, *each) for number, each in enumerate(found))


def try_case(case: Case) -> Result:
    """Carry one case through."""
    began = time.monotonic()
    try:
        with open_site(case.kind) as site:
            process = case.fault.make(site)
            try:
                result = _asked(case, site)
            finally:
                if process is not None:
                    process.kill()  # nsenter(1); the program that it has started ends with its host
                    process.wait()
                    assert process.stdout is not None
                    process.stdout.close()
    except LabError as error:
        result = Result(case, -1, wrong=(f"void: {str(error).strip()[-300:]}",))
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 1))


def _asked(case: Case, site: Site) -> Result:
    before = state(site)
    done = typed(site.host, "prove", *site.asked, "--live", str(PROBES), "--json")
    after = state(site)
    count = dropped(site, case.fault)
    wrong = [
        f"not as before: {name}: {sorted(set(before[name].splitlines()) ^ set(after[name].splitlines()))}"
        for name in before
        if before[name] != after[name]
    ]
    if not done.stdout:
        return Result(case, done.returncode, wrong=(*wrong, f"nothing said: {done.stderr.strip()[-300:]}"))
    flow = json.loads(done.stdout)["flows"][0]
    live = flow["simulated"].get("live", {})
    wrong += _complaints(case, flow["simulated"], live, done.returncode, count)
    return Result(
        case,
        done.returncode,
        live["sent"],
        live["answered"],
        wilson(live["answered"], live["sent"]) if live["sent"] else (0.0, 1.0),
        count,
        live["headline"] or "",
        wrong=tuple(wrong),
    )


def _complaints(case: Case, flow: Any, live: Any, status: int, count: int | None) -> list[str]:
    """Return what hairpin said wrong."""
    if flow["verdict"] not in ("delivered", "leaves"):
        return [f"void: hairpin sees the fault: {flow['verdict']}"]
    if case.healthy:
        return [
            *([f"status {status}"] if status else []),
            *([f"headline: {live['headline']}"] if live["headline"] else []),
            *([] if live["answered"] == live["sent"] == PROBES else [f"answered {live['answered']}"]),
            *([] if flow["judge"] == "observed" else [f"judge {flow['judge']}"]),
        ]
    fault = case.fault
    failed = live["silent"] + live["refused"]
    wrong = [] if live["headline"] and live["agrees"] is False else ["no headline"]
    wrong += [] if status == 1 else [f"status {status}"]
    wrong += [] if live["sent"] == PROBES else [f"sent {live['sent']}"]
    wrong += [] if not failed or fault.refused == bool(live["refused"]) else [f"refused {live['refused']}"]
    if fault.share == "all" and live["answered"] and case.name != "a shaper":
        wrong.append(f"answered {live['answered']}")
    if count is not None and live["silent"] != count:
        wrong.append(f"silent {live['silent']}, dropped {count}")
    low, high = live["interval"]["low"], live["interval"]["high"]
    if not low <= live["share"] <= high:
        wrong.append(f"the interval {low} to {high} does not hold {live['share']}")
    return wrong + _ends(fault, live)


def _ends(fault: Fault, live: Any) -> list[str]:
    """Return how the last hop differs from where the fault is."""
    if fault.last is None or not live["silent"]:
        return []
    ends = [each for each in live["ends"] if each["link"] == "eth0"]
    if fault.last == "":
        out = [each for each in ends if each["netns"] == "host" and each["out"] and not each["reply"]]
        return [f"seen at {out[0]['link']}"] if out else []
    if not ends or ends[0]["reply"] is not fault.reply or ends[0]["out"]:
        return [f"last seen at {[(each['netns'], each['link'], each['reply']) for each in live['ends']]}"]
    return []


def state(site: Site) -> dict[str, str]:
    """Return what has to be as before: rules, links, addresses, queues and processes."""
    found: dict[str, str] = {}
    for name, node, entering in site.watched():
        text = node.run((*entering, "sh", "-c", _STATE))
        for pattern, instead in _MOVING:
            text = pattern.sub(instead, text)
        found[name] = text
    running = site.host.run(_PROCESSES).splitlines()
    found["processes"] = "\n".join(sorted(each for each in running if each not in ("sh", "cat")))
    return found
