"""A replaced file keeps all that belongs to it; one that cannot be replaced is whole, and the complaint says why."""

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import msgspec
import pytest

from hairpin.carry import files
from hairpin.carry.act import FileState, Replace
from hairpin.carry.files import replace_file, state_of
from tests.whole import thinned

if TYPE_CHECKING:
    from _typeshed import TraceFunction

CONTEXT = b"system_u:object_r:system_conf_t:s0\0"


def replaced(path: Path, before: str | None, after: str | None) -> str | None:
    states = (FileState(each) if each is not None else None for each in (before, after))
    complaint = replace_file(Replace(str(path), *states))
    return str(complaint) if complaint is not None else None


def made(path: Path, content: str = "one\n") -> Path:
    path.write_bytes(content.encode())
    return path


def acl(*, reader: int, mask: int = 4) -> bytes:
    """Return an ACL: the owner writes, the user ``reader`` reads, others have nothing.  Source:
    linux/posix_acl_xattr.h"""
    none = 0xFFFFFFFF
    entries = ((0x01, 6, none), (0x02, 4, reader), (0x04, 0, none), (0x10, mask, none), (0x20, 0, none))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)


def attributes(path: Path) -> dict[str, bytes]:
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


def test_a_file_is_made_changed_and_deleted(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    assert replaced(path, None, "one\n") is None
    assert state_of(path) == FileState("one\n", 0o644, 0, 0, ())
    path.chmod(0o600)
    assert replaced(path, "one\n", "two\n") is None
    assert state_of(path) == FileState("two\n", 0o600, 0, 0, ())
    assert replace_file(Replace(str(path), FileState("two\n", 0o600), None)) is None
    assert state_of(path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_has_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("other\n", "utf-8")
    refusals = (
        Replace(str(path), FileState("one\n"), FileState("two\n")),
        Replace(str(path), None, FileState("two\n")),
        Replace(str(path), FileState("other\n", mode=0o600), FileState("two\n")),
        Replace(str(tmp_path / "gone"), FileState("one\n"), None),
    )
    assert all("not as expected" in str(replace_file(each)) for each in refusals)
    assert path.read_text("utf-8") == "other\n"


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("one\n", "utf-8")
    link.symlink_to(target)
    assert replaced(link, "one\n", "two\n") is None
    assert link.is_symlink()
    assert target.read_text("utf-8") == "two\n"


def test_a_folder_of_drop_ins_comes_with_the_first_and_goes_with_the_last(tmp_path: Path) -> None:
    one, two = (tmp_path / "10-eth0.network.d" / name for name in ("a.conf", "b.conf"))
    assert replaced(one, None, "one\n") is None
    assert replaced(two, None, "two\n") is None
    assert replaced(one, "one\n", None) is None
    assert two.exists()
    assert replaced(two, "two\n", None) is None
    assert list(tmp_path.iterdir()) == []
    assert "No such file" in (replaced(tmp_path / "no" / "a.conf", None, "one\n") or "")


def test_every_byte_is_kept(tmp_path: Path) -> None:
    """Line ends of another system, no line end at all, bytes that are no UTF-8: an undo gives them back."""
    path = made(tmp_path / "a.conf")
    path.write_bytes(b"one\r\n\xe9 = two")
    was = state_of(path)
    assert was is not None
    assert replace_file(Replace(str(path), was, FileState("other\n"))) is None
    assert replace_file(Replace(str(path), FileState("other\n"), was)) is None
    assert path.read_bytes() == b"one\r\n\xe9 = two"


def test_attributes_are_kept(tmp_path: Path) -> None:
    path = made(tmp_path / "a.conf")
    path.chmod(0o640)
    os.setxattr(path, "security.selinux", CONTEXT)
    os.setxattr(path, "system.posix_acl_access", acl(reader=1001))
    os.setxattr(path, "user.note", b"by hand")
    was, mode = attributes(path), path.stat().st_mode
    assert replaced(path, "one\n", "two\n") is None
    assert path.read_text("utf-8") == "two\n"
    assert (attributes(path), path.stat().st_mode) == (was, mode)
    assert set(was) == {"security.selinux", "system.posix_acl_access", "user.note"}


def test_a_deleted_file_is_made_again_with_its_attributes(tmp_path: Path) -> None:
    path = made(tmp_path / "a.conf")
    os.setxattr(path, "system.posix_acl_access", acl(reader=1001))
    was = state_of(path)
    assert replaced(path, "one\n", None) is None
    assert not path.exists()
    assert replace_file(Replace(str(path), None, was)) is None
    assert state_of(path) == was


def test_the_default_acl_of_a_folder_is_for_new_files_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "old.conf")
    os.setxattr(tmp_path, "system.posix_acl_default", acl(reader=1001))
    assert replaced(path, "one\n", "two\n") is None
    assert attributes(path) == {}
    assert replaced(tmp_path / "new.conf", None, "new\n") is None
    assert "system.posix_acl_access" in attributes(tmp_path / "new.conf")


def test_the_signature_of_the_old_content_is_not_kept(tmp_path: Path) -> None:
    """IMA refuses to open a file whose signature is another content's."""
    path = made(tmp_path / "a.conf")
    os.setxattr(path, "security.ima", b"\x01" + bytes(20))
    assert replaced(path, "one\n", "two\n") is None
    assert attributes(path) == {}


def test_a_file_of_one_name_is_another_file_afterwards(tmp_path: Path) -> None:
    """Who has opened it reads the old one to its end."""
    path = made(tmp_path / "a.conf")
    with path.open(encoding="utf-8") as reader:
        assert replaced(path, "one\n", "two\n") is None
        assert reader.read() == "one\n"
    assert [each.name for each in tmp_path.iterdir()] == ["a.conf"]


@pytest.mark.parametrize("after", ("two\n", "", "much longer than it was\n" * 500))
def test_hard_links_are_kept(after: str, tmp_path: Path) -> None:
    path, other = made(tmp_path / "a.conf"), tmp_path / "b.conf"
    other.hardlink_to(path)
    path.chmod(0o600)
    assert replaced(path, "one\n", after) is None
    assert other.read_text("utf-8") == after
    assert (path.stat().st_ino, path.stat().st_nlink, path.stat().st_mode & 0o777) == (other.stat().st_ino, 2, 0o600)
    assert replaced(other, after, "one\n") is None
    assert path.read_text("utf-8") == "one\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.conf", "b.conf"]


@pytest.mark.parametrize("torn", (b"twr\n", b"three\n", b"thre", b"thre\0\0"))
def test_a_file_that_was_half_written_is_finished_or_taken_back(torn: bytes, tmp_path: Path) -> None:
    """Killed while it wrote a file of two names: its old content lies beside it."""
    for before, after in (("two\n", "three\n"), ("three\n", "two\n")):
        path, other = made(tmp_path / "a.conf", before), tmp_path / "b.conf"
        other.unlink(missing_ok=True)
        other.hardlink_to(path)
        made(tmp_path / ".a.conf.hairpin-old", "two\n")
        path.write_bytes(torn)
        assert replaced(path, before, after) is None
        assert other.read_text("utf-8") == after
        assert sorted(each.name for each in tmp_path.iterdir()) == ["a.conf", "b.conf"]


def test_a_file_that_a_person_has_changed_since_is_not_taken_for_half_written(tmp_path: Path) -> None:
    path = made(tmp_path / "a.conf", "tea\n")
    made(tmp_path / ".a.conf.hairpin-old", "two\n")
    assert "not as expected" in (replaced(path, "two\n", "three\n") or "")
    assert path.read_text("utf-8") == "tea\n"


def test_what_a_killed_process_has_left_is_no_hindrance(tmp_path: Path) -> None:
    path = made(tmp_path / "a.conf")
    made(tmp_path / ".a.conf.hairpin-new", "half")
    assert replaced(path, "one\n", "two\n") is None
    assert [each.name for each in tmp_path.iterdir()] == ["a.conf"]


@pytest.mark.parametrize("content", ("one\n", None))
def test_a_file_that_becomes_what_it_is_has_nothing_left_beside_it(content: str | None, tmp_path: Path) -> None:
    """So a step is taken back that was killed before it changed anything."""
    path = made(tmp_path / "a.conf") if content is not None else tmp_path / "a.conf"
    for left in ("new", "old"):
        made(tmp_path / f".a.conf.hairpin-{left}", "half")
    assert replaced(path, content, content) is None
    assert [each.name for each in tmp_path.iterdir()] == (["a.conf"] if content is not None else [])


def killed_at(line: int, act: Replace) -> bool:
    """Replace the file in a process that is killed as it comes to the line of that number in this module; return
    whether it came so far."""
    child = os.fork()
    if not child:
        left = line

        def trace(frame: FrameType, event: str, _argument: object) -> "TraceFunction | None":
            nonlocal left
            if frame.f_code.co_filename != files.__file__:
                return None
            if event == "line":
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        replace_file(act)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("names", thinned((1, 2), 2))
@pytest.mark.parametrize("after", thinned(("two\n", "x" * 20_000, ""), 3))
def test_killed_at_any_line_it_is_taken_back(names: int, after: str, tmp_path: Path) -> None:
    """The next process goes by what is there: what the act found, or else its undo."""
    line = 0
    while True:
        folder = tmp_path / str(line)
        folder.mkdir()
        path = made(folder / "a.conf")
        others = [folder / f"{number}.conf" for number in range(1, names)]
        for each in others:
            each.hardlink_to(path)
        before = state_of(path)
        assert before is not None
        wanted = msgspec.structs.replace(before, content=after)
        was_killed = killed_at(line, Replace(str(path), before, wanted))
        as_before = path.read_text("utf-8") == "one\n"
        assert replace_file(Replace(str(path), before if as_before else wanted, before)) is None
        assert {each.name: state_of(each) for each in folder.iterdir()} == dict.fromkeys(
            ("a.conf", *(each.name for each in others)), before
        )
        if not was_killed:
            assert line > 40
            return
        line += 1


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few pages."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder), check=True)
    yield folder
    subprocess.run(("umount", folder), check=True)


@pytest.mark.parametrize("names", (1, 2))
def test_a_full_disk_leaves_the_file_as_it_is(names: int, small: Path) -> None:
    path = made(small / "a.conf")
    for number in range(1, names):
        (small / f"{number}.conf").hardlink_to(path)
    was = sorted(each.name for each in small.iterdir())
    assert "is full" in (replaced(path, "one\n", "x" * 100_000) or "")
    assert path.read_text("utf-8") == "one\n"
    assert sorted(each.name for each in small.iterdir()) == was
    assert replaced(path, "one\n", "two\n") is None


def test_a_file_system_that_is_read_only_is_named(small: Path) -> None:
    path = made(small / "a.conf")
    subprocess.run(("mount", "-o", "remount,ro", small), check=True)
    for before, after in (("one\n", "two\n"), ("one\n", None)):
        assert "mounted read-only" in (replaced(path, before, after) or "")
    assert path.read_text("utf-8") == "one\n"


@pytest.mark.parametrize("letter", ("i", "a"))
@pytest.mark.parametrize("frozen", ("a.conf", "."))
def test_a_file_that_chattr_has_frozen_is_named(letter: str, frozen: str, tmp_path: Path) -> None:
    """A file may be made in a folder with the attribute ``a``, and not be renamed there."""
    path = made(tmp_path / "a.conf")
    subprocess.run(("chattr", f"+{letter}", tmp_path / frozen), check=True)
    try:
        assert f"chattr -{letter}" in (replaced(path, "one\n", "two\n") or "")
        assert path.read_text("utf-8") == "one\n"
    finally:
        subprocess.run(("chattr", f"-{letter}", tmp_path / frozen), check=True)


def test_another_reason_is_said_in_the_words_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "a.conf").mkdir()
    assert replaced(tmp_path / "a.conf", "one\n", "two\n") == f"{tmp_path}/a.conf: Is a directory"
