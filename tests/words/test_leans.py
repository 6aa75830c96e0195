"""Points: a feature that speaks for a cause never lowers it."""

from hairpin.words.leans import features, leans
from hairpin.words.rows import rows_of


def test_what_speaks_for_a_cause_raises_it_and_what_speaks_against_it_lowers_it() -> None:
    for row, lean in zip(rows_of("leans.words"), leans(), strict=True):
        speaks_for = {each.rpartition(" ")[0] for each in row.listed("for")}
        assert speaks_for == {name for name, points in lean.points.items() if points > 0}
        assert {name for name, points in lean.points.items() if points < 0}.isdisjoint(speaks_for)
        assert 0 not in lean.points.values()


def test_a_feature_has_a_pattern() -> None:
    assert features()["refused"].search("dial tcp: connection refused") is not None
