"""A snapshot is taken, saved and loaded."""

import os
from pathlib import Path

import msgspec
import pytest

from hairpin.collect.netlink import insides
from hairpin.collect.netlink.insides import CONNECTIONS, RULES, Facts, Inside, Place
from hairpin.collect.run import Answer
from hairpin.collect.snapshot import collect_here, load, save, take
from hairpin.errors import CollectError, EvidenceError
from hairpin.evidence.reading import Reading


def test_a_snapshot_of_this_host_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    evidence = take()
    save(evidence, tmp_path / "s.hpn")
    loaded = load(tmp_path / "s.hpn")
    assert loaded == evidence
    assert loaded.snapshot_id == evidence.snapshot_id


def test_errors_are_those_of_collecting_and_of_files(tmp_path: Path) -> None:
    with pytest.raises(CollectError):
        take("-oX")
    with pytest.raises(EvidenceError):
        load(tmp_path / "none")


RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"
OWN = f"/proc/{os.getpid()}/ns/net"
COMM = Path("/proc/self/comm").read_text("utf-8").strip()
FACTS = ("apart-facts", "", "/proc/sys/net", "loaded diag\npaths ipv4/ip_forward")


def answer(*readings: tuple[str, str, str, str]) -> Answer:
    """Return what the script prints with these readings: key, namespace, origin, text."""
    body = "".join(
        f"\n{RUN}\treading\t{key}\t{netns}\t2.0\t{origin}\n{text}\n{RUN}\tend\t0\ttext\t2.0\n\n"
        for key, netns, origin, text in readings
    )
    head = f"hairpin-collect/1 {RUN}\n{RUN}\tbegin\t2026-01-01T00:00:00Z\t1.0\thost1\t6.1.0\t0\n"
    return Answer(0, f"{head}{body}\n{RUN}\tdone\n".encode(), b"")


class Scripted(msgspec.Struct):
    """A runner that gives one answer after the other, and records the arguments."""

    answers: list[Answer]
    asked: list[tuple[str, ...]] = []

    @property
    def name(self) -> str:
        return "this host"

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        self.asked.append(arguments)
        return self.answers.pop(0)


def reads(monkeypatch: pytest.MonkeyPatch, *left: str, inode: int | None = None) -> list[Place]:
    """Make netlink read an address of each namespace, and leave these parts; return the list of what it is asked."""
    places: list[Place] = []

    def read(asked: "list[Place]", facts: Facts) -> dict[Place, Inside]:
        assert facts.is_loaded("diag")
        assert facts.words["paths"] == ("ipv4/ip_forward",)
        places.extend(asked)
        number = Path(OWN).stat().st_ino if inode is None else inode
        return {
            each: Inside(number, (Reading("", "ip-addr", each.netns, "netlink", "", 0, "text", "[]"),), left)
            for each in places
        }

    monkeypatch.setattr(insides, "read_insides", read)
    return places


def told(runner: Scripted) -> list[tuple[str, str, str]]:
    return [(each.id, each.key, each.netns) for each in collect_here(runner, ("--root", "/x")).readings]


MARK = ("apart", "container:web", OWN, COMM)
APART = ("--root", "/x", "--apart", "yes")


def test_a_host_without_containers_is_read_once() -> None:
    runner = Scripted([answer(("uname", "", "uname", "x"), FACTS)])
    assert told(runner) == [("e1", "uname", "")]
    assert runner.asked == [APART]


def test_netlink_takes_the_place_of_the_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    places = reads(monkeypatch)
    runner = Scripted([answer(FACTS, ("one", "", "x", ""), MARK, ("two", "", "x", ""))])
    assert told(runner) == [("e1", "one", ""), ("e2", "ip-addr", "container:web"), ("e3", "two", "")]
    assert places == [Place("container:web", OWN)]
    assert runner.asked == [APART]


def test_the_script_reads_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    reads(monkeypatch, RULES, CONNECTIONS)
    rest = answer(("nft-tables", "container:web", "nft list chains", ""), ("other", "", "x", ""))
    runner = Scripted([answer(FACTS, MARK), rest])
    assert told(runner) == [("e1", "ip-addr", "container:web"), ("e2", "nft-tables", "container:web")]
    assert runner.asked == [APART, ("--enter", f"container:web\t{OWN}\trules connections")]


@pytest.mark.parametrize(
    ("mark", "inode"),
    (
        (("apart", "container:web", OWN, "runc:[2:INIT]"), None),
        (("apart", "container:web", OWN, COMM), 1),
        (("apart", "container:web", "/proc/0/ns/net", COMM), None),
    ),
    ids=("another program", "another namespace", "the process has ended"),
)
def test_the_script_alone_reads_a_host_whose_containers_change(
    mark: tuple[str, str, str, str], inode: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(monkeypatch, inode=inode)
    runner = Scripted([answer(FACTS, mark), answer(("whole", "", "x", ""))])
    assert told(runner) == [("e1", "whole", "")]
    assert runner.asked == [APART, ("--root", "/x")]


def test_a_pod_has_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of its namespace stays the same."""
    file = tmp_path / "cni-1"
    file.touch()
    reads(monkeypatch, inode=file.stat().st_ino)
    assert told(Scripted([answer(FACTS, ("apart", "netns:cni-1", str(file), ""))])) == [
        ("e1", "ip-addr", "netns:cni-1")
    ]
