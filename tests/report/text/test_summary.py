"""The first line counts what fails, what is undecided, and in how much."""

from msgspec.structs import replace

from hairpin.answer.questions import QuestionAnswer
from hairpin.message import message
from hairpin.remedy.remedy import OwnersDecision
from hairpin.report.text.summary import summary, troubles
from hairpin.walk.trace import OpenQuestion
from tests.report.answers import FORWARDING_OFF, USER_DROPS, answer


def test_a_port_that_passes() -> None:
    assert not troubles(answer())
    assert str(summary(answer())) == "1 port of 1 container: all flows pass"


def test_a_port_that_fails() -> None:
    assert str(summary(answer(FORWARDING_OFF))) == "1 problem: 2 of 8 flows fail"
    assert str(summary(answer(FORWARDING_OFF, USER_DROPS))) == "2 problems: 2 of 8 flows fail"
    assert str(summary(answer(FORWARDING_OFF, origin="lan"))) == "1 problem: 1 of 2 flows fail"


def test_all_ports() -> None:
    assert str(summary(answer(USER_DROPS, port=None))) == "1 problem: 2 of 23 flows fail"
    assert str(summary(answer(FORWARDING_OFF, port=None))) == "1 problem: 7 of 23 flows fail"


def test_a_flow_that_leaves_is_no_all_clear() -> None:
    """The rest of its way was not read."""
    found = answer(port=None)
    left = [each for each in found.flows if each.verdict == "leaves"]
    assert 1 < len(left) < len(found.flows)
    assert str(summary(found)).endswith(f": nothing on this host stops any of the {len(found.flows)} flows")
    said = [str(summary(replace(found, flows=tuple(left[:number])))) for number in (1, 2)]
    assert said == [
        "1 flow: nothing on this host stops it; hairpin did not read the rest of its way",
        "2 flows: nothing on this host stops them; hairpin did not read the rest of their way",
    ]


def test_what_nothing_explains_is_a_problem() -> None:
    whole = answer(FORWARDING_OFF)
    bare = replace(whole, causes=(), flows=tuple(replace(each, causes=()) for each in whole.flows))
    assert str(summary(bare)) == "1 problem: 2 of 8 flows fail"


def test_a_latent_cause_is_to_come() -> None:
    broken = answer(FORWARDING_OFF).causes[0]
    found = replace(answer(), causes=(replace(broken, severity="latent"),))
    assert str(summary(found)) == "1 future problem; 1 port of 1 container: all flows pass"


def test_nothing_asked_has_no_line() -> None:
    assert summary(replace(answer(), flows=(), causes=())) is None


def test_a_question_whose_answer_may_mean_broken_stands_in_the_first_line() -> None:
    passing = answer()
    asked = OpenQuestion(message("Is 203.0.113.9 this host's public address?"), message("y"), message("n"), ())
    breaking, without = (replace(asked, breaks_if=each) for each in ("yes", "no"))
    told = [
        str(summary(replace(passing, questions=(QuestionAnswer("q1", each, ("f1",)),))))
        for each in (asked, breaking, without)
    ]
    plain = "1 port of 1 container: all flows pass"
    assert told == [plain, *(f"{plain}, if the answer to the question below is {each}" for each in ("no", "yes"))]


def test_several_questions_stand_in_the_first_line_together() -> None:
    asked = OpenQuestion(message("Is it?"), message("y"), message("n"), ())
    both = tuple(QuestionAnswer(f"q{each}", replace(asked, breaks_if=each), ("f1",)) for each in ("yes", "no"))
    said = str(summary(replace(answer(), questions=both)))
    assert said == "1 port of 1 container: all flows pass, if the answers to the questions below allow it"


def test_a_port_that_is_asked_at_two_addresses_of_the_host_is_one() -> None:
    nobody = answer(port=9999)
    assert "1 problem: all " in str(summary(nobody))


def test_what_a_person_decided_is_no_problem() -> None:
    whole = answer(FORWARDING_OFF, USER_DROPS)
    decision = OwnersDecision(message("a comment says so"), message("Ask whoever made the rule"))
    first, *others = whole.causes
    decided = replace(first, decision=decision)
    some = replace(whole, causes=(decided, *others))
    assert str(summary(some)) == "1 problem and 1 decision of a person: 2 of 8 flows fail"
    alone = answer(USER_DROPS)
    (only,) = (each for each in alone.causes if each.severity == "blocking")
    rest = tuple(each for each in alone.causes if each is not only)
    found = replace(alone, causes=(replace(only, decision=decision), *rest))
    assert str(summary(found)).startswith("1 decision of a person: ")


def test_a_cause_that_results_from_another_is_no_problem_of_its_own() -> None:
    whole = answer(FORWARDING_OFF, USER_DROPS)
    first, second, *others = whole.causes
    following = replace(second, follows_from=(first.ref,))
    assert troubles(replace(whole, causes=(first, following, *others))).problems == 1
