"""What a text shows from after its repair is no evidence of the fault."""

from tests.pasted.readings import keys_in, outcomes_in

FAILS = "$ curl http://203.0.113.7:8080\ncurl: (28) Connection timed out\n"
WORKS = "$ curl -I http://203.0.113.7:8080\nHTTP/1.1 200 OK\n"
REPAIR = "$ iptables -t nat -A OUTPUT -d 203.0.113.7 -j DNAT --to-destination 127.0.0.1\n"
RULES = """\
$ iptables -t nat -S
-P PREROUTING ACCEPT
-P OUTPUT ACCEPT
-P POSTROUTING ACCEPT
-A OUTPUT -d 203.0.113.7/32 -j DNAT --to-destination 127.0.0.1
"""


def test_outputs_from_after_the_repair_are_left_out() -> None:
    assert [each[2] for each in outcomes_in(FAILS + REPAIR + RULES + WORKS)] == ["timeout"]
    assert not any(each.startswith("iptables") for each in keys_in(FAILS + REPAIR + RULES + WORKS))


def test_without_an_answer_or_a_change_all_outputs_count() -> None:
    for text in (FAILS + REPAIR + RULES, FAILS + RULES + WORKS, WORKS + REPAIR + RULES + FAILS):
        assert any(each.startswith("iptables") for each in keys_in(text))
    assert len(outcomes_in(FAILS + WORKS)) == 2


def test_outputs_from_before_the_repair_stay() -> None:
    assert any(each.startswith("iptables") for each in keys_in(RULES + FAILS + REPAIR + WORKS))
