"""Sets, frames' rules, neighbours, forwarding entries and routes in the words of their tools."""

from tests.pasted.readings import evidence_in_text
from tests.rows import each_row

ROUTE = '[{"dst":"default","gateway":"10.0.0.1","dev":"eth0","flags":[]}]\n'
LISTS: dict[str, tuple[str, str]] = {
    "ipset": (
        (
            "Name: foo\nType: hash:ip\nRevision: 5\nHeader: family inet hashsize 1024 maxelem 65536\n"
            "Size in memory: 200\nReferences: 1\nNumber of entries: 1\nMembers:\n1.2.3.4\n"
        ),
        "create foo hash:ip family inet hashsize 1024 maxelem 65536\nadd foo 1.2.3.4\n",
    ),
    "ebtables": (
        (
            "Bridge table: filter\n\nBridge chain: INPUT, entries: 0, policy: ACCEPT\n\n"
            "Bridge chain: FORWARD, entries: 1, policy: DROP\n-p IPv4 -i eth0 -j DROP\n"
        ),
        "*filter\n:INPUT ACCEPT\n:FORWARD DROP\n-A FORWARD -p IPv4 -i eth0 -j DROP\n",
    ),
    "ip-neigh-text": (
        "$ arp -an\n? (10.0.0.9) at 00:11:22:33:44:55 [ether] on eth0\n? (10.0.0.1) at <incomplete> on eth0\n",
        "10.0.0.9 dev eth0 lladdr 00:11:22:33:44:55 STALE\n10.0.0.1 dev eth0 INCOMPLETE\n",
    ),
    "bridge-fdb-text": (
        "$ bridge fdb show br docker0\n02:42:ac:11:00:02 dev veth1\n33:33:00:00:00:01 dev veth1 self permanent\n",
        "02:42:ac:11:00:02 dev veth1 master docker0\n33:33:00:00:00:01 dev veth1 self permanent\n",
    ),
    "ip-route4": (ROUTE, ROUTE),
}


@each_row(("key", "text", "wanted"), [(key, *both) for key, both in LISTS.items()], ids=LISTS)
def test_lists(key: str, text: str, wanted: str) -> None:
    assert [(each.key, each.text) for each in evidence_in_text(text).readings[1:]] == [(key, wanted)]


def test_a_set_whose_members_are_cut_is_no_reading() -> None:
    text = LISTS["ipset"][0].replace("entries: 1", "entries: 7")
    assert len(evidence_in_text(text).readings) == 1


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
