"""A flow without a verdict asks what decides it, with each answer's fate and a command that tells."""

from hairpin.answer.questions import questions_of
from hairpin.network.network import Network
from hairpin.report.words import option_of
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.walk import walk_flow
from tests.rule_text import in_table, with_rule
from tests.small_host import host_namespace, network, published

PINNED = "-m bpf --object-pinned /sys/fs/bpf/flood"


def asked(rules: str) -> tuple[OpenQuestion, ...]:
    net = with_rules(rules)
    return tuple(each.question for each in questions_of(net, (("f1", walk_flow(net, published())),)))


def with_rules(rules: str) -> Network:
    return network(host_namespace(rules))


def test_a_rule_that_cannot_be_read() -> None:
    (found,) = asked(with_rule("filter DOCKER-USER", f"-i eth0 {PINNED} -j DROP"))
    assert str(found.text) == (
        "Does rule filter DOCKER-USER 1 match these packets? hairpin cannot decide it: "
        f"-A DOCKER-USER -i eth0 {PINNED} -j DROP"
    )
    assert (str(found.if_yes), str(found.if_no)) == ("Verdict: dropped", "Verdict: delivered")
    assert option_of(found.wanted[0]) == "iptables -t filter -nvxL DOCKER-USER --line-numbers"
    assert found.undecided


def test_its_counter_is_told() -> None:
    rules = with_rule("filter DOCKER-USER", f"{PINNED} -j DROP").replace(
        "-A DOCKER-USER -m bpf", "[12:720] -A DOCKER-USER -m bpf"
    )
    (found,) = asked(rules)
    assert str(found.text).endswith("The rule has counted 12 packets")


def test_a_rule_that_only_logs_asks_nothing() -> None:
    assert asked(with_rule("filter DOCKER-USER", f"{PINNED} -j LOG")) == ()


def test_a_program_is_asked_about_its_packets() -> None:
    (found,) = asked(in_table("mangle", "FORWARD", "-j NFQUEUE --queue-num 0"))
    assert str(found.text).startswith("Do these packets come back from mangle FORWARD 1?")
    assert (str(found.if_yes), str(found.if_no)) == ("The packets go on to the next rule", "The packets go no further")


def test_a_rule_about_content_that_has_stopped_packets() -> None:
    rules = with_rule("filter DOCKER-USER", '-m string --string "HTTP/1" --algo bm -j DROP')
    assert asked(rules) == ()
    (found,) = asked(rules.replace("-A DOCKER-USER -m string", "[5:300] -A DOCKER-USER -m string"))
    assert "This rule has stopped 5: filter DOCKER-USER:" in str(found.text)
    assert (found.breaks_if, found.undecided) == ("yes", False)


def test_a_rule_about_sizes_that_has_stopped_packets() -> None:
    rules = in_table("mangle", "PREROUTING", "-p tcp -m tcpmss ! --mss 536:65535 -j DROP")
    assert asked(rules) == ()
    assert len(asked(rules.replace("-A PREROUTING -p tcp -m tcpmss", "[2:80] -A PREROUTING -p tcp -m tcpmss"))) == 1
