"""Exit statuses, and questions that have no answer at all."""

import msgspec
import pytest

from hairpin.cli.outcome import exit_status, published_text, unknown_port, walk_status
from hairpin.diagnose.check import Answer, check
from hairpin.errors import UsageError
from hairpin.host.host import Unread
from hairpin.question.flows import Target, flows_for
from tests.report.answers import FORWARDING_OFF, answer, network

UNREAD = Unread("iptables-nft-save4", "host", "iptables-save -c", "Permission denied", "e8")
HARMLESS = Unread("conntrack", "host", "conntrack -L", "timed out", "e9")


def unexplained(found: Answer) -> Answer:
    bare = tuple(msgspec.structs.replace(each, causes=(), proof=None) for each in found.diagnoses)
    return msgspec.structs.replace(found, diagnoses=bare, causes=())


CASES: dict[str, tuple[Answer, int]] = {
    "delivered": (answer(), 0),
    "a blocking cause": (answer(FORWARDING_OFF), 1),
    "lost, and nothing explains it": (unexplained(answer(FORWARDING_OFF)), 3),
    "delivered, but rules were not read": (msgspec.structs.replace(answer(), missing=(UNREAD,)), 3),
    "what was not read does not matter": (msgspec.structs.replace(answer(), missing=(HARMLESS,)), 0),
    "a cause counts whatever was not read": (msgspec.structs.replace(answer(FORWARDING_OFF), missing=(UNREAD,)), 1),
}


@pytest.mark.parametrize(("found", "status"), CASES.values(), ids=CASES)
def test_exit_status(found: Answer, status: int) -> None:
    assert exit_status(found) == status


def test_walk_status() -> None:
    assert [walk_status(each) for each in ("delivered", "dropped", "refused", "depends")] == [0, 1, 1, 3]


def asked(port: int) -> Answer:
    return check(network(), flows_for(network(), (Target(port),), None))


def test_a_port_of_nobody_is_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="8080/tcp") as refused:
        unknown_port(asked(9999), (Target(9999),))
    assert "port 9999" in str(refused.value)


def test_a_port_that_cannot_be_judged_is_not_refused() -> None:
    found = asked(9999)
    denied = Unread("docker-socket", "", "/var/run/docker.sock", "denied", "e1")
    unknown_port(msgspec.structs.replace(found, missing=(denied,)), (Target(9999),))
    unknown_port(answer(), (Target(8080),))
    unknown_port(found, (Target(9999), Target(8080)))


def test_what_is_published() -> None:
    host = network().this
    alone = msgspec.structs.replace(host, engines=())
    idle = msgspec.structs.replace(host.engines[0], containers=())
    empty = msgspec.structs.replace(host, engines=(idle,))
    assert str(published_text(alone)) == "no container engine was found on this host"
    assert str(published_text(empty)) == "no container publishes a port"
