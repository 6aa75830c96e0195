"""What every run has of many alike cases: the first of each kind, and some of the rest."""

from tests.whole import one_of_each, thinned


def runs(rows: list[object]) -> list[object]:
    return [each for each in rows if not getattr(each, "marks", ())]


def test_the_first_and_each_nth_after_it() -> None:
    assert runs(list(thinned(range(7), 3))) == [0, 3, 6]


def test_each_kind_stays_and_a_tenth_of_the_rest() -> None:
    cases = {f"case {number}": (number, number % 3) for number in range(300)}
    kept = [each for each in one_of_each(cases, lambda case: (case[1],)) if not each.marks]
    assert [each.id for each in kept][:3] == ["case 0", "case 1", "case 2"]
    assert 20 < len(kept) < 50
    more = {"another": (1, 1), **cases}
    again = [each for each in one_of_each(more, lambda case: (case[1],)) if not each.marks]
    assert {each.id for each in kept} - {each.id for each in again} <= {"case 1"}
