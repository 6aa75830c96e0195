"""Who made a change, from /proc, and from what was known before the process ended."""

import os
import subprocess
import sys
import time
from pathlib import Path

from hairpin.guard.culprit import Makers, numbers_are_own

PROGRAM = (sys.executable, "-c", "print(flush=True); input()")


def test_a_living_process_is_told_with_its_command_and_parents() -> None:
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # before exec(2), the process still has this one's command
        found = Makers().of(child.pid)
        child.communicate(b"\n")
    assert found is not None
    assert (found.pid, "input()" in found.command) == (child.pid, True)
    assert found.parents
    assert found.exe == os.path.realpath(sys.executable)


def test_of_a_process_that_is_gone_only_the_name_is_known() -> None:
    child = subprocess.Popen(("true",))
    child.wait()
    assert Makers().of(child.pid, "nft") == (child.pid, "nft", "", (), "", None, "", "", "")
    assert Makers().of(child.pid) is None


def test_a_process_that_started_lately_is_known_when_it_is_gone() -> None:
    makers = Makers()
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        makers.started(child.pid, time.monotonic_ns())
        makers.fork(child.pid, 1 << 22, 1 << 22, time.monotonic_ns())  # above the greatest number of a process
        child.communicate(b"\n")
    found, fork = makers.of(child.pid), makers.of(1 << 22)
    assert found is not None
    assert "input()" in found.command
    assert fork is not None
    assert (fork.command, fork.parents[0]) == (found.command, found.name)
    makers.forget()
    assert makers.of(child.pid) is None


def test_a_fork_of_a_program_that_is_another_one_since_is_not_known() -> None:
    makers = Makers()
    makers.started(os.getpid(), time.monotonic_ns())
    makers.fork(os.getpid(), 1 << 22, 1 << 22, 0)
    assert makers.of(1 << 22) is None


def test_a_number_that_begins_anew_is_no_longer_the_old_process() -> None:
    makers = Makers()
    makers.started(os.getpid(), time.monotonic_ns())
    assert makers.of(os.getpid()) is not None
    makers.fork(1 << 22, os.getpid(), os.getpid(), time.monotonic_ns())  # of a parent that nobody knows
    assert not makers.has_just_lived(os.getpid())


def test_a_thread_that_is_gone_is_its_process() -> None:
    makers = Makers()
    makers.fork(os.getpid(), 1 << 22, os.getpid(), time.monotonic_ns())
    found = makers.of(1 << 22)
    assert found is not None
    assert found.pid == os.getpid()


def test_a_number_that_another_process_has_by_now_names_nobody_else() -> None:
    found = Makers().of(os.getpid(), "not-this-name")
    assert found is not None
    assert (found.name, found.command) == ("not-this-name", "")


def test_the_namespace_of_processes_is_known() -> None:
    assert numbers_are_own() is (Path("/proc/self/ns/pid").readlink() == Path("pid:[4026531836]"))
    makers = Makers()
    makers.numbers_are_own = False
    found = makers.of_kernel(os.getpid(), "nft")
    assert found is not None
    assert (found.pid, found.name, found.command) == (0, "nft", "")
