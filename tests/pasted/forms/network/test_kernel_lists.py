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
