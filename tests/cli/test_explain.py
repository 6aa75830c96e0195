"""``hairpin explain`` prints a cause's page, and says of all else that it is not there yet."""

import json

import pytest

from tests.cli.commands import call
from tests.report.strict import errors


def test_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "ip-forward-off")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("ip-forward-off: The host does not forward IPv4\n")
    assert "sysctl -w net.ipv4.ip_forward=1" in ended.out


def test_a_page_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(call(capsys, "explain", "docker-user-drops", "--json", "--lang", "zh").out)
    assert set(document) == {"schema", "page"}
    assert set(document["page"]) == {"id", "title", "seen_as", "proof", "now", "lasting"}
    assert document["page"]["title"] == "DOCKER-USER 中的规则丢弃了流量"
    assert all(document["page"].values())


def test_an_unknown_id_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "docker-user-drop")
    assert (ended.status, ended.out) == (2, "")
    assert "no cause has the id 'docker-user-drop'; the nearest are docker-user-drops, " in ended.err


@pytest.mark.parametrize("arguments", ((), ("iptables: No chain by that name",), ("two", "words"), ("-",)))
def test_texts_are_not_there_yet(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert "`hairpin explain TEXT` is not in this version" in ended.err


def test_its_document_is_that_of_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors(json.loads(call(capsys, "explain", "icc-off", "--json").out), "explain-1.json") == []
