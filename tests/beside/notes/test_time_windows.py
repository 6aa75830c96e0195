from datetime import UTC, datetime

import msgspec

from hairpin.beside.notes.time_windows import told_by_time
from hairpin.host.read.parse import with_clock
from hairpin.walk.walk import walk_flow
from tests.rule_text import with_rule
from tests.small_host import host_namespace, network, published

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).isoformat()


def said(words: str) -> tuple[str, ...]:
    """Return the verdict and the notes of a flow that meets a rule with a time at noon."""
    host = with_clock(host_namespace(with_rule("filter DOCKER-USER", f"-m time {words} -j DROP")), NOON)
    net = network(host)
    trace = walk_flow(net, published())
    return (trace.verdict, *map(str, told_by_time(net, (trace,))))


def test_a_window_that_begins_later_is_told() -> None:
    assert said("--timestart 22:00:00 --timestop 06:00:00") == (
        "delivered",
        (
            "a rule applies only at some times: from 2026-11-24 22:00 UTC on, 192.0.2.10 to 198.51.100.11:8151/tcp "
            "is dropped"
        ),
    )


def test_a_window_that_ends_is_told() -> None:
    verdict, note = said("--timestart 08:00:00 --timestop 17:59:59")
    assert verdict == "dropped"
    assert note.startswith("a rule applies only at some times: from 2026-11-24 18:00 UTC on,")


def test_a_window_that_is_over_says_nothing() -> None:
    assert said("--datestart 2019-03-01T00:00:00 --datestop 2019-03-02T00:00:00") == ("delivered",)


def test_the_kernels_zone_is_not_known() -> None:
    assert said("--timestart 22:00:00 --timestop 16:00:00 --kerneltz") == ("depends",)


def test_without_such_a_rule_no_time_is_kept() -> None:
    plain = host_namespace()
    assert with_clock(plain, NOON) == plain
    assert msgspec.structs.replace(with_clock(plain, ""), now_s=None) == plain
