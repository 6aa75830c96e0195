"""The words of a text move likely causes, and name further ones; they prove nothing."""

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.network.world import World
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.question import parse_question
from tests.rows import each_row


def asked(text: str, *targets: str) -> Answer:
    return ask(parse_question("check", targets, None, (), World()), (evidence_in_texts((text,)),))


HANGS = (
    "The container pings the server, but https hangs after the client hello: large packets are lost in the VPN, whose\n"
    "mtu is 1420. curl from the container times out.\n"
)


def test_a_text_that_names_no_cause_has_the_likeliest_by_its_words() -> None:
    answer = asked(HANGS)
    found = next(each for each in answer.causes if each.id == "mtu-black-hole")
    assert found.likely
    assert found.proof is None
    assert found.severity == "advice"
    assert any("mtu" in each.target or "hangs" in each.target for each in found.explains)
    assert answer.next is not None
    assert "mtu-black-hole" in answer.next.decides


@each_row(
    ("text",),
    (
        ("The container answers, and the page loads. The mtu of the VPN is 1420, and https is fine.\n",),
        ("We met at noon and talked about the garden. The door did not open.\n",),
    ),
)
def test_a_text_without_a_failure_of_a_network_has_no_cause(text: str) -> None:
    assert asked(text).causes == ()


def test_what_the_text_rules_out_stays_out() -> None:
    on = asked("# sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 1\n\nThe container times out, is ip_forward off?\n")
    assert "ip-forward-off" not in {each.id for each in on.causes}


def test_each_cause_has_a_reference_of_its_own() -> None:
    refs = [each.ref for each in asked(HANGS).causes]
    assert len(set(refs)) == len(refs) > 1
