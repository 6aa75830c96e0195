"""A capture shows whether a container's packets leave with the host's address."""

from hairpin.evidence.told import Outcome, Result
from hairpin.suppose.hints.captured import is_of_container, seen_coming_in, untranslated_packets
from tests.rows import each_row


def _seen(source: str, target: str = "198.51.100.4", result: Result = "timeout") -> Outcome:
    return Outcome("tcpdump", f"{target}:80", result, target, 80, line=3, source=source)


def test_packets_with_the_container_s_address_alone_are_not_masqueraded() -> None:
    (found,) = untranslated_packets((_seen("172.17.0.2"),))
    assert (found.cause, found.line) == ("masquerade-missing", 3)


@each_row(
    "outcomes",
    (
        (_seen("172.17.0.2"), _seen("192.0.2.1")),  # the second one has the host's address
        (_seen("172.17.0.2", result="answered"),),
        (_seen("172.17.0.2", "172.18.0.3"),),  # between containers
        (_seen("192.0.2.1"),),
        (Outcome("curl", "198.51.100.4:80", "timeout", "198.51.100.4", 80),),
    ),
)
def test_other_captures_point_to_nothing(outcomes: tuple[Outcome, ...]) -> None:
    assert list(untranslated_packets(outcomes)) == []


def test_a_container_s_packet_to_the_outside_is_no_target_on_this_host() -> None:
    assert is_of_container(_seen("10.88.0.7"))
    assert not is_of_container(_seen("192.0.2.1", "172.17.0.2"))
    assert not is_of_container(_seen("172.17.0.2", "example.org"))


def _echo(source: str, target: str) -> Outcome:
    return Outcome("tcpdump", target, "timeout", target, None, "icmp", line=2, source=source)


def test_what_comes_in_for_a_container_and_gets_no_answer() -> None:
    (found,) = seen_coming_in((_echo("10.1.69.0", "10.1.89.2"),))
    assert found.cause == "forward-policy-drop"
    assert not list(seen_coming_in((_echo("10.1.69.0", "198.51.100.4"),)))
    assert not list(seen_coming_in((_echo("172.17.0.3", "172.17.0.2"),)))
