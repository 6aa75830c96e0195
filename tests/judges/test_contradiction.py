"""Real probes beside the walk's verdict: what is a contradiction, and where the packets were seen last."""

from typing import Literal

import msgspec
import pytest

from hairpin.judges.contradiction import Contradiction, contradiction, observed_steps
from hairpin.judges.observation import LiveObservation, ProbeAttempt, ProbeOutcome, SeenHop, TracedVerdict
from hairpin.walk.trace import Trace
from tests.report.answers import USER_DROPS, network
from tests.report.proven import trace

GOOD, BAD = trace(), trace(USER_DROPS)
HERE = network().this.netns
LINKS = [(each.netns, each.link, each.stage) for each in GOOD.usual.request if each.stage.startswith("device")]
REPLIES = [(each.netns, each.link, each.stage) for each in GOOD.usual.reply if each.stage.startswith("device")]


def seen(**counts: int) -> LiveObservation:
    """Return what was seen of so many probes of each outcome."""
    names: dict[str, ProbeOutcome] = {"answered": "answered", "refused": "refused", "silent": "silent"}
    attempts = tuple(ProbeAttempt(names[name], 1.0) for name, count in counts.items() for _ in range(count))
    return LiveObservation("host", attempts=attempts, watched=(HERE,))


def judged(observation: LiveObservation, trace: Trace = GOOD, protocol: Literal["tcp", "udp"] = "tcp") -> Contradiction:
    udp = msgspec.structs.replace(trace, flow=msgspec.structs.replace(trace.flow, protocol=protocol))
    return contradiction(udp, trace.verdict, msgspec.structs.replace(observation, protocol=protocol))


# the trace, what was seen, passes, agrees
CASES: dict[str, tuple[Trace, LiveObservation, bool | None, bool | None]] = {
    "delivered, and answered": (GOOD, seen(answered=10), True, True),
    "delivered, and silent": (GOOD, seen(silent=10), False, False),
    "delivered, and refused": (GOOD, seen(refused=10), False, False),
    "delivered, and half is lost": (GOOD, seen(answered=5, silent=5), False, False),
    "delivered, and one is lost": (GOOD, seen(answered=9, silent=1), False, False),
    "dropped, and silent": (BAD, seen(silent=10), False, True),
    "dropped, and answered": (BAD, seen(answered=10), True, False),
    "dropped, and some are answered": (BAD, seen(answered=1, silent=9), False, False),
    "nothing was sent": (GOOD, seen(), None, None),
}


@pytest.mark.parametrize(("trace", "observation", "passes", "agrees"), CASES.values(), ids=CASES)
def test_agreement(trace: Trace, observation: LiveObservation, passes: bool | None, agrees: bool | None) -> None:
    found = judged(observation, trace)
    assert (found.passes, found.agrees) == (passes, agrees)
    assert (found.headline is not None) is (agrees is False)


def test_an_undecided_verdict_is_no_contradiction_but_its_failure_is_told() -> None:
    assert contradiction(GOOD, "depends", seen(answered=10)) == Contradiction(True, None)
    failing = contradiction(GOOD, "depends", seen(silent=10))
    assert (failing.passes, failing.agrees) == (False, None)
    assert "undecided" in str(failing.headline)


def test_the_share_that_fails_is_told_with_its_interval() -> None:
    assert "so 24 to 76 % of them fail" in str(judged(seen(answered=5, silent=5)).headline)


def ended(end: SeenHop) -> str:
    observation = msgspec.structs.replace(seen(silent=10), ends=(end,), hops=(end,))
    found = judged(observation)
    return f"{found.headline} {' '.join(map(str, found.where))}"


def hop(at: tuple[object, str, str], *, reply: bool = False) -> SeenHop:
    return SeenHop(HERE if at[0] == HERE else GOOD.usual.request[-1].netns, at[1], at[2] == "device-out", reply, 10)


def test_the_last_hop_is_told() -> None:
    first, last = hop(LINKS[0]), hop(LINKS[-1])
    assert "hairpin expects them next on" in ended(first)
    assert f"arrived by {last.link} of {last.netns} and got no answer" in ended(last)
    beyond = SeenHop(HERE, "eth9", True, False, 10)
    assert "the last hop that saw 10 of them is eth9 of host, leaving" in ended(beyond)
    assert "leaving: they are lost beyond it" in ended(hop(REPLIES[-1], reply=True))
    assert "hairpin expects them next on" in ended(hop(REPLIES[0], reply=True))


def test_packets_that_no_link_saw() -> None:
    assert "no link saw them" in str(judged(seen(silent=10)).headline)
    there = msgspec.structs.replace(seen(silent=10), means="python3")
    assert "no link of this host saw them" in str(judged(there).headline)


def test_the_machine_that_refuses_is_told() -> None:
    came = SeenHop(HERE, "eth0", False, True, 10, "203.0.113.9:80 > 198.51.100.11:61000 RST-ACK")
    found = judged(msgspec.structs.replace(seen(refused=10), hops=(came,)))
    assert "the refusal came in by eth0 of host (203.0.113.9:80" in str(found.headline)
    own = msgspec.structs.replace(came, out=True)
    assert "this namespace sends it" in str(judged(msgspec.structs.replace(seen(refused=10), hops=(own,))).headline)


def test_what_the_kernel_told_stands_first() -> None:
    traced = TracedVerdict(HERE, "ip", "raw", "early", "tcp dport 80 drop", 10)
    observation = msgspec.structs.replace(seen(silent=10), traced=(traced,), reasons=(("NETFILTER_DROP", 10),))
    found = judged(observation)
    assert "the kernel's trace shows that tcp dport 80 drop in ip raw early of host dropped 10" in str(found.headline)
    assert "NETFILTER_DROP (10)" in str(found.where[-1])


def test_the_silence_of_a_udp_service_shows_nothing_unless_the_captures_do() -> None:
    arrived = msgspec.structs.replace(seen(silent=10), ends=(hop(LINKS[-1]),))
    assert judged(arrived, protocol="udp").passes is None
    lost = msgspec.structs.replace(seen(silent=10), ends=(hop(LINKS[0]),))
    assert judged(lost, protocol="udp").passes is False


def test_steps_are_observed_up_to_the_last_hop() -> None:
    assert all(observed_steps(GOOD, seen(answered=1)))
    none = observed_steps(GOOD, seen(silent=1))
    assert not any(none)
    some = observed_steps(GOOD, msgspec.structs.replace(seen(silent=1), hops=(hop(LINKS[0]),)))
    assert some[0]
    assert not some[-1]
