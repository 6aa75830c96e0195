"""Which readings decide what a command says."""

from collections.abc import Callable

import msgspec
import pytest

from hairpin.answer.answer import Answer, Dispute
from hairpin.answer.decisive import Command, exit_status, lacks_reading, undecided_readings, unread_rules
from hairpin.host.contact import Contact
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace, Unread
from hairpin.judges.agreement import Agreement
from hairpin.judges.disagreement import Disagreement
from hairpin.judges.judged import Judged
from hairpin.message import message
from hairpin.netfilter.ir import Ruleset
from hairpin.network.world import World
from hairpin.replica.judgement import Judgement
from tests.report.answers import FORWARDING_OFF, answer


def lacking(key: str, netns: str = "", host: str = "") -> Answer:
    return msgspec.structs.replace(answer(), unread=(Unread(key, netns, key, "Permission denied", "e1", host),))


CASES: dict[str, tuple[str, str, tuple[Command, ...]]] = {
    "rules": ("iptables-nft-save4", "host", ("flows", "events", "restore")),
    "rules of IPv6, which is asked, too": ("iptables-nft-save6", "host", ("flows", "events", "restore")),
    "routes": ("ip-route4", "host", ("flows", "events")),
    "a container that no flow comes to": ("sysctl", "container:stranger", ()),
    "which containers there are": ("docker-containers", "", ("flows", "events", "restore")),
    "how the engine is configured": ("daemon-json", "", ("events", "restore")),
    "what is loaded at boot": ("file", "", ("events",)),
    "sockets, and no container is in the host's namespace": ("sockets", "host", ()),
    "live connections": ("conntrack", "host", ()),
    "a trial of iptables": ("iptables-check", "", ()),
    "the kernel's log": ("klog", "", ()),
    "what no replica confirms": ("replica", "", ()),
}


@pytest.mark.parametrize(("key", "netns", "commands"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("command", ("flows", "events", "restore"))
def test_what_decides(key: str, netns: str, commands: tuple[Command, ...], command: Command) -> None:
    found = lacking(key, netns)
    assert bool(undecided_readings(found, command)) is (command in commands)
    assert lacks_reading(found, command) is (command in commands)


def test_the_rules_of_engines() -> None:
    for key in ("iptables-nft-save4", "iptables-legacy-save6", "nft-tables", "nft-table"):
        assert unread_rules(lacking(key, "host")), key
        assert not unread_rules(lacking(key, "container:web")), key
    assert not unread_rules(lacking("ebtables", "host"))
    assert not unread_rules(lacking("docker-containers"))
    assert not unread_rules(answer())


def test_rules_of_an_ip_version_that_no_flow_has_decide_nothing() -> None:
    found = lacking("iptables-nft-save6", "host")
    flows = tuple(each for each in found.flows if each.trace.flow.version == 4)
    assert undecided_readings(msgspec.structs.replace(found, flows=flows)) == ()
    assert undecided_readings(found) == found.unread


def test_all_was_read() -> None:
    assert not lacks_reading(answer())


UNREAD = Unread("iptables-nft-save4", "host", "iptables-save -c", "Permission denied", "e8")
HARMLESS = Unread("conntrack", "host", "conntrack -L", "timed out", "e9")


def unexplained(found: Answer) -> Answer:
    bare = tuple(msgspec.structs.replace(each, causes=()) for each in found.flows)
    return msgspec.structs.replace(found, flows=bare, causes=())


def proven(found: Answer, agrees: bool | None) -> Answer:
    """Return the answer to ``prove`` in which the kernel agrees with each flow, or not."""
    flows = tuple(
        msgspec.structs.replace(
            each, judged=Judged(each.trace, Judgement(each.trace.flow, "dropped"), Agreement(agrees, "simulated"))
        )
        for each in found.flows
    )
    question = msgspec.structs.replace(found.question, kind="prove")
    return msgspec.structs.replace(found, question=question, flows=flows)


def disputed(found: Answer) -> Answer:
    first, *_ = found.flows
    agreement = Agreement(False, "simulated", message("x"))
    judgement = Judgement(first.trace.flow, "dropped")
    said = Disagreement("0", "6", World(), first.trace, judgement, agreement)
    return msgspec.structs.replace(found, disputes=(Dispute(first.ref, said),))


def with_engine(found: Answer, state: str, *, left: bool = True) -> Answer:
    host = found.network.this
    contact = msgspec.convert({"kind": "docker", "endpoint": "", "state": state}, Contact)
    namespaces = host.namespaces if left else tuple(map(_bare, host.namespaces))
    engines = (Engine("docker", "20.10.24"),)
    changed = msgspec.structs.replace(host, contacts=(contact,), engines=engines, namespaces=namespaces)
    network = msgspec.structs.replace(found.network, hosts=(changed,))
    return msgspec.structs.replace(found, network=network)


def _bare(namespace: Namespace) -> Namespace:
    return msgspec.structs.replace(namespace, ruleset=Ruleset(), links=(), sockets=())


def undecided(found: Answer) -> Answer:
    first, *_ = found.flows
    trace = msgspec.structs.replace(first.trace, verdict="depends")
    return msgspec.structs.replace(found, flows=(msgspec.structs.replace(first, trace=trace),))


OUTCOME_CASES: dict[str, tuple[Callable[[], Answer], int]] = {
    "delivered": (answer, 0),
    "a blocking cause": (lambda: answer(FORWARDING_OFF), 1),
    "lost, and nothing explains it": (lambda: unexplained(answer(FORWARDING_OFF)), 3),
    "delivered, but rules were not read": (lambda: msgspec.structs.replace(answer(), unread=(UNREAD,)), 3),
    "what was not read does not matter": (lambda: msgspec.structs.replace(answer(), unread=(HARMLESS,)), 0),
    "a cause counts whatever was not read": (
        lambda: msgspec.structs.replace(answer(FORWARDING_OFF), unread=(UNREAD,)),
        1,
    ),
    "delivered, but its engine does not answer": (lambda: with_engine(answer(), "hung"), 3),
    "delivered, and its engine is not there any more": (lambda: with_engine(answer(), "stopped", left=False), 0),
    "dropped, and its engine does not answer": (lambda: with_engine(answer(FORWARDING_OFF), "hung"), 1),
    "walked, but its engine does not answer": (lambda: with_engine(answer(kind="walk"), "unreachable"), 3),
    "delivered, and the replica disagrees": (lambda: disputed(answer()), 0),
    "a cause, and the replica disagrees": (lambda: disputed(answer(FORWARDING_OFF)), 1),
    "no cause, and the replica disagrees": (lambda: disputed(unexplained(answer(FORWARDING_OFF))), 3),
    "a walk that is delivered": (lambda: answer(kind="walk"), 0),
    "a walk that is dropped": (lambda: answer(FORWARDING_OFF, kind="walk"), 1),
    "a walk that depends": (lambda: undecided(answer(kind="walk")), 3),
    "both judges: delivered": (lambda: proven(answer(), agrees=True), 0),
    "both judges: dropped": (lambda: proven(answer(FORWARDING_OFF), agrees=True), 1),
    "the kernel disagrees": (lambda: proven(answer(), agrees=False), 4),
    "the kernel cannot say": (lambda: proven(answer(), agrees=None), 3),
    "both judges: it depends": (lambda: undecided(proven(answer(), agrees=True)), 3),
}


@pytest.mark.parametrize(("found", "status"), OUTCOME_CASES.values(), ids=OUTCOME_CASES)
def test_exit_status(found: Callable[[], Answer], status: int) -> None:
    assert exit_status(found()) == status
