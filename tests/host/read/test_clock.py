from hairpin.host.read.clock import time_windows, with_clock
from tests.rule_text import with_rule
from tests.small_host import host_namespace

RULES = with_rule("filter DOCKER-USER", "-m time --timestart 10:00:00 --timestop 12:00:00 -j DROP")


def test_the_zone_of_the_reading_counts() -> None:
    host = host_namespace(RULES)
    assert with_clock(host, "1970-01-02T00:00:00Z").now_s == 86400
    assert with_clock(host, "1970-01-02T01:00:00+01:00").now_s == 86400
    assert with_clock(host, "1970-01-02T00:00:00").now_s is None
    assert with_clock(host, "").now_s is None


def test_windows_are_named_once() -> None:
    (window,) = time_windows(host_namespace(RULES).ruleset)
    assert (window.day_start_s, window.day_stop_s) == (36000, 43200)
    assert time_windows(host_namespace().ruleset) == ()
