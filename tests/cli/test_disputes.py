"""A disagreement as a file that can be reported."""

import zipfile
from io import BytesIO
from pathlib import Path

import msgspec

from hairpin.cli.disputes import keep, keeping_disputes
from hairpin.evidence.file import read_stream
from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.judges.disagreement import Disagreement
from hairpin.replica.judgement import Judgement
from tests.report.answers import USER_DROPS
from tests.report.proven import proven, trace

FLOW = trace(USER_DROPS).flow
EVIDENCE = Evidence(SCHEMA, "0", "", "h", "", (Reading("e1", "ip-addr", "host", "ip addr", "", 0, "text", "[]"),))
DISPUTED = proven(Judgement(FLOW, "delivered"), replacements=(USER_DROPS,))
(DISPUTE,) = DISPUTED.disputes


def test_the_file_holds_all_that_is_needed_to_ask_again(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    path = keep(DISPUTE.disagreement, (EVIDENCE,), (taken, tmp_path / "new"))
    assert path is not None
    assert path.parent == tmp_path / "new"
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert read_stream(BytesIO(archive.read("snapshot.hairpin")), source="test") == EVIDENCE
        kept = msgspec.json.decode(archive.read("disagreement.json"), type=Disagreement)
    assert (kept.trace, kept.judgement) == (trace(USER_DROPS), Judgement(FLOW, "delivered"))


def test_a_folder_that_is_not_writable_gets_no_file(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    assert keep(DISPUTE.disagreement, (EVIDENCE,), (taken,)) is None


def test_the_answer_has_the_path_of_each_file(tmp_path: Path) -> None:
    (kept,) = keeping_disputes(DISPUTED, (tmp_path,)).disputes
    (path,) = tmp_path.iterdir()
    assert (kept.flow, kept.file) == ("f1", str(path))
    assert str(kept.said()).endswith(f"this may be an error of hairpin: please report it with {path}")


def test_the_same_bug_has_one_file_however_often_it_is_met(tmp_path: Path) -> None:
    first = keep(DISPUTE.disagreement, (EVIDENCE,), (tmp_path,))
    assert keep(DISPUTE.disagreement, (EVIDENCE,), (tmp_path,)) == first
    other = msgspec.structs.replace(EVIDENCE, hostname="other")
    assert keep(DISPUTE.disagreement, (other,), (tmp_path,)) != first
    assert len(list(tmp_path.iterdir())) == 2
