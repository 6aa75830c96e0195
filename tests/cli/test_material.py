"""Where evidence comes from; what excludes what."""

import sys

import pytest

from hairpin.cli.material import gather, material
from hairpin.errors import EvidenceError, UsageError
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


def test_a_snapshot_is_read_and_parsed() -> None:
    found = material(gather((snapshot(),), None), (), None)
    assert found.evidence == evidence()
    assert [each.name for each in found.network.host.containers()]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        gather(("/nonexistent/file",), None)


def test_elsewhere_than_on_linux_only_other_hosts_can_be_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="--host USER@HOST or --snapshot FILE"):
        gather((), None)
