"""A bundle that is hairpin's own collection is read as that, and several bundles are several hosts."""

from pathlib import Path

import pytest

from hairpin.collect.several import Place, parse_place, read_all
from hairpin.collect.snapshot import load
from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import PASTED, Evidence
from hairpin.pasted.bundle.read import evidence_in_bundle
from tests.pasted.bundle.archives import tar_of

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SNAPSHOT = FIXTURES / "bundles" / "container-paused.hairpin"
TOKEN = "0" * 32
COLLECTED = (
    f"bash: warning\nhairpin-collect/1 {TOKEN}\n{TOKEN}\tbegin\t2026-01-01T00:00:00Z\t10.00\tweb1\t6.1.0\t0\n"
    f"{TOKEN}\treading\tos-release\t\t10.00\t/etc/os-release\nID=debian\n\n{TOKEN}\tend\t0\ttext\n{TOKEN}\tdone\n"
)


def test_a_snapshot_is_read_as_one() -> None:
    assert evidence_in_bundle(str(SNAPSHOT)) == load(SNAPSHOT)


def test_the_output_of_the_collector(tmp_path: Path) -> None:
    (tmp_path / "host.txt").write_text(COLLECTED)
    (tmp_path / "case.tar").write_bytes(tar_of({"case/readme": b"hello\n", "case/host.txt": COLLECTED.encode()}))
    for name in ("host.txt", "case.tar"):
        found = evidence_in_bundle(str(tmp_path / name))
        assert (found.hostname, found.find(PASTED, "")) == ("web1", None)


def test_two_outputs_of_the_collector_are_two_hosts(tmp_path: Path) -> None:
    (tmp_path / "case.tar").write_bytes(tar_of({"a.txt": COLLECTED.encode(), "b.txt": COLLECTED.encode()}))
    with pytest.raises(EvidenceError, match=r"holds 2 reports.*a\.txt, b\.txt"):
        evidence_in_bundle(str(tmp_path / "case.tar"))


def test_places() -> None:
    assert parse_place("bundle", "node2=report.tar.xz") == Place("bundle", "report.tar.xz", "node2")
    for text in ("-", "node2=-"):
        with pytest.raises(UsageError, match="standard input is neither"):
            parse_place("bundle", text)


def test_each_bundle_is_a_host_of_its_own() -> None:
    path = str(FIXTURES / "bundles" / "container-paused.tar.xz")
    places = (Place("bundle", path, "a"), Place("bundle", path, "b"))
    found = read_all(places, readers=lambda place: evidence_in_bundle(place.place))
    assert [each.name for each in found if isinstance(each, Evidence)] == ["a", "b"]
