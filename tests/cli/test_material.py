"""Where evidence comes from; what excludes what."""

import sys

import msgspec
import pytest

from hairpin.cli.material import gather, material
from hairpin.diagnose.check import check
from hairpin.errors import EvidenceError, UsageError
from hairpin.question.flows import Origin, Target, flows_for
from hairpin.report.document import report_document
from hairpin.report.words import Words
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
    assert [each.name for each in found.network.this.containers()]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        gather(("/nonexistent/file",), None)


def test_elsewhere_than_on_linux_only_other_hosts_can_be_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="--host USER@HOST or --snapshot FILE"):
        gather((), None)


def test_bytes_that_are_no_text_can_be_printed() -> None:
    whole = evidence()
    rule = "-A DOCKER-USER -j RETURN"
    comment = f'-A DOCKER-USER -m comment --comment "caf\udce9" -j DROP\n[0:0] {rule}'
    readings = tuple(msgspec.structs.replace(each, text=each.text.replace(rule, comment)) for each in whole.readings)
    found = material(msgspec.structs.replace(whole, readings=readings), (), None)
    answer = check(found.network, flows_for(found.network, (Target(8080),), Origin("lan")))
    told = msgspec.json.encode(report_document(answer, found.evidence, Words())).decode()
    assert "caf\\\\xe9" in told
