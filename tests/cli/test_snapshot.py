"""``hairpin snapshot``: copies and redacted copies of snapshots; the collection itself is tested in tests/collect."""

from pathlib import Path

import msgspec
import pytest

from hairpin.cli.snapshot import file_name, paths
from hairpin.evidence.file import read, write
from tests.acceptance.recorded_networks import FOLDER
from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF, evidence

NAMES: dict[str, tuple[str, str]] = {
    "plain": ("web1", "web1-20261120T071944Z.hairpin"),
    "with a domain": ("web1.example.com", "web1.example.com-20261120T071944Z.hairpin"),
    "nothing of a path": ("../../etc/x", "etc-x-20261120T071944Z.hairpin"),
    "nothing at all": ("", "host-20261120T071944Z.hairpin"),
}


@pytest.mark.parametrize(("hostname", "expected"), NAMES.values(), ids=NAMES)
def test_file_name(hostname: str, expected: str) -> None:
    assert file_name(hostname, "2026-11-20T07:19:44Z") == expected


def test_the_name_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call(capsys, "snapshot", "--snapshot", snapshot())
    assert (ended.status, ended.out) == (0, "host1-20261120T071944Z.hairpin\n")
    assert read(tmp_path / ended.out.strip()) == evidence()


def test_a_redacted_copy_gives_the_same_diagnosis(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(tmp_path / "redacted.hairpin")
    ended = call(capsys, "snapshot", "--snapshot", snapshot(FORWARDING_OFF), "--redact", "-o", path)
    assert ended.status == 0
    # Each run has its own key. Now and then it gives an address the text of another host's old one.
    assert [each.text for each in read(Path(path)).readings] != [
        each.text for each in evidence(FORWARDING_OFF).readings
    ]
    again = call(capsys, "check", "8080", "--snapshot", path)
    assert again.status == 1
    assert "cause[interface-forwarding-off]" in again.out


def test_status_is_2_for_a_path_that_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = call(capsys, "snapshot", "--snapshot", snapshot(), "-o", str(tmp_path / "no" / "x"))
    foreign = tmp_path / "foreign"
    foreign.write_text("hello", encoding="utf-8")
    unreadable = call(capsys, "snapshot", "--snapshot", str(foreign), "-o", str(tmp_path / "x"))
    assert (nowhere.status, unreadable.status) == (2, 2)
    assert "cannot be written" in nowhere.err
    assert "not a hairpin snapshot" in unreadable.err


def test_a_host_that_refuses_something_is_written_with_status_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    whole = evidence()
    refused = msgspec.structs.replace(whole.readings[0], outcome="refused", text="Permission denied")
    write(msgspec.structs.replace(whole, readings=(refused, *whole.readings[1:])), tmp_path / "partly")
    ended = call(capsys, "snapshot", "--snapshot", str(tmp_path / "partly"), "-o", str(tmp_path / "copy"))
    assert ended.status == 3
    assert f"host1: run hairpin as root to read: {refused.key}" in ended.err
    assert read(tmp_path / "copy").readings[0] == refused


def test_one_machine_is_no_two_hosts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ended = call(capsys, "snapshot", *("--snapshot", snapshot()) * 2, "--redact", "-o", str(tmp_path))
    assert (ended.status, list(tmp_path.iterdir())) == (2, [])
    assert "are the same machine; name each host once" in ended.err


def test_of_several_hosts_each_has_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recorded = FOLDER / "healthy-flannel-host-gw"
    both = ("--snapshot", str(recorded / "node1.hairpin"), "--snapshot", f"near={recorded / 'node2.hairpin'}")
    ended = call(capsys, "snapshot", *both, "-o", str(tmp_path))
    assert ended.status == 0
    assert [Path(each).name.partition("-")[0] for each in ended.out.split()] == ["node1", "near"]
    assert call(capsys, "snapshot", *both, "-o", "-").status == 2
    gone = call(capsys, "snapshot", *both, "--snapshot", str(tmp_path / "gone"), "-o", str(tmp_path))
    assert (gone.status, len(gone.out.split())) == (3, 2)
    assert "gone could not be read" in gone.err


def test_equal_names_have_files_of_their_own() -> None:
    found = paths((evidence(), evidence()), None, several=True)
    assert [each.name for each in found] == ["host1-20261120T071944Z.hairpin", "host1-2-20261120T071944Z.hairpin"]
