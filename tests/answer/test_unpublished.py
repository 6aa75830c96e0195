"""A question about a port of this host that no container publishes and no socket listens on."""

import msgspec
import pytest

from hairpin.answer.unpublished import published_text, refuse_unpublished
from hairpin.errors import UsageError
from hairpin.host.host import Unread
from hairpin.question.asked import Target
from tests.report.answers import examination, network


def test_an_unpublished_port_is_refused_with_the_published_ones() -> None:
    with pytest.raises(UsageError, match="8080/tcp") as refused:
        refuse_unpublished((Target(9999),), examination(port=9999))
    assert "port 9999" in str(refused.value)


def test_a_port_that_cannot_be_judged_is_not_refused() -> None:
    found = examination(port=9999)
    denied = Unread("docker-socket", "", "/var/run/docker.sock", "denied", "e1")
    unread = found.network.with_host(msgspec.structs.replace(found.network.this, unread=(denied,)))
    refuse_unpublished((Target(9999),), msgspec.structs.replace(found, network=unread))
    refuse_unpublished((Target(8080),), examination())
    refuse_unpublished((Target(9999), Target(8080)), found)


def test_the_published_ports() -> None:
    host = network().this
    alone = msgspec.structs.replace(host, engines=())
    idle = msgspec.structs.replace(host.engines[0], containers=())
    empty = msgspec.structs.replace(host, engines=(idle,))
    assert str(published_text(alone)) == "no container engine was found on this host"
    assert str(published_text(empty)) == "no container publishes a port"
