"""Differences of rules, by table and chain."""

from hairpin.netfilter.ir import Element, NumberKey, Ruleset, Set
from tests import small_host as small
from tests.compare.small_pairs import host, texts, with_namespace, with_rules

JUMP = "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"


def test_equal_rules() -> None:
    assert texts(with_rules()) == []


def test_a_lost_jump() -> None:
    assert texts(with_rules((f"{JUMP}\n", ""))) == [("rules", "nat PREROUTING, rule 1", JUMP, None)]


def test_a_new_rule() -> None:
    rule = "-A DOCKER-USER -s 192.0.2.0/24 -j DROP"
    now = with_rules(("-A DOCKER-USER -j RETURN\n", f"{rule}\n-A DOCKER-USER -j RETURN\n"))
    assert texts(now) == [("rules", "filter DOCKER-USER, rule 1", None, rule)]


def test_a_moved_rule_is_one_difference() -> None:
    first = "-A FORWARD -j DOCKER-USER\n"
    now = with_rules((first, ""), ("-A DOCKER -d 172.17.0.2", f"{first}-A DOCKER -d 172.17.0.2"))
    assert [(part, where) for part, where, _, _ in texts(now)] == [("rules", "filter FORWARD, a moved rule")]


def test_a_rule_moved_to_another_chain() -> None:
    rule = "-A DOCKER-USER -j RETURN\n"
    now = with_rules((rule, ""), ("-A FORWARD -i docker0 -o", "-A FORWARD -j RETURN\n-A FORWARD -i docker0 -o"))
    ((_, where, before, after),) = texts(now)
    assert where == "filter DOCKER-USER, a moved rule"
    assert (before, after) == (
        "rule 1 of DOCKER-USER: -A DOCKER-USER -j RETURN",
        "rule 5 of FORWARD: -A FORWARD -j RETURN",
    )


def test_a_rule_with_another_word() -> None:
    now = with_rules(("--dport 80 -j ACCEPT", "--dport 81 -j ACCEPT"))
    ((part, where, before, after),) = texts(now)
    assert (part, where) == ("rules", "filter DOCKER, rule 1")
    assert before is not None
    assert after == before.replace("80", "81")


def test_a_moved_rule_beside_a_new_one_that_is_like_another() -> None:
    was = with_rules(("-A DOCKER-USER -j RETURN\n", "-A DOCKER-USER -o a -j DROP\n-A DOCKER-USER -o b -j DROP\n"))
    now = with_rules(
        ("-A DOCKER-USER -j RETURN\n", "".join(f"-A DOCKER-USER -o {link} -j DROP\n" for link in ("c", "b", "a")))
    )
    assert [(where, before is None) for _, where, before, _ in texts(now, was)] == [
        ("filter DOCKER-USER, a moved rule", False),
        ("filter DOCKER-USER, rule 1", True),
    ]


def test_a_policy() -> None:
    now = with_rules((":FORWARD DROP", ":FORWARD ACCEPT"))
    assert texts(now) == [("rules", "filter FORWARD, policy", "drop", "accept")]


def test_counters_are_no_difference() -> None:
    assert texts(with_rules((":FORWARD DROP [0:0]", ":FORWARD DROP [7:420]"))) == []


def test_a_new_chain_with_its_rules() -> None:
    now = with_rules((":DOCKER-USER - [0:0]\n", ":DOCKER-USER - [0:0]\n:NEW - [0:0]\n"),
                     ("-A DOCKER-USER", "-A NEW -j DROP\n-A DOCKER-USER"))  # fmt: skip
    assert texts(now) == [("rules", "filter, chain NEW", None, "NEW\n-A NEW -j DROP")]


def test_a_table_that_iptables_makes_when_it_is_needed() -> None:
    mangle = "*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n"
    now = host(small.host_namespace(small.DOCKER_RULES + mangle))
    assert texts(now) == [("rules", "mangle FORWARD, rule 1", None, "-A FORWARD -j DROP")]


def test_rules_that_were_not_read_are_not_compared() -> None:
    now = with_namespace(with_rules((f"{JUMP}\n", "")), unread=("iptables-nft-save4",))
    assert texts(now) == []


def test_elements_of_a_set_in_another_order() -> None:
    one, two, three = (Element((NumberKey(number, number),)) for number in (0x0A000001, 0x0A000002, 0x0A000003))

    def having(*elements: Element) -> Ruleset:
        return Ruleset(small.ruleset(small.DOCKER_RULES).tables, (Set("bad", "hash:ip", elements),))

    was = with_namespace(host(), ruleset=having(one, two))
    assert texts(with_namespace(host(), ruleset=having(two, one)), was) == []
    now = with_namespace(host(), ruleset=having(two, three))
    assert texts(now, was) == [("sets", "ipset bad", "10.0.0.1", "10.0.0.3")]
