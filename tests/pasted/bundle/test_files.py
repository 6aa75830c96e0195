"""Every kind of archive gives the same files, and a hostile one ends, harmlessly, with its reason."""

import bz2
import gzip
import lzma
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hairpin.errors import EvidenceError
from hairpin.pasted.bundle import files as module
from hairpin.pasted.bundle import limits, tar
from hairpin.pasted.bundle import stream as streams
from hairpin.pasted.bundle.files import files_in
from tests.pasted.bundle.archives import folder_of, tar_of, zip_of

FILES = {"r/a": b"one\n", "r/deep/" + "n" * 150: b"long name\n", "r/empty": b"", "r/b": b"x" * 2000}
TAR = tar_of(FILES)
COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "tar": lambda data: data,
    "gzip": gzip.compress,
    "two members of gzip": lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:]),
    "gzip with zeros behind it": lambda data: gzip.compress(data) + bytes(1000),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


def everything(path: str) -> int:
    """Want the whole of each file."""
    del path
    return 1 << 20


@pytest.mark.parametrize("compress", COMPRESSED.values(), ids=COMPRESSED)
def test_compressions(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(compress(TAR))
    assert files_in(str(path), everything) == FILES


@pytest.mark.parametrize("form", (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
def test_forms_of_tar(form: int, tmp_path: Path) -> None:
    path = tmp_path / "bundle.tar"
    files = {"./r/ü" + "n" * 200: b"1", "r/b": b"2"}
    path.write_bytes(tar_of(files, form=form))
    assert files_in(str(path), everything) == {name.removeprefix("./"): data for name, data in files.items()}


def test_zip_and_folder(tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(zip_of(FILES))
    assert files_in(str(tmp_path / "bundle.zip"), everything) == FILES
    assert files_in(str(folder_of(tmp_path / "folder", FILES)), everything) == FILES


def test_zstd(tmp_path: Path) -> None:
    path = tmp_path / "bundle.tar.zst"
    path.write_bytes(subprocess.run(("zstd", "-c"), input=TAR, stdout=subprocess.PIPE, check=True).stdout)
    assert files_in(str(path), everything) == FILES
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(EvidenceError, match="cut or damaged"):
        files_in(str(path), everything)


def test_zstd_without_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bundle.tar.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EvidenceError, match="install the program zstd"):
        files_in(str(path), everything)


def test_beginning_and_end_of_a_file(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10
    for path, content in (("t", tar_of({"a": data, "b": b"!"})), ("z", zip_of({"a": data, "b": b"!"}))):
        (tmp_path / path).write_bytes(content)
        assert files_in(str(tmp_path / path), lambda _: 100) == {"a": data[:100], "b": b"!"}
        assert files_in(str(tmp_path / path), lambda _: -100) == {"a": data[-100:], "b": b"!"}
    folder_of(tmp_path / "f", {"a": data, "b": b"!"})
    assert files_in(str(tmp_path / "f"), lambda _: -100) == {"a": data[-100:], "b": b"!"}


def test_a_file_alone_is_its_own_bundle(tmp_path: Path) -> None:
    (tmp_path / "network.txt").write_bytes(b"text\n")
    assert files_in(str(tmp_path / "network.txt"), lambda _: 0) == {"network.txt": b"text\n"}
    (tmp_path / "program").write_bytes(b"\x7fELF\0\0" + bytes(600))
    with pytest.raises(EvidenceError, match="no archive"):
        files_in(str(tmp_path / "program"), everything)


# --- hostile ---------------------------------------------------------------------------------------------------------


def _entry(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.linkname = link
    return entry


def test_links_devices_and_ways_out_are_passed_over(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    members = (
        _entry("r/link", tarfile.SYMTYPE, str(secret)),
        _entry("r/hard", tarfile.LNKTYPE, str(secret)),
        _entry("r/zero", tarfile.CHRTYPE),
        _entry("r/disk", tarfile.BLKTYPE),
        _entry("r/pipe", tarfile.FIFOTYPE),
    )
    path = tmp_path / "bundle.tar"
    path.write_bytes(
        tar_of({"../../etc/passwd": b"!", "/etc/motd": b"a", "r/../x": b"!", "r/a": b"b"}, members=members)
    )
    assert files_in(str(path), everything) == {"etc/motd": b"a", "r/a": b"b"}


def test_a_folder_is_not_left(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    folder_of(secret, {"passwd": b"secret"})
    bundle = folder_of(tmp_path / "bundle", {"a": b"1"})
    (bundle / "link").symlink_to(secret / "passwd")
    (bundle / "folder").symlink_to(secret)
    os.mkfifo(bundle / "pipe")
    assert files_in(str(bundle), everything) == {"a": b"1"}


def test_a_bomb_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    zeros = tar_of({"bomb": bytes(4 << 20)})
    for name, data in (
        ("gz", gzip.compress(zeros)),
        ("xz", lzma.compress(zeros)),
        ("zip", zip_of({"bomb": bytes(4 << 20)})),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(EvidenceError, match="after decompression"):
            files_in(str(tmp_path / name), lambda _: -1)


def test_a_bomb_within_gzip_takes_no_memory(tmp_path: Path) -> None:
    """A file that is not wanted is read past in small pieces."""
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(gzip.compress(tar_of({"bomb": bytes(64 << 20), "a": b"1"})))
    assert files_in(str(path), lambda name: 10 if name == "a" else 0) == {"a": b"1"}


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"f{number}": b"" for number in range(50)}
    (tmp_path / "tar").write_bytes(tar_of(files))
    folder_of(tmp_path / "folder", files)
    monkeypatch.setattr(tar, "MOST_FILES", 20)
    monkeypatch.setattr(module, "MOST_FILES", 20)
    for name in ("tar", "folder"):
        with pytest.raises(EvidenceError, match="more than 20 files"):
            files_in(str(tmp_path / name), everything)


def test_a_large_directory_of_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zip").write_bytes(zip_of({f"f{number}": b"" for number in range(50)}))
    monkeypatch.setattr(module, "MOST_DIRECTORY", 1000)
    with pytest.raises(EvidenceError, match="directory is larger"):
        files_in(str(tmp_path / "zip"), everything)


def test_too_much_that_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tar"
    path.write_bytes(tar_of({"a": bytes(2 << 20), "b": bytes(2 << 20)}))
    monkeypatch.setattr(module, "MOST_KEPT_BYTES", 1 << 20)
    with pytest.raises(EvidenceError, match="more than 1 MiB"):
        files_in(str(path), lambda _: 2 << 20)
    assert list(files_in(str(path), lambda _: 1 << 19, budget=1)) == ["a"]
    monkeypatch.setattr(module, "MOST_KEPT_FILES", 1)
    with pytest.raises(EvidenceError, match="more than 1 files"):
        files_in(str(path), lambda _: 1)


def test_a_name_of_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "tar"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path.write_bytes(tar_of({"n" * (1 << 20): b"1"}, form=form))
        with pytest.raises(EvidenceError, match="name is longer"):
            files_in(str(path), everything)


def test_xz_that_needs_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "xz"
    path.write_bytes(lzma.compress(TAR, preset=9))
    monkeypatch.setattr(streams, "MOST_XZ_MEMORY", 1 << 20)
    with pytest.raises(EvidenceError, match="decompression needs more"):
        files_in(str(path), everything)


DAMAGED: dict[str, bytes] = {
    "cut within a file": TAR[:3000],
    "cut within a header": tar_of({"a": bytes(512)})[:1100],
    "a wrong checksum": TAR[:100] + b"7" + TAR[101:],
    "gzip cut": gzip.compress(TAR)[:-30],
    "gzip damaged": gzip.compress(TAR)[:20] + b"\xff" * 40 + gzip.compress(TAR)[60:],
    "xz cut": lzma.compress(TAR)[:120],
    "bzip2 cut": bz2.compress(TAR)[:-30],
    "zip cut": zip_of(FILES)[:-40],
    "a zip without its end": zip_of(FILES)[:30],
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(data)
    with pytest.raises(EvidenceError, match="damaged"):
        files_in(str(path), everything)


def test_a_size_that_is_a_lie(tmp_path: Path) -> None:
    """The header says 8 EiB, or a negative number."""
    for size in (b"\x80" + b"\0" * 3 + b"\x7f" + b"\xff" * 7, b"\xff" * 12):
        data = bytearray(tar_of({"a": b"1"}))
        data[124:136] = size
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
        path = tmp_path / "tar"
        path.write_bytes(bytes(data))
        with pytest.raises(EvidenceError, match="damaged"):
            files_in(str(path), everything)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        files_in(str(tmp_path / "none"), everything)
    assert limits.MOST_FILES > 0
