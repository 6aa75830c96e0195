"""The answers of the tools: their size, what they say about it, and the rest of them."""

import json
from typing import Any

import pytest

from hairpin.cli.tools.answers import MOST_DOCUMENT, MOST_TEXT, Answers
from hairpin.cli.tools.arguments import MoreArguments
from hairpin.cli.tools.running import Ran
from hairpin.errors import UsageError
from hairpin.report.documents.cut import size_of
from hairpin.report.words import Words


def document(flows: int) -> dict[str, Any]:
    return {
        "schema": "hairpin.report/1",
        "flows": [{"id": f"f{number}", "evidence": f"e{number}", "to": "x" * 80} for number in range(1, flows + 1)],
        "causes": [{"ref": "c1", "id": "ip-forward-off", "event": None, "flows": ["f1"], "evidence": ["e1"]}],
        "evidence": {f"e{number}": {"origin": f"/proc/{number}", "excerpt": "0"} for number in range(1, flows + 1)},
    }


def ran(flows: int, lines: int = 3, status: int = 1, said: str = "") -> Ran:
    text = "\n".join(f"line {number}" for number in range(lines))
    return Ran(status, text, said, json.dumps(document(flows)).encode())


def test_a_small_answer_is_whole_and_names_its_causes_with_evidence() -> None:
    told = Answers(Words()).tell(ran(2, said="hairpin: a note\n"))
    assert told.document == document(2) | {"call": {"answer": "a1", "status": 1, "left_out": []}}
    text, said, ends = told.texts
    assert (text, said) == ("line 0\nline 1\nline 2", "hairpin: a note")
    assert ends.splitlines() == [
        "answer a1; exit status 1: hairpin found a cause, a failing flow or a difference",
        "c1 ip-forward-off: f1; e1 (/proc/1)",
    ]


def test_a_large_answer_is_cut_and_says_what_is_left_out_and_how_to_ask() -> None:
    told = Answers(Words()).tell(ran(2000, lines=4000))
    assert told.document is not None
    call = told.document.pop("call")
    assert size_of(told.document) <= MOST_DOCUMENT
    assert len(told.texts[0]) <= MOST_TEXT
    left = {each["part"]: each for each in call["left_out"]}
    assert left["flows"] == {"part": "flows", "kept": len(told.document["flows"]), "whole": 2000}
    assert left["text"]["kept"] == len(told.texts[0].splitlines())
    assert left["text"]["whole"] == 4000
    assert f"flows {left['flows']['kept']}/2000" in told.texts[-1]
    assert (
        "Ask a narrower question with one target and `from`, or call the tool `more` with the arguments answer (a1)"
        in told.texts[-1]
    )


def test_more_gives_the_rest() -> None:
    answers = Answers(Words())
    first = answers.tell(ran(2000, lines=4000))
    shown = len(first.texts[0].splitlines())
    more = answers.more(MoreArguments(answer="a1", parts=("text",), start=shown))
    assert more.texts[0].splitlines()[0] == f"line {shown}"
    refs = answers.more(MoreArguments(answer="a1", parts=("f1500", "e1999", "c1")))
    assert refs.document is not None
    assert refs.document["parts"]["f1500"]["id"] == "f1500"
    assert refs.document["parts"]["e1999"] == {"origin": "/proc/1999", "excerpt": "0"}
    assert refs.document["call"] == {"answer": "a1", "start": 0, "left_out": []}
    rest = answers.more(MoreArguments(answer="a1", parts=("flows",), start=1990))
    assert rest.document is not None
    assert [each["id"] for each in rest.document["parts"]["flows"]] == [f"f{number}" for number in range(1991, 2001)]


def test_the_parts_of_more_are_cut_too() -> None:
    answers = Answers(Words())
    answers.tell(ran(2000))
    more = answers.more(MoreArguments(answer="a1", parts=("flows", "evidence")))
    assert more.document is not None
    assert size_of(more.document["parts"]) <= MOST_DOCUMENT
    assert {each["part"] for each in more.document["call"]["left_out"]} == {"flows", "evidence"}


@pytest.mark.parametrize(
    ("answer", "part", "said"),
    (("a9", "flows", "answer a9 is not kept; kept answers: a1"), ("a1", "f9", "answer a1 has no part f9")),
)
def test_more_refuses_what_there_is_not(answer: str, part: str, said: str) -> None:
    answers = Answers(Words())
    answers.tell(ran(2))
    with pytest.raises(UsageError, match=said):
        answers.more(MoreArguments(answer=answer, parts=(part,)))


def test_only_the_last_answers_are_kept() -> None:
    answers = Answers(Words())
    for _ in range(9):
        answers.tell(ran(1))
    with pytest.raises(UsageError, match="a1 is not kept"):
        answers.more(MoreArguments(answer="a1", parts=("flows",)))
    assert answers.more(MoreArguments(answer="a2", parts=("f1",))).document


def test_a_command_without_a_document_has_failed_with_its_own_words() -> None:
    told = Answers(Words()).tell(Ran(2, "", "hairpin: there is no container x\n", b""))
    assert told == (("hairpin: there is no container x",), None)
    assert Answers(Words()).tell(Ran(-9, "", "", b"")).texts == ("hairpin ended with status -9",)


def test_the_sentences_are_in_the_readers_language() -> None:
    assert "answer" not in Answers(Words("zh")).tell(ran(1)).texts[-1].splitlines()[0]
