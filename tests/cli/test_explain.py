"""``hairpin explain`` prints a cause's page, and says of all other texts what they mean."""

import io
import json
import sys

import pytest

from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF
from tests.report.strict import errors


def stdin(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    """Let standard input be these bytes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))


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
    assert document["page"]["now"] == "删除该规则，或在它之前为该流量添加 RETURN。"
    assert all(document["page"].values())


@pytest.mark.parametrize("words", (("iptables", "1.8.11"), ("iptables 1.8.11",)), ids=("two", "one"))
def test_the_known_faults_of_a_version(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", *words)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("Known of iptables 1.8.11, in hairpin's list of 20")
    assert "https://github.com/moby/moby/issues/48844" in ended.out


def test_the_known_faults_of_a_version_as_json_and_as_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(call(capsys, "explain", "docker", "29.1.0", "--json").out)
    assert errors(document, "explain-1.json") == []
    assert "docker-29.1.0-resolver" in [each["id"] for each in document["faults"]]
    assert "docker-29.1.0-resolver" in call(capsys, "explain", "docker", "29.1.0", "--html", "-").out


def test_an_unknown_id_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "docker-user-drop")
    assert (ended.status, ended.out) == (2, "")
    assert "no cause has the id 'docker-user-drop'; the nearest are docker-user-drops, " in ended.err


def test_a_text_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "IPv4 forwarding is disabled", "--snapshot", snapshot(FORWARDING_OFF))
    assert (ended.status, ended.err) == (1, "")
    assert "true here: interface-forwarding-off" in ended.out


def test_words_without_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "IPv4", "forwarding", "is", "disabled", "--snapshot", snapshot())
    assert ended.status == 1
    assert "not true here now" in ended.out


@pytest.mark.parametrize("arguments", ((), ("-",)))
def test_lines_from_a_pipe(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, b"ok\nWARNING: IPv4 forwarding is disabled.\n\xff\xfe\n")
    ended = call(capsys, "explain", *arguments, "--json", "--snapshot", snapshot(FORWARDING_OFF))
    document = json.loads(ended.out)
    assert (ended.status, [each["here"] for each in document["found"]]) == (1, ["true"])
    assert document["lines"] == 3
    assert errors(document, "explain-1.json") == []


def test_nothing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "all is well")
    assert ended.status == 0
    assert ended.out.startswith(
        "hairpin does not know the meaning of this text.\n  · all is well\nPaste the whole line "
    )
    assert "Known texts" not in ended.out


def test_the_nearest_known_text_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "port is allocated already", "--json")
    (kind,) = json.loads(ended.out)["unknown"]["kinds"]
    assert [each["id"] for each in kind["nearest"]] == ["docker-port-allocated"]
    assert ended.status == 0


@pytest.mark.parametrize("text", (b"", b"\n \n"))
def test_an_empty_text(text: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, text)
    ended = call(capsys, "explain")
    assert (ended.status, ended.out) == (2, "")
    assert "the text is empty" in ended.err


def test_standard_input_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "-", "--snapshot", "-")
    assert (ended.status, ended.out) == (2, "")
    assert "standard input is already used for the snapshot" in ended.err


def test_a_text_that_is_no_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "caf\udce9 at 10.0.0.5:80")
    assert ended.status == 0
    assert "hairpin check 10.0.0.5:80" in ended.out


def test_a_damaged_snapshot_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "IPv4 forwarding is disabled", "--snapshot", __file__)
    assert (ended.status, ended.out) == (2, "")


def test_its_document_is_that_of_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors(json.loads(call(capsys, "explain", "icc-off", "--json").out), "explain-1.json") == []


def test_where_it_was_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = "dial tcp 0.0.0.0:8080: i/o timeout"
    known = call(capsys, "explain", text, "--from", "192.0.2.7", "--snapshot", snapshot(FORWARDING_OFF))
    assert "true here: interface-forwarding-off" in known.out
    assert "repair now:" in known.out
    unknown = call(capsys, "explain", text, "--snapshot", snapshot(FORWARDING_OFF))
    assert "true here? unknown: seen from this host: " in unknown.out
    assert "--from" in unknown.out
    assert "repair" not in unknown.out


def test_a_place_that_these_hosts_lack(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "explain", "Connection refused", "--from", "container:nosuch", "--snapshot", snapshot())
    assert (ended.status, ended.out) == (2, "")
    assert "nosuch" in ended.err
