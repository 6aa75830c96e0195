"""Every scenario before three judges: the walk, a replica on the running kernel, and the real connection.

The real connections have the outcomes of the scenario's file, before its fault and after.
"""

from pathlib import Path

import msgspec
import pytest

from hairpin.collect.run import LocalRunner, collect
from hairpin.collect.snapshot import save
from hairpin.judges.agreement import replicated_as
from hairpin.lab.build import Lab
from hairpin.lab.probe import Outcome
from hairpin.lab.run import environment
from hairpin.lab.scenario import Scenario, scenarios_of_one_host
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario
from hairpin.walk.verdicts import Verdict
from tests.cli.commands import call
from tests.score.diagnosis import agrees
from tests.whole import thinned

SEEN_BY_NO_HOST = ("publish-address-not-on-host",)
"""Broken so that no host that was read sees the packet: a replica of these hosts shows nothing of it."""

QUEUE = "eth0 in {} has a queueing discipline the test copy of the network (replica) lacks that:"
USER_STACK = (
    "a user-mode network stack (slirp4netns, pasta) is a process, and the test copy of the network (replica) does not "
    "contain it"
)
NO_ROUTE_LEFT = (
    "host: route add 0.0.0.0/0 table 254 proto boot via 198.51.100.1 dev eth0 onlink: Nexthop has invalid gateway."
)
LEFT_SIMULATED: dict[str, tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]] = {
    # scenario: (what hairpin says is not rebuilt, the numbers of the flows before the fault, and after it)
    "healthy-macvlan": (
        ("shim0 in host is a macvlan; the test copy (replica) has a plain veth instead",),
        (0, 2, 3),
        (),
    ),
    "macvlan-host-cannot-reach": (
        ("shim0 in host is a macvlan; the test copy (replica) has a plain veth instead",),
        (0,),
        (),
    ),
    "macvlan-host-cannot-reach.back": (
        ("shim0 in host is a macvlan; the test copy (replica) has a plain veth instead",),
        (0,),
        (),
    ),
    "macvlan-host-cannot-reach.bridged": (
        ("shim0 in host is a macvlan; the test copy (replica) has a plain veth instead",),
        (0,),
        (),
    ),
    "healthy-podman-rootless": ((USER_STACK,), (), ()),
    "rate-or-connlimit-rule": ((), (), (0,)),
    "quota-used-up": ((), (), (0,)),
    "xfrm-policy-blocks": ((), (), (0,)),
    "address-diverts-traffic.network": ((NO_ROUTE_LEFT,), (), ()),
    "qdisc-passes-nothing": ((f"{QUEUE.format('host')} tbf rate 100000000bit burst 1000 latency 7920us",), (), (0,)),
    "qdisc-passes-nothing.limit": ((f"{QUEUE.format('container:web')} pfifo limit 0",), (), (0,)),
}
"""Flows by what no replica has: a macvlan beside its own lower link, lists of limits, quotas, IPsec policies, a route
by an address that the host took for itself, traffic control, whose stop the walk reads."""

HELD_BY_ANOTHER = ("published-port-held-by-other-process", "published-port-held-by-other-process.podman")
"""Broken so that another process accepts: the replica delivers to whoever holds the port, not to the one meant."""


class Answer(msgspec.Struct, frozen=True):
    verdict: Verdict


class Proven(msgspec.Struct, frozen=True):
    simulated: Answer
    replicated: Answer
    agree: bool | None
    judge: str
    difference: str
    left_out: tuple[str, ...]


class Document(msgspec.Struct, frozen=True):
    flows: tuple[Proven, ...]


def judged(
    capsys: pytest.CaptureFixture[str], lab: Lab, scenario: Scenario, outcomes: tuple[Outcome, ...], file: Path
) -> None:
    """Read the host once, as it is now, and ask for each flow; tests/cli asks live hosts."""
    host = LocalRunner((*lab.host.enter, "sh"), tuple(environment().items()))
    save(collect(host), file)
    left_out, before, after = LEFT_SIMULATED.get(scenario.name, ((), (), ()))
    simulated = after if file.name == "after" else before
    for number, (flow, outcome) in enumerate(zip(scenario.flows, outcomes, strict=True)):
        said = call(capsys, "prove", *flow.arguments(), "--json", "--snapshot", str(file))
        assert said.status in ((3,) if number in simulated else (0, 1)), said.err + said.out
        proven = msgspec.json.decode(said.out, type=Document).flows[0]
        if number in simulated:
            assert (proven.agree, proven.judge, proven.left_out) == (None, "simulated", left_out)
            assert agrees(outcome, proven.simulated.verdict)
            continue
        met = left_out if proven.judge == "simulated" else ()  # it comes by what is left out
        confirmed = "simulated" if met else "replicated"
        assert (proven.agree, proven.judge, proven.difference, proven.left_out) == (True, confirmed, "", met)
        if file.name == "after" and scenario.name in HELD_BY_ANOTHER:
            assert (proven.simulated.verdict, proven.replicated.verdict) == ("unanswered", "delivered")
            assert agrees(outcome, proven.simulated.verdict)
            continue
        assert replicated_as(proven.simulated.verdict) == proven.replicated.verdict
        assert agrees(outcome, proven.replicated.verdict)


HEALTHY: set[str] = set()
"""Hosts without a fault that were judged: many scenarios begin with the same host and the same flows."""


def asked_before(scenario: Scenario) -> str:
    """Return what the judges are asked before the fault: two scenarios with the same text ask the same."""
    return repr((scenario.lab, scenario.listeners, [(each.arguments(), each.before) for each in scenario.flows]))


VARIANTS = 6


def of_this_run() -> tuple[Scenario, ...]:
    """Return the healthy scenarios, the first of each cause, and every sixth of the others: the rest is the score's
    (``make score``), which asks the same judges."""
    first: dict[str, str] = {}
    for each in scenarios_of_one_host():
        first.setdefault(each.name.partition(".")[0], each.name)
    others = [each.name for each in scenarios_of_one_host() if not each.healthy and each.name not in first.values()]
    left = set(others) - set(others[::VARIANTS]) - set(LEFT_SIMULATED)
    return tuple(each for each in scenarios_of_one_host() if each.name not in left)


@pytest.mark.parametrize("scenario", thinned(of_this_run(), 96), ids=lambda scenario: scenario.name)
def test_three_judges_say_the_same(scenario: Scenario, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with running_scenario(scenario) as lab:
        outcomes = probe_before(lab, scenario)
        require_truth(scenario, "before", outcomes)
        if (healthy := asked_before(scenario)) not in HEALTHY:
            judged(capsys, lab, scenario, outcomes, tmp_path / "before")
            HEALTHY.add(healthy)
        if scenario.fault:
            break_host(lab, scenario)
            broken = probe_after(lab, scenario)
            require_truth(scenario, "after", broken)
            if scenario.name not in SEEN_BY_NO_HOST:
                judged(capsys, lab, scenario, broken, tmp_path / "after")
