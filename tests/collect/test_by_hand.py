"""A person runs the printed script on a host, and what it printed is a snapshot elsewhere."""

import gzip
import io
import subprocess
from pathlib import Path

import pytest

from hairpin.collect.by_hand import evidence_in, script_for_hand
from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.collect.snapshot import load
from hairpin.errors import CollectError, HairpinError, WrongPathError
from tests.cli.commands import call
from tests.waiting import HANG_S

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - it marks frames
PRINTED = f"""hairpin-collect/1 {TOKEN}
{TOKEN}\tbegin\t2026-11-20T07:19:44+00:00\t100.00\tweb1\t6.1.0\t0

{TOKEN}\treading\tuptime\thost\t100.00\t/proc/uptime
100.00 1.00
{TOKEN}\tend\t0\t-\t100.01

{TOKEN}\tdone
"""


def test_the_script_has_one_line_more_that_says_how_to_run_it() -> None:
    plain, printed = script().splitlines(), script_for_hand().splitlines()
    assert (printed[0], printed[2:]) == (plain[0], plain[1:])
    assert printed[1].startswith(b"# By hand, as root: sh collect.sh > host.txt;")


def test_what_the_printed_script_prints_is_a_snapshot(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    """The whole way: printed by the command, run by ``sh`` with its output in a file, asked about."""
    from hairpin.cli.main import run  # noqa: PLC0415 - beside the capture of bytes

    assert run(["snapshot", "--print-script"]) == 0
    (tmp_path / "collect.sh").write_bytes(capfdbinary.readouterr().out)
    with (tmp_path / "host.txt").open("wb") as answer:
        subprocess.run(("sh", "collect.sh"), cwd=tmp_path, stdout=answer, check=True, timeout=HANG_S)
    read = load(tmp_path / "host.txt")
    assert read.find("machine-id", "") is not None
    assert run(["check", "--snapshot", str(tmp_path / "host.txt"), "--no-replica", "--json"]) in (0, 1, 3)
    assert b'"schema"' in capfdbinary.readouterr().out


TEXTS: dict[str, bytes] = {
    "as printed": PRINTED.encode(),
    "behind a login's greeting": b"Welcome to web1\n" + PRINTED.encode(),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_printed_answer_is_read(text: bytes) -> None:
    found = evidence_in(io.BytesIO(text), source="host.txt")
    assert (found.hostname, [each.text for each in found.readings]) == ("web1", ["100.00 1.00"])
    assert found == parse(text, hairpin=found.hairpin, source="host.txt")


REFUSED: dict[str, tuple[bytes, type[HairpinError], str]] = {
    "cut": (PRINTED.encode()[:-20], CollectError, "host.txt: the collector's answer was cut after"),
    "the script itself": (script_for_hand(), WrongPathError, "host.txt: not a hairpin snapshot"),
    "nothing": (b"", WrongPathError, "host.txt: not a hairpin snapshot"),
    "packed": (gzip.compress(PRINTED.encode()), HairpinError, "host.txt:1: not a hairpin snapshot"),
}


@pytest.mark.parametrize(("text", "kind", "said"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(text: bytes, kind: type[HairpinError], said: str) -> None:
    with pytest.raises(kind, match=said):
        evidence_in(io.BytesIO(text), source="host.txt")


def test_a_copy_of_it_is_a_snapshot(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "host.txt").write_text(PRINTED, encoding="utf-8")
    copy = tmp_path / "web1.hairpin"
    assert call(capsys, "snapshot", "--snapshot", str(tmp_path / "host.txt"), "-o", str(copy)).status == 0
    assert load(copy) == load(tmp_path / "host.txt")
