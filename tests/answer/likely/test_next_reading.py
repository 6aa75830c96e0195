"""What to run next: the readings that decide most, as one line."""

from hairpin.answer.answer import Decides, Next
from hairpin.answer.likely.next_reading import both, meaning_of, of_alternatives, of_basics, of_suppositions
from hairpin.change.change import Change
from hairpin.message import message
from hairpin.suppose.alternatives import Alternative
from tests.answer.likely.test_likely import answer
from tests.suppose.test_ordinary import RUN

SAID = message("net.ipv4.ip_forward = 0")


def alternative(cause: str, weight: int, command: str) -> Alternative:
    return Alternative(cause, weight, Change(()), command, SAID)


def asked(*found: Alternative) -> str:
    following = of_alternatives(found, answer(RUN))
    assert following is not None
    return following.command


def test_one_command_if_it_decides_nearly_all() -> None:
    assert asked(alternative("a", 20, "ss"), alternative("b", 3, "sysctl")) == "ss"


def test_several_commands_if_the_weights_are_spread() -> None:
    found = [alternative(name, 5, name) for name in ("ss", "sysctl", "ip route", "ip addr")]
    assert asked(*found) == "ss; sysctl; ip route"


def test_no_part_stands_twice() -> None:
    found = (alternative("a", 6, "sudo iptables-save -t nat; docker ps"), alternative("b", 5, "sudo iptables-save"))
    assert asked(*found) == "docker ps; sudo iptables-save"


def test_a_capture_stands_last_or_alone() -> None:
    capture = "sudo tcpdump -ni any tcp port 80"
    assert asked(alternative("", 9, capture), alternative("b", 8, "ss")) == f"ss; {capture}"
    assert asked(alternative("", 26, capture), alternative("b", 8, "ss")) == capture


def test_each_outcome_says_what_it_means() -> None:
    following = of_alternatives((alternative("a", 6, "ss"), alternative("a", 6, "ss")), answer(RUN))
    assert following is not None
    assert [each.cause for each in following.outcomes] == ["a", ""]
    assert meaning_of(alternative("", 5, "ss")).template.startswith("the packet is dropped before it reaches this host")


def test_the_basics_leave_out_what_is_told() -> None:
    basics = of_basics(answer("Hello.\n"))
    assert basics is not None
    assert "ip -d addr" in basics.command
    listing = (
        "$ ip route\ndefault via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.5\n"
    )
    left = of_basics(answer(listing))
    assert left is not None
    assert "ip route show table all" not in left.command


def test_a_supposed_part_is_asked_for() -> None:
    following = of_suppositions(answer(RUN, targets=("8080",)))
    assert following is not None
    assert following.command in {
        each.command for flow in answer(RUN, targets=("8080",)).flows for each in flow.supposed
    }


def test_two_answers_are_asked_in_one_line() -> None:
    one, other = Next("ss", (Decides(SAID, SAID),)), Next("ip addr", (Decides(SAID, SAID),))
    joined = both(one, other)
    assert joined is not None
    assert joined.command == "ip addr; ss"
    assert both(None, other) is other
    assert both(one, None) is one
    assert both(one, one) is one
