"""What hinders a plan while it is carried out: a full disk, a lock, a program that is missing (root).

It is said, and what was done is taken back.
"""

import fcntl
import os
import shlex
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from hairpin.apply.program import outpost
from hairpin.apply.taking_back import settle
from hairpin.carry.act import Command
from hairpin.carry.run import do
from hairpin.errors import JournalError
from tests.apply.plans import pass_deadline, program_in
from tests.apply.test_at_deadline import NETWORK, begun, of_file
from tests.kernel.test_taking_back import Plans
from tests.waiting import HANG_S, wait_until


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


FILL = "dd if=/dev/zero of={} bs=512 count=4096 2>/dev/null"


def filling(file: Path, after: int) -> bytes:
    """Return the program that fills the small disk with the file after the step of that number."""
    text = outpost.program().decode().replace("\nrun_all() {", "\ninner_run_all() {")
    fills = f'case "$1" in */{after}.do) {FILL.format(shlex.quote(str(file)))} ;; esac'
    return text.replace("\nTAB=", f'\nrun_all() {{ inner_run_all "$@" || return; {fills}; true; }}\nTAB=', 1).encode()


@pytest.fixture
def small(plans: Plans) -> Path:
    """Give the journal of the host a file system of 512 KiB, in the host's own namespace; return a file of it."""
    folder = plans.folder / "journal"
    plans.host.run(f"mount -t tmpfs -o size=512k,mode=700 tmpfs {shlex.quote(str(folder))}")
    return folder / "filling"


@pytest.mark.parametrize("after", (0, 2, 3))
def test_the_disk_of_the_journal_is_full(
    plans: Plans, small: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Whatever the number of the step, all is taken back at once, and the next command finds it taken back."""
    text = filling(small, after)
    with plans.begun() as plan:
        monkeypatch.setattr(outpost, "program", lambda: text)
        said = plan.carry(plans.of_now)
        assert "cannot be written" in str(said)
        assert plan.take_back(plans.host.network()) in ("taken-back", "ending")
        plans.host.settled(plans.before)
    monkeypatch.undo()
    plans.host.run(f"rm {shlex.quote(str(small))}")
    for half in plans.book.not_ended():
        assert settle(plans.book, half.kept_plan, plans.hands(half.kept_plan.id)) == "taken-back"
    assert [each.kept_plan.state for each in plans.book.standing()] == ["taken-back"]
    plans.host.settled(plans.before)


def test_a_full_disk_refuses_a_plan_before_its_first_step(plans: Plans, small: Path) -> None:
    assert plans.book.standing() == ()
    plans.host.run(f"{FILL.format(shlex.quote(str(small)))}; true")
    with pytest.raises(JournalError, match="cannot be used"), plans.begun():
        pass
    plans.host.run(f"rm {shlex.quote(str(small))}")
    assert plans.book.standing() == ()
    plans.host.settled(plans.before)


def test_the_switch_takes_back_what_it_cannot_write_down(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with small_disk(tmp_path / "journal") as file, begun(tmp_path, of_file(path)) as (book, plan):
        assert plan.carry((0,)) is None
        fill(file)
        pass_deadline(tmp_path / "journal", plan.plan)
        assert wait_until(lambda: not book.standing_of(plan.plan).watched)
        assert not path.exists()
        file.unlink()
        assert book.known(plan.plan).state in ("taken-back", "ending")


def test_a_journal_that_cannot_be_written_is_read_and_its_plan_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "file", tmp_path / "journal"
    text = program_in(tmp_path)
    monkeypatch.setattr(outpost, "program", lambda: text)
    with small_disk(folder):
        with begun(tmp_path, of_file(path)) as (book, plan):
            assert plan.carry((0,)) is None
        keeper = int((folder / "plans" / plan.plan / "keeper").read_text("ascii").split()[0])
        os.kill(keeper, signal.SIGKILL)
        remount = ("mount", "-o", "remount,ro", folder)  # busy, as long as a child of the switch has the lock open
        assert wait_until(lambda: subprocess.run(remount, check=False).returncode == 0)
        assert [each.kept_plan.state for each in book.not_ended()] == ["open"]
        assert plan.take_back(NETWORK) == "open"
        assert not path.exists()
        subprocess.run(("mount", "-o", "remount,rw", folder), check=True)
        book.end(plan.plan, "taken-back")


@pytest.mark.parametrize("freed", (True, False))
def test_another_process_holds_the_lock_of_xtables(
    plans: Plans, monkeypatch: pytest.MonkeyPatch, *, freed: bool
) -> None:
    """A load of the old back end waits for it, and is ended if it is never free."""
    monkeypatch.setattr("hairpin.carry.run._LIMIT_S", HANG_S if freed else 3.0)
    text = "*filter\n-A MINE -p tcp --dport 81 -j ACCEPT\nCOMMIT\n"
    waited: list[bool] = []
    with Path(f"/proc/{plans.host.holder.pid}/root/run/xtables.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = os.fstat(lock.fileno())
        place = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino} "

        def free() -> None:
            waited.append(wait_until(lambda: is_waited_for(place)))
            fcntl.flock(lock, fcntl.LOCK_UN)

        freeing = Thread(target=free)
        if freed:
            freeing.start()
        done = do(Command((*plans.host.enter, "iptables-legacy-restore", "--noflush"), text))
        if freed:
            freeing.join()
    assert (done.status, waited) == ((0, [True]) if freed else (124, []))
    if not freed:
        assert "did not end within 3 s" in str(done.complaint)


def is_waited_for(place: str) -> bool:
    """Return whether a process waits for a lock of that file.  Source: fs/locks.c lock_get_status()"""
    lines = Path("/proc/locks").read_text("ascii").splitlines()
    return any(" -> " in each and place in each for each in lines)
