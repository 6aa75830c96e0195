"""Both judges in the terminal."""

import msgspec

from hairpin.answer.ask import ask
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.packet import SYN, TCP
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.replica.judgement import Hit, Judgement, Place, Sighting
from hairpin.report.documents.prove_document import prove_document
from hairpin.report.paper import Paper
from hairpin.report.text.prove_text import prove_text
from hairpin.report.words import Words
from tests.acceptance.recorded_networks import evidence
from tests.judges.kernels import Agreeing
from tests.report.answers import USER_DROPS, network
from tests.report.proven import proven, trace

TRACE = trace(USER_DROPS)
HERE = network().this.netns
RULE = Hit(HERE, "iptables-nft", "ip", "filter", "DOCKER-USER", 1, "-A DOCKER-USER -j DROP", 2, "drop")
SEEN = Sighting(5, HERE, "eth0", False, 4, "192.0.2.10", "198.51.100.11", TCP, 40000, 8080, SYN)
DROPPED = Judgement(TRACE.flow, "dropped", Place(HERE, "eth0", rules=(RULE,), reasons=("NETFILTER_DROP",)), (SEEN,))


def text(*judgements: Judgement, file: str | None = None) -> str:
    found = proven(*judgements, replacements=(USER_DROPS,), file=file)
    return prove_text(found, Words(), Paper(width=100), verbose=False)


def test_one_flow_is_shown_step_by_step() -> None:
    told = text(DROPPED)
    assert told.startswith("✗ dropped  outside (192.0.2.10) → 198.51.100.11:8080/tcp\n  the kernel agrees: dropped\n")
    assert "host eth0 ← 192.0.2.10:40000 > 198.51.100.11:8080 SYN" in told
    assert "✗ host filter DOCKER-USER 1: -A DOCKER-USER -j DROP" in told
    assert "drop reasons that the kernel gave: NETFILTER_DROP" in told


def test_of_several_flows_those_that_agree_are_brief() -> None:
    assert "on the running kernel" not in text(DROPPED, DROPPED)


def test_a_disagreement_stands_out_and_has_the_path_of_its_file() -> None:
    told = " ".join(text(Judgement(TRACE.flow, "delivered"), file="/state/kept.zip").split())
    assert "THE KERNEL DISAGREES: simulated dropped, the kernel says delivered. This is a bug in hairpin" in told
    assert "please report this bug with /state/kept.zip" in told


def test_parts_that_are_not_rebuilt_are_reported() -> None:
    told = text(
        Judgement(
            TRACE.flow,
            "delivered",
            left_out=(message("an XDP program"),),
            apart=(message("container:x: not on the way"),),
        )
    )
    assert "the kernel says delivered, but the reason may be a part that the test copy (replica) lacks" in told
    assert "missing from the test copy (replica): an XDP program" in told
    assert "not connected in the test copy (replica): container:x: not on the way" in told


def test_hosts_are_named_where_there_are_several() -> None:
    alone = proven(DROPPED, replacements=(USER_DROPS,))
    other = msgspec.structs.replace(alone.network, hosts=(*alone.network.hosts, Host("other")))
    told = prove_text(msgspec.structs.replace(alone, network=other), Words(), Paper(width=100), verbose=False)
    assert told.startswith("✗ dropped  outside (192.0.2.10) → 198.51.100.11:8080/tcp (front@host1)\n")
    assert "host1 eth0 ← 192.0.2.10:40000 > 198.51.100.11:8080 SYN" in told
    assert "✗ host1 filter DOCKER-USER 1: -A DOCKER-USER -j DROP" in told


def test_what_only_the_user_can_tell_is_asked() -> None:
    """The replica itself is in tests/kernel; here the kernel says what the walk says."""
    question = parse_question("prove", ("10.244.2.2:80",), "container:web", (), World())
    read = evidence("healthy-flannel-host-gw", "node1")
    found = ask(question, (read,), Agreeing(read.kernel))
    told = prove_text(found, Words(), Paper(width=100), verbose=False)
    assert "question: Does the next hop, 198.51.100.12, know the way back to 10.244.1.2 (web)?" in told
    assert [each.option for each in prove_document(found, Words()).questions] == ["--host 198.51.100.12"]
    both = ask(question, (read, evidence("healthy-flannel-host-gw", "node2")), Agreeing(read.kernel))
    assert prove_document(both, Words()).questions == ()
