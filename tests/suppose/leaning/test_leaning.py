"""How much the features of a text speak for each cause."""

import re
from pathlib import Path

from hairpin.causes.registry import known_cause
from hairpin.message import message
from hairpin.suppose.hints.hint import Hinted
from hairpin.suppose.leaning import features as module
from hairpin.suppose.leaning.leaning import Leaning, leaning_of, points_of, usual_of, weighed_hints
from hairpin.words.hints import OF_CAUSE
from hairpin.words.leans import features, leans

FILL = {"{container}": "web", "{port}": "8080", "{protocol}": "tcp"}
BY_ONE = Path(module.__file__).read_text("utf-8")
PLACES = {f"{place} {how}" for place in ("host", "outside", "inside") for how in ("works", "fails")}


def first(*said: str) -> str:
    return leaning_of(frozenset(said), FILL).candidates[0].cause


def test_each_feature_of_a_row_is_one_that_a_text_may_have() -> None:
    named = {name for each in leans() for name in (*each.points, *each.needs)}
    made = set(re.findall(r'"([a-z][a-z0-9 -]+)"(?=[:,\]\)])', BY_ONE)) | PLACES | {*features()}
    assert named - made == set()


def test_each_cause_is_in_the_catalogue() -> None:
    assert [each.cause for each in leans() if each.cause and known_cause(each.cause) is None] == []
    assert all(each.means != OF_CAUSE for each in leans() if not each.cause)


def test_what_is_said_decides_what_comes_first() -> None:
    assert first("reset", "inside works", "published on") == "service-listens-on-container-loopback"
    assert first("refused", "asks itself", "two containers") == "loopback-is-the-container"
    assert first("timeout", "ufw", "own host", "client inside") == "input-drops-host-service"
    assert first("hangs", "tls", "ping works") == "mtu-black-hole"
    assert first("no name", "two containers") == "default-bridge-has-no-names"


def test_what_speaks_against_a_cause_takes_it_off() -> None:
    found = leaning_of(frozenset({"timeout", "published on", "inside works"}), FILL)
    assert "service-not-listening" not in {each.cause for each in found.candidates}
    assert found.points["service-not-listening"] < 0


def test_a_cause_whose_sign_is_missing_gains_nothing() -> None:
    assert leaning_of(frozenset(), FILL).candidates == ()
    assert max(leaning_of(frozenset({"published on"}), FILL).points.values()) <= max(each.often for each in leans()) + 1


def test_places_in_commands_are_filled() -> None:
    command = next(each for each in leaning_of(frozenset({"application"}), FILL).candidates).command
    assert "web" in command
    assert "{" not in command


def test_a_hint_moves_by_what_speaks_for_it() -> None:
    said = message("it is seen")
    hints = (Hinted("icc-off", 10, said, 1, ""), Hinted("bridge-down", 26, said, 1, ""))
    moved = weighed_hints(hints, Leaning({"icc-off": -20, "bridge-down": -20}, ()))
    assert [(each.cause, each.weight) for each in moved] == [("bridge-down", 26), ("icc-off", 5)]


def test_a_text_that_says_little_has_the_usual_causes() -> None:
    found = tuple(usual_of(frozenset(), FILL))
    assert found
    assert all(each.weight >= 1 for each in found)


def test_points_are_the_sum() -> None:
    row = next(each for each in leans() if each.cause == "mtu-black-hole")
    assert points_of(row, frozenset()) == row.often
    assert points_of(row, frozenset({"hangs"})) == row.often + row.points["hangs"]
