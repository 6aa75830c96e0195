"""The known faults of a version: what is asked, and how it is told."""

import pytest

from hairpin.facts.catalogue import REVIEWED
from hairpin.report.known_faults import asked_version, faults_document, heading, lines_of, write_faults
from hairpin.report.paper import Paper, cells
from hairpin.report.words import Words
from tests.rows import each_row


@each_row(
    ("texts", "asked"),
    (
        (("iptables", "1.8.11"), ("iptables", "1.8.11")),
        (("docker 29.1.0",), ("docker", "29.1.0")),
        (("docker-ce", "5:28.5.2-1~debian.13~trixie"), ("docker", "28.5.2-1~debian.13~trixie")),
        (("nft", "v1.1.4"), ("nftables", "1.1.4")),
        (("nginx", "1.27.0"), None),
        (("docker", "ps"), None),
        (("iptables v1.8.11 (nf_tables): Chain already exists.",), None),
        (("iptables",), None),
        ((), None),
    ),
)
def test_the_asked_version(texts: tuple[str, ...], asked: tuple[str, str] | None) -> None:
    found = asked_version(texts)
    assert (found and (found.product, found.version.text)) == asked


def _told(product: str, version: str, lang: str = "en", width: int = 80) -> str:
    asked = asked_version((product, version))
    assert asked is not None
    words, paper = Words("zh") if lang == "zh" else Words(), Paper(width=width)
    write_faults(faults_document(asked, words), words, paper)
    return paper.text()


def test_each_fault_has_its_test_its_mending_version_its_day_and_its_sources() -> None:
    asked = asked_version(("iptables", "1.8.11"))
    assert asked is not None
    shown = faults_document(asked, Words())
    (fault,) = (each for each in shown.faults if each.id == "iptables-1.8.11-check")
    assert (shown.reviewed, fault.mended_in, fault.known_since) == (REVIEWED, ("1.8.11-2", "1.8.12"), "2024-11-11")
    told = _told("iptables", "1.8.11")
    assert all(each in told for each in (REVIEWED, fault.test, "2024-11-11", *fault.sources))
    assert len(lines_of(fault)) == 4


def test_a_version_without_a_known_fault() -> None:
    assert _told("runc", "1.1.0") == (
        f"hairpin knows no fault of runc 1.1.0; its list of versions' faults is of\n{REVIEWED}\n"
    )
    asked = asked_version(("runc", "1.1.0"))
    assert asked is not None
    assert "no fault" in str(heading(faults_document(asked, Words())))


@pytest.mark.parametrize("width", (60, 80))
def test_they_fit_the_paper_in_chinese(width: int) -> None:
    told = _told("docker", "28.0.0", "zh", width)
    assert "表 raw" in told
    assert all(cells(line) <= width for line in told.splitlines() if "https://" not in line and "`" not in line)
