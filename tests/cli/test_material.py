"""Evidence from snapshots, from other hosts and from this machine; the file of ``--outside``."""

import sys
from pathlib import Path

import pytest

from hairpin.cli.face.asked import Given
from hairpin.cli.material import gather, stated_world
from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import Evidence
from hairpin.network.world import UpstreamRule, World
from tests.cli.commands import call, snapshot
from tests.report.answers import evidence


def test_a_snapshot_is_read() -> None:
    assert gather((Given("snapshot", snapshot()),)) == (evidence(),)


def test_several_are_read_in_order_and_labelled() -> None:
    found = gather((Given("snapshot", f"near={snapshot()}"), Given("host", "far=-oX"), Given("snapshot", snapshot())))
    labels = [each.name if isinstance(each, Evidence) else each.label for each in found]
    assert labels == ["near", "far", evidence().hostname]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        gather((Given("snapshot", "/nonexistent/file"),))


def test_elsewhere_than_on_linux_only_other_hosts_can_be_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="--host USER@HOST or --snapshot FILE"):
        gather(())


def test_the_file_of_outside_is_read(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text('{"upstream": [{"action": "deny", "ports": 8151}]}')
    assert stated_world(str(path)).upstream == (UpstreamRule("deny", "tcp", (8151, 8151)),)
    assert stated_world(None) == World()


@pytest.mark.parametrize("content", (None, b"\xff"))
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "world.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read") as refused:
        stated_world(str(path))
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("words", (("restore",), ("prove", "8080"), ("story",)))
def test_a_text_is_no_whole_host(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "ticket.txt").write_text("$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n")
    ended = call(capsys, *words, "--text", str(tmp_path / "ticket.txt"))
    assert ended.status == 2
    assert f"hairpin {words[0]} needs the whole host" in ended.err


def test_what_a_text_does_not_tell_is_not_silent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "ticket.txt").write_text("$ docker run -d -p 8080:80 --name web nginx\n")
    ended = call(capsys, "walk", "8080", "--from", "lan", "--text", str(tmp_path / "ticket.txt"))
    assert "assumes an ordinary host for everything that" in ended.err
