"""A question is shown with what either answer means, and with the option that settles it."""

import msgspec

from hairpin.report.documents.document import report_document
from hairpin.report.paper import Paper
from hairpin.report.questions import write_questions
from hairpin.report.words import Words
from tests.answer.test_questions import asked


def test_text() -> None:
    paper = Paper(width=100, coloured=False, ascii_only=False)
    write_questions(asked("10.244.2.2:80", origin="container:web"), Words("en"), paper)
    lines = paper.text().strip().splitlines()
    assert lines[0] == "question: Does the next hop, 198.51.100.12, know the way back to 10.244.1.2?"
    assert lines[-2:] == [
        "  settled by: --host 198.51.100.12",
        '  or: --outside FILE, with [[return_route]] network = "10.244.1.0/24"',
    ]
    assert [line.split()[0] for line in lines[1:]].count("no:") == 1


def test_nothing_is_written_where_nothing_is_open() -> None:
    paper = Paper(width=100, coloured=False, ascii_only=False)
    write_questions(asked("10.244.2.2:80", origin="host"), Words("en"), paper)
    assert paper.text().strip() == ""


def test_document() -> None:
    (found,) = report_document(asked("10.244.2.2:80", origin="container:web"), Words("en")).questions
    assert (found.ref, found.option, found.flows) == ("q1", "--host 198.51.100.12", ("f1",))
    assert found.text.endswith("?")
    assert report_document(asked("10.244.2.2:80", origin="host"), Words("en")).questions == ()


def test_a_repair_stands_below_the_meaning_of_no() -> None:
    found = asked("10.244.2.2:80", origin="container:web")
    repaired = msgspec.structs.replace(found.questions[0], repair=("ip rule add …",))
    answer = msgspec.structs.replace(found, questions=(repaired,))
    paper = Paper(width=100, coloured=False, ascii_only=False)
    write_questions(answer, Words("en"), paper)
    lines = paper.text().strip().splitlines()
    place = lines.index("      ip rule add …")
    assert lines[place - 1] == "  repair that works with either answer, until the next reboot:"
    assert lines[place + 1].startswith("  settled by:")
    (document,) = report_document(answer, Words("en")).questions
    assert document.repair == ("ip rule add …",)
