"""Documents are cut to a size and keep their shape."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.report.documents.cut import CutPart, Document, cut, is_array, is_object, part_of, size_of
from tests.report.strict import errors

HOSTS = Path(__file__).parents[2] / "fixtures"


@cache
def large_report() -> str:
    """Return the document of a host with ten containers, of which everything is asked."""
    snapshot = str(HOSTS / "healthy" / "ten-containers.hairpin")
    words = (sys.executable, "-m", "hairpin", "check", "--json", "--no-replica", "--snapshot", snapshot)
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def test_a_small_document_stays_as_it_is() -> None:
    document = {"schema": "x/1", "flows": [1, 2]}
    assert cut(document, 1000) == (document, ())


def test_a_cut_report_is_still_a_report_and_says_what_it_lacks() -> None:
    document: Document = json.loads(large_report())
    assert size_of(document) > 12_000
    for most in (12_000, 6_000, 3_000):
        shorter, left = cut(document, most)
        assert size_of(shorter) <= most
        assert errors(shorter, "report-1.json") == []
        told = {each.part: each for each in left}
        for name, value in shorter.items():
            if (is_array(value) or is_object(value)) and len(value) < len(document[name]):
                assert told[name] == CutPart(name, len(value), len(document[name]))
            elif name in told:
                raise AssertionError(f"{name} is whole")


def test_causes_are_left_out_last() -> None:
    document: Document = {
        "schema": "x/1",
        "causes": [{"ref": f"c{number}", "title": "t" * 100} for number in range(4)],
        "flows": [{"id": f"f{number}", "text": "t" * 100} for number in range(100)],
    }
    shorter, _ = cut(document, 2000)
    assert len(shorter["causes"]) == 4
    assert 0 < len(shorter["flows"]) < 100


def test_evidence_stays_with_what_refers_to_it() -> None:
    flows = [{"id": f"f{number}", "evidence": f"e{number}", "text": "t" * 50} for number in range(64)]
    document: Document = {"flows": flows, "evidence": {f"e{number}": {"excerpt": "x" * 50} for number in range(64)}}
    shorter, left = cut(document, 4000)
    assert [each["evidence"] for each in shorter["flows"]] == list(shorter["evidence"])
    assert {each.part for each in left} == {"flows", "evidence"}


def test_long_texts_are_cut_before_items() -> None:
    document: Document = {"notes": ["a" * 5000, "b"], "schema": "x/1"}
    shorter, left = cut(document, 2500)
    assert [len(each) for each in shorter["notes"]] == [2000, 1]
    assert left == (CutPart("texts", 2000, 1),)


def test_parts() -> None:
    document: Document = {"flows": [{"id": "f1"}], "causes": [{"ref": "c1", "id": "x"}], "evidence": {"e1": {"a": 1}}}
    assert part_of(document, "flows") == [{"id": "f1"}]
    assert part_of(document, "f1") == {"id": "f1"}
    assert part_of(document, "c1") == {"ref": "c1", "id": "x"}
    assert part_of(document, "e1") == {"a": 1}
    assert part_of(document, "e2") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=60, deadline=None)
@given(
    document=st.dictionaries(st.sampled_from(("flows", "causes", "evidence", "matrix", "found")), JSON, max_size=5),
    most=st.integers(1500, 3000),
)
def test_every_document_fits_and_the_cut_is_not_silent(document: Document, most: int) -> None:
    shorter, left = cut(document, most)
    assert set(shorter) == set(document)
    assert size_of(shorter) <= most
    assert bool(left) == (shorter != document)
