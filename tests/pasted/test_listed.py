from hairpin.pasted.listed import recognised_in
from hairpin.pasted.text import evidence_in_texts
from tests.report.answers import evidence


def test_a_host_that_was_read_has_no_list() -> None:
    assert recognised_in(evidence()) == ()


def test_entries_stand_in_the_order_of_the_text() -> None:
    text = "net.ipv4.ip_forward = 1\n\n$ ip rule\n0:\tfrom all lookup local\n"
    assert [each.as_ for each in recognised_in(evidence_in_texts((text,)))] == ["sysctl", "ip rule"]
