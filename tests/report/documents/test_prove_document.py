"""The JSON document of ``hairpin prove``."""

from hairpin.netfilter.packet import SYN, TCP
from hairpin.replica.judgement import Hit, Judgement, Place, Sighting
from hairpin.report.documents.prove_document import ProveDocument, prove_document
from hairpin.report.words import Words
from tests.report.answers import USER_DROPS, network
from tests.report.proven import proven, trace
from tests.report.strict import errors

TRACE = trace(USER_DROPS)
HERE = network().this.netns
RULE = Hit(HERE, "iptables-nft", "ip", "filter", "DOCKER-USER", 1, "-A DOCKER-USER -j DROP", 2, "drop")
SEEN = tuple(
    Sighting(at, HERE, "eth0", False, 4, "192.0.2.10", "198.51.100.11", TCP, 40000, 8080, SYN) for at in (5, 1_000_005)
)


def document(judgement: Judgement, file: str | None = None) -> ProveDocument:
    return prove_document(proven(judgement, replacements=(USER_DROPS,), file=file), Words())


AGREED = document(
    Judgement(TRACE.flow, "dropped", Place(HERE, "eth0", rules=(RULE,), reasons=("NETFILTER_DROP",)), SEEN)
)


def test_it_keeps_to_its_schema() -> None:
    assert errors(AGREED, "prove-1.json") == []


def test_both_answers_stand_side_by_side() -> None:
    (flow,) = AGREED.flows
    assert flow.replicated is not None
    assert (flow.simulated.verdict, flow.replicated.verdict, flow.agree, flow.judge) == (
        "dropped",
        "dropped",
        True,
        "replicated",
    )
    assert flow.simulated.judge == "replicated"
    assert [(rule.chain, rule.number, rule.packets) for rule in flow.replicated.rules] == [("DOCKER-USER", 1, 2)]
    assert [(seen.at_ms, seen.link) for seen in flow.replicated.packets] == [(0.0, "eth0"), (1.0, "eth0")]


def test_a_disagreement_has_the_path_of_its_file() -> None:
    (flow,) = document(Judgement(TRACE.flow, "delivered"), "/tmp/kept.zip").flows  # noqa: S108 - a name only
    assert (flow.agree, flow.judge, flow.file) == (False, "simulated", "/tmp/kept.zip")  # noqa: S108
    assert flow.difference == "simulated dropped, the kernel says delivered"
