"""What hinders a plan while it is carried out: a full disk, a lock, a program that is missing (root).

It is said, and what was done is taken back.
"""

import fcntl
import subprocess
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Timer

import msgspec
import pytest

from hairpin.apply.ground import Here
from hairpin.apply.journal import Journal
from hairpin.apply.settling import interrupted_plan, settle
from hairpin.apply.switch import start_switch
from hairpin.apply.task import Task, Undertaking
from hairpin.carry.act import Acting, Command
from hairpin.carry.run import carry_out, do
from hairpin.change.calls import Unban
from hairpin.change.step import Ask
from hairpin.errors import ApplyError, JournalError
from hairpin.message import Message
from hairpin.network.network import Network
from tests.apply.test_switch import of_file
from tests.kernel.test_change_law import Host
from tests.kernel.test_taking_back import Killing, Plans, untold

NOTHING = Undertaking("", "host", "boot", "2026-01-01T00:00:00Z")


def begun_on(plans: Plans) -> Undertaking:
    return msgspec.structs.replace(NOTHING, tasks=plans.tasks)


def unarmed(_plan: str, _seconds: float) -> None:
    return None


def _nobody_looks() -> Network:
    raise AssertionError


@contextmanager
def small_disk(folder: Path) -> Generator[Path]:
    """Mount a file system of 512 KiB there, and yield the file that fills it."""
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", folder), check=True)
    try:
        yield folder / "filling"
    finally:
        subprocess.run(("umount", "-l", folder), check=True)


def fill(file: Path) -> None:
    with suppress(OSError), file.open("ab", buffering=0) as out:
        while True:
            out.write(b"x" * 512)


class Filling:
    """Does the acts in the host, and fills the disk after the command of that number."""

    def __init__(self, host: Host, file: Path, after: int) -> None:
        self.safe = Killing(host, 10**6)
        self.file = file
        self.left = after

    def __call__(self, acting: Acting) -> Message | None:
        said = self.safe.carry_out(acting)
        self.left -= 1
        if not self.left:
            fill(self.file)
        return said


@pytest.mark.parametrize("after", (4, 5, 7))
def test_the_disk_of_the_journal_is_full(plans: Plans, tmp_path: Path, after: int) -> None:
    """Whatever the number of the step, all is taken back at once, and the next command finds nothing to do."""
    with small_disk(tmp_path / "journal") as file, closing(Journal(tmp_path / "journal")) as journal:
        look = plans.host.network
        ground = Here(journal, unarmed, 0.0, untold, look, Filling(plans.host, file, after))
        ground.begin(begun_on(plans), (), plans.before)
        said = ground.carry(tuple(range(len(plans.tasks))))
        assert "disk is full" in str(said)
        assert ground.take_back(look()) == "taken-back"
        plans.host.settled(plans.before)
        file.unlink()
        half = interrupted_plan(journal)
        assert half is not None, "what could not be written down is said to be half done"
        assert settle(journal, half, plans.hands(Killing(plans.host, 10**6))) == "taken-back"
        assert interrupted_plan(journal) is None
    plans.host.settled(plans.before)


def test_a_full_disk_refuses_a_plan_before_its_first_step(plans: Plans, tmp_path: Path) -> None:
    with small_disk(tmp_path / "journal") as file, closing(Journal(tmp_path / "journal")) as journal:
        fill(file)
        ground = Here(journal, unarmed, 0.0, untold, plans.host.network, Killing(plans.host, 10**6).carry_out)
        with pytest.raises(JournalError, match="full"):
            ground.begin(begun_on(plans), (), plans.before)
        file.unlink()
        assert interrupted_plan(journal) is None
    plans.host.settled(plans.before)


def test_the_switch_takes_back_what_it_cannot_write_down(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with small_disk(tmp_path / "journal") as file, closing(Journal(tmp_path / "journal")) as journal:
        begun = journal.begin(msgspec.structs.replace(NOTHING, tasks=of_file(path)))
        start_switch(journal, begun.id, 1.0)
        ground = Here(journal, unarmed, 0.0, untold, _nobody_looks, plan=begun)
        assert ground.carry((0,)) is None
        fill(file)
        until = time.monotonic() + 20
        while path.exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert not path.exists()
        while journal.is_watched(begun.id) and time.monotonic() < until:
            time.sleep(0.1)
        file.unlink()
        assert interrupted_plan(journal) is not None


def test_a_journal_that_cannot_be_written_is_read_and_locked(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    with small_disk(folder):
        with closing(Journal(folder)) as journal, journal.locked():
            begun = journal.begin(msgspec.structs.replace(NOTHING, tasks=of_file(tmp_path / "file")))
        subprocess.run(("mount", "-o", "remount,ro", folder), check=True)
        with closing(Journal(folder)) as journal:
            with journal.locked():
                half = interrupted_plan(journal)
            assert half is not None
            assert half.id == begun.id
            with pytest.raises(JournalError, match="readonly"):
                journal.seize(begun.id)


@pytest.mark.parametrize("held_s", (1.0, None))
def test_another_process_holds_the_lock_of_xtables(
    plans: Plans, monkeypatch: pytest.MonkeyPatch, held_s: float | None
) -> None:
    """A load of the old back end waits for it, and is ended if it is never free."""
    monkeypatch.setattr("hairpin.carry.run._LIMIT_S", 3.0)
    text = "*filter\n-A MINE -p tcp --dport 81 -j ACCEPT\nCOMMIT\n"
    with Path("/run/xtables.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if held_s is not None:
            Timer(held_s, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
        done = do(Command((*plans.host.enter, "iptables-legacy-restore", "--noflush"), text))
    assert done.status == (0 if held_s is not None else 124)
    if held_s is None:
        assert "did not end within 3 s" in str(done.complaint)


@pytest.mark.parametrize(("call", "missing"), ((Unban("cscli", "", "203.0.113.9"), True), (None, False)))
def test_a_program_that_is_missing_refuses_the_plan(tmp_path: Path, call: Unban | None, *, missing: bool) -> None:
    tasks = of_file(tmp_path / "file")
    if call is not None:
        tasks = (*tasks, Task("own", Ask(host="host", call=call)))
    with closing(Journal(tmp_path / "journal")) as journal:
        ground = Here(journal, unarmed, 0.0, untold, _nobody_looks, carry_out)
        undertaking = msgspec.structs.replace(NOTHING, tasks=tasks)
        if missing:
            with pytest.raises(ApplyError, match="cscli is not installed, so nothing was done"):
                ground.begin(undertaking, (), Network(()))
        else:
            ground.begin(undertaking, (), Network(()))
        assert bool(journal.all()) is not missing
