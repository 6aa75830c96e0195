"""Versions in the forms of programs, of Debian's and RPM's packages, and of people."""

import pytest

from hairpin.facts.version import ProgramVersion, has_revision, is_between, version_of
from tests.rows import each_row

VERSIONS = {
    "1.8.11": ((1, 8, 11), "1.8.11", None),
    "v1.8.11 (nf_tables)": ((1, 8, 11), "1.8.11", None),
    "iptables v1.8.9 (legacy)": ((1, 8, 9), "1.8.9", None),
    "1.8.11-2": ((1, 8, 11), "1.8.11-2", 2),
    "1.8.10-3ubuntu2": ((1, 8, 10), "1.8.10-3ubuntu2", 3),
    "5:28.5.2-1~debian.13~trixie": ((28, 5, 2), "28.5.2-1~debian.13~trixie", 1),
    "20.10.24+dfsg1-1+deb12u1": ((20, 10, 24), "20.10.24+dfsg1-1+deb12u1", None),
    "29.1": ((29, 1), "29.1", None),
    "2:1.12.2-1.fc41": ((1, 12, 2), "1.12.2-1.fc41", None),
    "6.12.0-55.el10.x86_64": ((6, 12, 0), "6.12.0-55.el10.x86_64", None),
    "systemd 257 (257.9-1~deb13u1)": ((257,), "257", None),
    "0.0~git20250503.587980c-2": ((20250503,), "0.0~git20250503.587980c-2", None),
    "2025_04_15.2340bbf": ((20250415,), "", None),
}


@each_row(("text", "parts"), VERSIONS.items())
def test_the_forms_of_a_version(text: str, parts: tuple[tuple[int, ...], str, int | None]) -> None:
    found = version_of(text)
    assert found is not None
    numbers, written, revision = parts
    assert (found.upstream, found.revision) == (numbers, revision)
    assert not written or found.text == written


@each_row("text", ("", "none", "(nf_tables)", "unknown"))
def test_no_version(text: str) -> None:
    assert version_of(text) is None


@pytest.mark.parametrize(
    ("text", "first", "before", "expected"),
    (
        ("1.8.11", "1.8.11", "1.8.12", True),
        ("1.8.12", "1.8.11", "1.8.12", False),
        ("1.8.9", "1.8.11", "1.8.12", False),
        ("29.1", "29.1.0", "29.1.1", False),
        ("29.1.0", "29.1.0", "29.1.1", True),
        ("29", "29.0.0", "", True),
        ("28.5.2-1~debian", "28.5.2", "", True),
        ("4.17.19", "", "4.18", True),
        ("10.0", "9.9", "", True),
    ),
)
def test_is_between(text: str, first: str, before: str, *, expected: bool) -> None:
    version = version_of(text)
    assert version is not None
    assert is_between(version, first, before) is expected


MENDED = {
    "1.8.11-2": True,
    "1.8.11-4": True,
    "1.8.11-1": False,
    "1.8.11": False,
    "1.8.11-1.el9": False,
    "1.8.10-3": False,
}


@each_row(("text", "expected"), MENDED.items())
def test_a_build_is_mended_from_its_revision_on(text: str, *, expected: bool) -> None:
    version = version_of(text)
    assert version is not None
    assert has_revision(version, "1.8.11-2") is expected


def test_a_version_without_revision_has_none() -> None:
    assert not has_revision(ProgramVersion((1, 8, 11), "1.8.11", 2), "1.8.11")
