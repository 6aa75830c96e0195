"""``hairpin diff`` on snapshots."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from hairpin.cli.diff import snapshots_first
from hairpin.collect.snapshot import with_traces
from hairpin.errors import UsageError
from hairpin.evidence.file import write
from hairpin.evidence.reading import Reading
from tests.cli.commands import call
from tests.report.answers import FORWARDING_OFF, Replacement, evidence
from tests.report.strict import errors


def _file(folder: Path, *replacements: Replacement) -> str:
    path = folder / f"{len(replacements)}.hairpin"
    write(evidence(*replacements), path)
    return str(path)


def test_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path)
    ended = call(capsys, "diff", path, path, "--no-replica")
    assert (ended.status, ended.err) == (0, "")
    assert "nothing differs" in ended.out


def test_different(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _file(tmp_path), _file(tmp_path, FORWARDING_OFF)
    ended = call(capsys, "diff", *files, "8080", "--json", "--no-replica")
    assert ended.status == 1
    document = json.loads(ended.out)
    assert errors(document, "diff-1.json") == []
    assert [each["where"] for each in document["changes"]] == ["net.ipv4.conf.eth0.forwarding"]
    assert {each["flow"]["to"] for each in document["flows"]} == {"198.51.100.11:8080/tcp"}


def test_no_snapshot(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "diff").status == 2
    assert call(capsys, "diff", "/nowhere/a.hairpin").status == 2


def test_files_stand_in_front_of_targets(tmp_path: Path) -> None:
    path = _file(tmp_path)
    assert snapshots_first((path, "8151")) == ((path,), ("8151",))
    assert snapshots_first((path, path, "web:80")) == ((path, path), ("web:80",))
    assert snapshots_first(("8151/tcp", "http://198.51.100.11:8151/")) == (
        (),
        ("8151/tcp", "http://198.51.100.11:8151/"),
    )
    assert snapshots_first(("8151", path), named=1) == ((), ("8151", path))


def test_the_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path)
    lost = str(tmp_path / "lost.hairpin")
    for words, named in (((lost,), lost), (("nowhere", path), "nowhere"), ((path, lost), lost), ((lost, path), lost)):
        with pytest.raises(UsageError) as raised:
            snapshots_first(words)
        assert str(raised.value).startswith(f"file {named} does not exist"), words


def test_a_target_leaves_the_changes_that_its_flows_do_not_meet_to_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ("/ipv4/conf/all/tag:0", "/ipv4/conf/all/tag:1")
    files = _file(tmp_path), _file(tmp_path, FORWARDING_OFF, other)
    told = call(capsys, "diff", *files, "8080", "--no-replica").out
    assert "1 other change, which affects no packet of these flows (-v lists it)" in " ".join(told.split())
    assert "net.ipv4.conf.eth0.forwarding" in told
    whole = call(capsys, "diff", *files, "8080", "--no-replica", "-v").out
    assert whole.index("affect no packet of these flows") > whole.index("net.ipv4.conf.eth0.forwarding")
    assert "no packet" not in call(capsys, "diff", *files, "--no-replica").out


def test_alike_hosts_whose_names_are_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hosts that are called ``accept`` and ``drop``: no rule changes with them."""
    files = tmp_path / "accept.hairpin", tmp_path / "drop.hairpin"
    for each in files:
        write(replace(evidence(), hostname=each.stem), each)
    ended = call(capsys, "diff", "--alike", *map(str, files), "--no-replica")
    assert ended.status == 0
    assert ended.out.startswith("accept and drop: nothing differs")


def test_the_traces_of_the_later_snapshot_tell_who_made_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    was, now = evidence(), evidence(FORWARDING_OFF)
    begun = datetime.fromisoformat(was.taken_at).timestamp()
    ran = "ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/sysctl -w net.ipv4.conf.eth0.forwarding=0"
    line = {"__REALTIME_TIMESTAMP": str(int((begun + 60) * 1e6)), "SYSLOG_IDENTIFIER": "sudo", "MESSAGE": ran}
    clock = f"now {begun + 120:.0f}\nsince {begun - 3600:.0f}\noffset +0000\njournal persistent\n"
    texts = (("trace-clock", clock), ("trace-logins", json.dumps(line)))
    later = datetime.fromtimestamp(begun + 120, UTC).isoformat().replace("+00:00", "Z")
    readings = tuple(Reading(f"e{n}", key, "", key, later, 0, "text", text) for n, (key, text) in enumerate(texts, 1))
    now = replace(with_traces(now, replace(now, readings=readings)), taken_at=later)
    files = tmp_path / "a.hairpin", tmp_path / "b.hairpin"
    for each, path in zip((was, now), files, strict=True):
        write(each, path)
    ended = call(capsys, "diff", *map(str, files), "8080", "--json", "--no-replica")
    document = json.loads(ended.out)
    assert errors(document, "diff-1.json") == []
    (change,) = document["changes"]
    assert (change["by"]["kind"], change["by"]["name"]) == ("person", "ann (pts/0)")
    assert change["since"]["not_before"] == change["since"]["not_after"]
    assert ran.rpartition("=")[0].rpartition("/")[2] in document["evidence"][change["by"]["evidence"]]["excerpt"]
    backwards = call(capsys, "diff", str(files[1]), str(files[0]), "8080", "--json", "--no-replica")
    assert json.loads(backwards.out)["changes"][0]["by"] is None
