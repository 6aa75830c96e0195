"""The writer of files as a program of its own: its exit status, and why it refuses."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import hairpin
from hairpin.carry.act import FileState, Replace


def written(act: Replace) -> tuple[int, str]:
    environment = {"PYTHONPATH": str(Path(hairpin.__file__).parents[1])}
    done = subprocess.run(
        (sys.executable, "-m", "hairpin.carry.writer"),
        input=msgspec.json.encode(act), capture_output=True, check=False, env=environment,
    )  # fmt: skip
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("before", ("one\n", "other\n"))
def test_a_file_is_replaced_or_it_is_said_why_not(before: str, tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("one\n", "utf-8")
    status, said = written(Replace(str(path), FileState(before), FileState("two\n")))
    assert (status, path.read_text("utf-8")) == ((0, "two\n") if before == "one\n" else (3, "one\n"))
    assert ("is not as expected" in said) is (status == 3)
