"""A question about this machine reads what it needs; with ``whole``, or of a snapshot, everything is read."""

import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.cli import answering
from hairpin.cli.answering import answer_question, keep, keeping_disputes
from hairpin.cli.face.asked import Asked, Given
from hairpin.errors import EvidenceError
from hairpin.evidence.file import read_stream
from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.evidence.several import Source
from hairpin.judges.disagreement import Disagreement
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.replica.judgement import Judgement
from tests.cli.commands import snapshot
from tests.report.answers import USER_DROPS, evidence
from tests.report.proven import proven, trace

QUESTION = parse_question("check", ("8151",), None, (), World())


@pytest.mark.parametrize(
    ("sources", "whole", "only"),
    (((), False, ("port=8151",)), ((), True, ()), ((Given("snapshot", snapshot()),), False, ())),
)
def test_of_this_machine_only_what_the_question_needs_is_read(
    sources: tuple[Given, ...], whole: bool, only: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, ...]] = []

    def gather(
        _sources: tuple[Given, ...], *, only: tuple[str, ...] = (), asks_sets: bool = False
    ) -> tuple[Source, ...]:
        read.append(only)
        assert asks_sets is bool(only)
        return (evidence(),)

    monkeypatch.setattr(answering, "gather", gather)
    answer = answer_question(QUESTION, Asked(sources=sources, whole=whole), "en")
    assert answer.evidence == (evidence(),)
    assert read == [only]


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        answer_question(QUESTION, Asked(sources=(Given("snapshot", "/nonexistent/file"),)), "en")


EVIDENCE = Evidence(SCHEMA, "0", "", "h", "", (Reading("e1", "ip-addr", "host", "ip addr", "", 0, "text", "[]"),))


@cache
def disputed() -> Answer:
    return proven(Judgement(trace(USER_DROPS).flow, "delivered"), replacements=(USER_DROPS,))


def dispute() -> Disagreement:
    (found,) = disputed().disputes
    return found.disagreement


def test_the_file_holds_all_that_is_needed_to_ask_again(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    path = keep(dispute(), (EVIDENCE,), (taken, tmp_path / "new"))
    assert path is not None
    assert path.parent == tmp_path / "new"
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert read_stream(BytesIO(archive.read("snapshot.hairpin")), source="test") == EVIDENCE
        kept = msgspec.json.decode(archive.read("disagreement.json"), type=Disagreement)
    assert (kept.trace, kept.judgement) == (trace(USER_DROPS), Judgement(trace(USER_DROPS).flow, "delivered"))


def test_a_folder_that_is_not_writable_gets_no_file(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    assert keep(dispute(), (EVIDENCE,), (taken,)) is None


def test_the_answer_has_the_path_of_each_file(tmp_path: Path) -> None:
    (kept,) = keeping_disputes(disputed(), (tmp_path,)).disputes
    (path,) = tmp_path.iterdir()
    assert (kept.flow, kept.file) == ("f1", str(path))
    assert str(kept.said()).endswith(f"this may be an error in hairpin: please report this bug with {path}")


def test_the_same_bug_has_one_file_however_often_it_is_met(tmp_path: Path) -> None:
    first = keep(dispute(), (EVIDENCE,), (tmp_path,))
    assert keep(dispute(), (EVIDENCE,), (tmp_path,)) == first
    other = msgspec.structs.replace(EVIDENCE, hostname="other")
    assert keep(dispute(), (other,), (tmp_path,)) != first
    assert len(list(tmp_path.iterdir())) == 2
