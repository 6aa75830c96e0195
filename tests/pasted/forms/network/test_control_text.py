"""``tc qdisc`` and ``ip xfrm policy`` are read, and lines that only look alike are not."""

from tests.pasted.readings import evidence_in_text

_QDISCS = "$ tc qdisc\nqdisc noqueue 0: dev lo root refcnt 2 \nqdisc pfifo 8001: dev eth0 root refcnt 2 limit 0p\n"
_POLICY = "$ ip xfrm policy\nsrc 0.0.0.0/0 dst 192.0.2.0/24 \n    dir out action block priority 100 \n"


def test_disciplines_are_read() -> None:
    found = evidence_in_text(_QDISCS).find("tc-qdisc-text", "host")
    assert found is not None
    assert "limit 0p" in found.text


def test_those_of_a_container_are_not_the_host_s() -> None:
    found = evidence_in_text(_QDISCS.replace("$ tc", "$ docker exec web tc"))
    assert found.find("tc-qdisc-text", "host") is None
    assert found.find("tc-qdisc-text", "container:web") is not None


def test_a_listing_of_one_link_is_not_taken_for_all() -> None:
    text = "$ tc qdisc show dev eth0\nqdisc pfifo 8001: root refcnt 2 limit 0p\n"
    assert evidence_in_text(text).find("tc-qdisc-text", "host") is None


def test_policies_get_their_tabs_back() -> None:
    found = evidence_in_text(_POLICY).find("xfrm-policy", "host")
    assert found is not None
    assert "\n\tdir out action block" in found.text


def test_words_are_no_policy() -> None:
    assert evidence_in_text("src 10.0.0.1 dst 10.0.0.2\nthat is what we saw\n").find("xfrm-policy", "host") is None
