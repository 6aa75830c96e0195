"""Where evidence comes from; what excludes what."""

import sys
from pathlib import Path

import pytest

from hairpin.cli.material import gather, stated_world
from hairpin.errors import EvidenceError, UsageError
from hairpin.network.world import UpstreamRule, World
from tests.cli.commands import snapshot
from tests.report.answers import evidence

REFUSED: dict[str, tuple[tuple[str, ...], str | None, str]] = {
    "several": (("a", "b"), None, "one host at a time"),
    "both": (("a",), "root@b", "exclude each other"),
}


@pytest.mark.parametrize(("snapshots", "host", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(snapshots: tuple[str, ...], host: str | None, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        gather(snapshots, host)


def test_a_snapshot_is_read() -> None:
    assert gather((snapshot(),), None) == (evidence(),)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        gather(("/nonexistent/file",), None)


def test_elsewhere_than_on_linux_only_other_hosts_can_be_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="--host USER@HOST or --snapshot FILE"):
        gather((), None)


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
