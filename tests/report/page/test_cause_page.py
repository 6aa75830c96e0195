"""The known faults of a version as a page."""

from hairpin.report.known_faults import asked_version, faults_document
from hairpin.report.page.cause_page import faults_page
from hairpin.report.words import Words


def test_the_page_has_each_fault_with_its_test() -> None:
    asked = asked_version(("docker", "28.0.0"))
    assert asked is not None
    shown = faults_document(asked, Words())
    page = faults_page(shown, Words())
    assert page.startswith("<!DOCTYPE html>")
    assert all(f"<h2>{each.id}</h2>" in page for each in shown.faults)
    assert "<code>sudo iptables -t raw -S</code>" in page
