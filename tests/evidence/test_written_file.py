"""A regular file is replaced, anything else is written to; a link stays a link."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hairpin.evidence.written_file import is_replaced, written
from tests.waiting import HANG_S

WRITES = "import sys; from pathlib import Path; from hairpin.evidence.written_file import written\n\
with written(Path(sys.argv[1])) as stream: stream.write(b'new')"


def put(path: Path, content: bytes = b"new") -> None:
    with written(path) as stream:
        stream.write(content)


def test_a_file_is_private_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    put(path)
    inode = path.stat().st_ino
    put(path, b"newer")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"newer", 0o600)
    assert path.stat().st_ino != inode
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", (True, False), ids=("to a file", "to nothing yet"))
def test_a_link_stays_and_its_target_is_written(tmp_path: Path, *, there: bool) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "real", tmp_path / "latest"
    if there:
        target.write_text("old")
    link.symlink_to("folder/real")
    put(link)
    assert link.readlink() == Path("folder/real")
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("error", (OSError("full"), KeyboardInterrupt()), ids=("an error", "an interrupt"))
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fails() -> None:
        with written(path) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(type(error)):
        fails()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_fifo_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    put(path)
    reader.join(HANG_S)
    assert (read, path.is_fifo(), is_replaced(path)) == ([b"new"], True, False)


def test_a_device_stays_a_device() -> None:
    before = Path("/dev/null").stat()
    put(Path("/dev/null"))
    assert Path("/dev/null").stat().st_ino == before.st_ino
    with pytest.raises(OSError, match="No space left"):
        put(Path("/dev/full"))


@pytest.mark.parametrize("name", ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"))
def test_standard_output_keeps_what_is_there(tmp_path: Path, name: str) -> None:
    log, link = tmp_path / "log", tmp_path / "link"
    log.write_text("old ")
    link.symlink_to("/dev/stdout")
    with log.open("ab") as out:
        target = str(link) if name == "link" else name
        subprocess.run((sys.executable, "-c", WRITES, target), stdout=out, check=True)
    assert log.read_text() == "old new"
    assert sorted(tmp_path.iterdir()) == [link, log]


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        put(tmp_path)
