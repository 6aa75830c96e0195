"""Several hosts are read at once, from files and over ssh, each under its label."""

import io
from pathlib import Path

import pytest

from hairpin.collect.several import Kind, Place, parse_place, read_all
from hairpin.collect.snapshot import save
from hairpin.errors import EvidenceError, UsageError
from hairpin.evidence.reading import SCHEMA, Evidence
from hairpin.evidence.several import NotRead
from tests.rows import each_row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        save(Evidence(SCHEMA, "0", "", name, "6.1", ()), tmp_path / f"{name}.hairpin")
    (tmp_path / "x=a.hairpin").write_bytes((tmp_path / "a.hairpin").read_bytes())
    return tmp_path


PLACES: dict[str, tuple[Place, Place]] = {
    "a file": (parse_place("snapshot", "a.hairpin"), Place("snapshot", "a.hairpin")),
    "a label": (parse_place("snapshot", "near=/x/a.hairpin"), Place("snapshot", "/x/a.hairpin", "near")),
    "an equals sign in a folder's name": (parse_place("snapshot", "/x=y/a"), Place("snapshot", "/x=y/a")),
    "a host": (parse_place("host", "root@web1"), Place("host", "root@web1")),
    "a labelled host": (parse_place("host", "n=root@web1"), Place("host", "root@web1", "n")),
}


@each_row(("found", "expected"), PLACES.values(), ids=PLACES)
def test_a_label_stands_in_front(found: Place, expected: Place) -> None:
    assert found == expected


def test_a_file_with_an_equals_sign_is_that_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert parse_place("snapshot", "x=a.hairpin") == Place("snapshot", "x=a.hairpin")
    (folder / "a b=c").touch()
    for path in ("a b=c", "./a b=c", "./gone=c"):
        assert parse_place("snapshot", path) == Place("snapshot", path)


WRONG: dict[str, tuple[Kind, str, str]] = {
    "no file": ("snapshot", "", "--snapshot '' names no file; write FILE or NAME=FILE"),
    "no file behind the label": ("snapshot", "x=", "--snapshot 'x=' names no file"),
    "a blank": ("snapshot", " ", "names no file"),
    "a space in the label": (
        "snapshot",
        "a b=f",
        "--snapshot a b=f: 'a b' is not a label; a label has letters, digits",
    ),
    "a host's sign in the label": ("snapshot", "a@b=f", "'a@b' is not a label"),
    "no label": ("snapshot", "=f", "'' is not a label"),
    "the way out for a file": ("snapshot", "a b=f", "write ./FILE for a file whose name has an equals sign"),
    "no host": ("host", "", "--host '' names no host; write USER@HOST or NAME=USER@HOST"),
    "no host behind the label": ("host", "n=", "names no host"),
    "a user in the label": ("host", "root@web1=x", "--host root@web1=x: 'root@web1' is not a label"),
}


@each_row(("kind", "text", "said"), WRONG.values(), ids=WRONG)
def test_a_malformed_label_is_named(kind: Kind, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_place(kind, text)
    assert said in str(refused.value)


def names(places: tuple[Place, ...]) -> list[str]:
    return [each.name if isinstance(each, Evidence) else each.label for each in read_all(places)]


def test_hosts_come_in_the_order_given(folder: Path) -> None:
    a, b = (Place("snapshot", str(folder / f"{name}.hairpin")) for name in ("a", "b"))
    assert names((b, a)) == ["b", "a"]
    assert names((Place(a.kind, a.place, "near"), b)) == ["near", "b"]


def test_one_host_of_several_that_cannot_be_read_is_named(folder: Path) -> None:
    good = Place("snapshot", str(folder / "a.hairpin"))
    found = read_all((good, Place("snapshot", str(folder / "gone.hairpin")), Place("host", "-oX", "far")))
    assert isinstance(found[0], Evidence)
    assert [(each.label, each.origin) for each in found if isinstance(each, NotRead)] == [
        ("gone", f"--snapshot {folder}/gone.hairpin"),
        ("far", "--host far=-oX"),
    ]


def test_if_no_host_can_be_read_the_first_error_is_raised(folder: Path) -> None:
    with pytest.raises(EvidenceError, match="one"):
        read_all((Place("snapshot", str(folder / "one")), Place("snapshot", str(folder / "two"))))


def test_standard_input_is_one_snapshot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO((folder / "a.hairpin").read_bytes())

    monkeypatch.setattr("sys.stdin", Input())
    assert names((Place("snapshot", str(folder / "b.hairpin")), Place("snapshot", "-"))) == ["b", "a"]
    with pytest.raises(UsageError, match="standard input"):
        read_all((Place("snapshot", "-"), Place("snapshot", "-", "x")))
