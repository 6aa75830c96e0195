"""The sweeper removes the cgroups that a lab's engine made, and nothing else."""

import os
import subprocess
from pathlib import Path

import pytest

from hairpin.lab import sweeper
from hairpin.lab.node import python


def test_it_waits_for_the_end_of_its_input(tmp_path: Path) -> None:
    with subprocess.Popen(
        (*python("sweeper.py"), f"hairpin-test-none-{os.getpid()}"), stdin=subprocess.PIPE
    ) as process:
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
    assert tmp_path.exists()


def test_trees_and_removal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sweeper, "CGROUPS", tmp_path)
    for path in ("lab-1/web", "memory/lab-1/web/deep", "memory/lab-10", "pids/other"):
        (tmp_path / path).mkdir(parents=True)
    for hierarchy in (".", "memory", "pids"):
        (tmp_path / hierarchy / "cgroup.procs").touch()
    found = sweeper.trees("lab-1")
    assert found == (tmp_path / "lab-1", tmp_path / "memory" / "lab-1")
    for tree in found:
        sweeper.remove(tree)
    assert sweeper.trees("lab-1") == ()
    assert (tmp_path / "memory" / "lab-10").exists()
    assert (tmp_path / "pids" / "other").exists()


def test_busy_tree_stays_for_the_next_try(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """rmdir(2) refuses a folder with a file in it, as it refuses a cgroup with a process in it."""
    monkeypatch.setattr(sweeper, "CGROUPS", tmp_path)
    (tmp_path / "cgroup.procs").touch()
    busy = tmp_path / "lab-1" / "web"
    busy.mkdir(parents=True)
    (busy / "freezer.state").write_text("FROZEN")
    sweeper.remove(tmp_path / "lab-1")
    assert (busy / "freezer.state").read_text() == "THAWED"
    assert sweeper.trees("lab-1") == (tmp_path / "lab-1",)


def test_plain_files_where_no_hierarchy_is_mounted_are_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sweeper, "CGROUPS", tmp_path)
    plain = tmp_path / "memory" / "lab-1" / "web"
    plain.mkdir(parents=True)
    (plain / "cgroup.procs").write_text("7")
    sweeper.remove(tmp_path / "memory" / "lab-1")
    assert sweeper.trees("lab-1") == ()
