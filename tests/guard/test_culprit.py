"""Who made a change, from /proc."""

import os
import subprocess
import sys
from pathlib import Path

from hairpin.guard.culprit import culprit_of, numbers_are_own


def test_a_living_process_is_told_with_its_command_and_parents() -> None:
    program = (sys.executable, "-c", "print(flush=True); input()")
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # before exec(2), the process still has this one's command
        found = culprit_of(child.pid)
        child.communicate(b"\n")
    assert found is not None
    assert (found.pid, "input()" in found.command) == (child.pid, True)
    assert found.parents


def test_of_a_process_that_is_gone_only_the_name_is_known() -> None:
    child = subprocess.Popen(("true",))
    child.wait()
    assert culprit_of(child.pid, "nft") is not None
    assert culprit_of(child.pid) is None


def test_a_number_that_another_process_has_by_now_names_nobody_else() -> None:
    found = culprit_of(os.getpid(), "not-this-name")
    assert found is not None
    assert (found.name, found.command) == ("not-this-name", "")


def test_the_namespace_of_processes_is_known() -> None:
    assert numbers_are_own() is (Path("/proc/self/ns/pid").readlink() == Path("pid:[4026531836]"))
