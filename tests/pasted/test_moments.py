"""What a text shows from after its repair is no evidence of the fault."""

import msgspec
import pytest

from hairpin.evidence.reading import HOST
from hairpin.pasted.joining import DIFFERENCES
from hairpin.pasted.moments import Difference
from hairpin.pasted.text import evidence_in_texts
from tests.pasted.readings import keys_in, outcomes_in

FAILS = "$ curl http://203.0.113.7:8080\ncurl: (28) Connection timed out\n"
WORKS = "$ curl -I http://203.0.113.7:8080\nHTTP/1.1 200 OK\n"
REPAIR = "$ iptables -t nat -A OUTPUT -d 203.0.113.7 -j DNAT --to-destination 127.0.0.1\n"
RULES = """\
$ iptables -t nat -S
-P PREROUTING ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-A OUTPUT -d 203.0.113.7/32 -j DNAT --to-destination 127.0.0.1
"""


def test_outputs_from_after_the_repair_are_left_out() -> None:
    assert [each[2] for each in outcomes_in(FAILS + REPAIR + RULES + WORKS)] == ["timeout"]
    assert not any(each.startswith("iptables") for each in keys_in(FAILS + REPAIR + RULES + WORKS))


def test_without_an_answer_or_a_change_all_outputs_count() -> None:
    for text in (FAILS + REPAIR + RULES, FAILS + RULES + WORKS, WORKS + REPAIR + RULES + FAILS):
        assert any(each.startswith("iptables") for each in keys_in(text))
    assert len(outcomes_in(FAILS + WORKS)) == 2


def test_outputs_from_before_the_repair_stay() -> None:
    assert any(each.startswith("iptables") for each in keys_in(RULES + FAILS + REPAIR + WORKS))


SWITCH = "$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = {}\n\n"


def moments(first: str, second: str, values: tuple[int, int] = (1, 0)) -> tuple[str, tuple[Difference, ...]]:
    """Return the switch of the evidence, and the differences."""
    text = f"{first}\n{SWITCH.format(values[0])}{second}\n{SWITCH.format(values[1])}"
    found = evidence_in_texts((text,))
    (switch,) = found.all("sysctl", HOST)
    differing = (each.text for each in found.all(DIFFERENCES))
    lines = (line for text in differing for line in text.splitlines())
    return switch.text.strip()[-1], tuple(msgspec.json.decode(each, type=Difference) for each in lines)


@pytest.mark.parametrize(
    ("works", "broken"),
    (
        ("Normally I see:", "When it is broken:"),
        ("Before the reboot:", "After a reboot:"),
        ("On the working host:", "On the broken host:"),
        ("## A good boot", "## A bad boot"),
        ("正常时：", "故障时："),
        ("重启之前", "重启之后"),
        ("After the fix:", "Before the fix:"),
    ),
)
def test_of_two_moments_the_broken_one_is_the_evidence(works: str, broken: str) -> None:
    told = Difference("sysctl", 7, ("net.ipv4.ip_forward = 1",), ("net.ipv4.ip_forward = 0",))
    assert moments(works, broken) == ("0", (told,))
    assert moments(broken, works, (0, 1)) == ("0", (told._replace(line=3),))


@pytest.mark.parametrize(
    ("first", "second"),
    (
        ("It looks like this:", "And once more:"),
        ("Normally I see:", "And once more:"),
        ("It fails.", "It still fails:"),
        ("The expected port is 80.", "It looks like this:"),
    ),
)
def test_without_both_moments_each_output_counts(first: str, second: str) -> None:
    assert moments(first, second)[1] == ()


@pytest.mark.parametrize(
    ("expected", "actual"), (("### Expected behavior", "### Actual behavior"), ("**期望结果**", "**实际结果**"))
)
def test_a_trackers_form_tells_what_is_broken(expected: str, actual: str) -> None:
    works = f"{expected}\nAs with version 1, it forwards.\n"
    switch, (found,) = moments(works, f"{actual}\nIt does not.")
    assert (switch, found.working) == ("0", ("net.ipv4.ip_forward = 1",))


def test_the_names_of_containers_links_are_no_difference() -> None:
    routes = "$ ip -6 route\nfe80::/64 dev {0} proto kernel metric 256 pref medium\n{1}\n"
    text = f"Normally:\n{routes.format('veth79ca3f0', 'default via fe80::1 dev eth0')}"
    text += f"When it is broken:\n{routes.format('veth898a7b8', '')}"
    (reading,) = evidence_in_texts((text,)).all(DIFFERENCES)
    found = msgspec.json.decode(reading.text, type=Difference)
    assert (found.working, found.broken) == (("default via fe80::1 dev eth0",), ())


def test_an_answer_of_the_working_moment_is_no_answer_now() -> None:
    text = f"Normally:\n{SWITCH.format(1)}{WORKS}\nWhen it is broken:\n{SWITCH.format(0)}{FAILS}"
    assert [each[2] for each in outcomes_in(text)] == ["timeout"]
