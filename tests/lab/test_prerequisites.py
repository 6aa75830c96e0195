"""A missing prerequisite is named before anything is started, with the package to install."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hairpin.errors import LabError
from hairpin.lab import prerequisites


def path_without(*missing: str) -> dict[str, str]:
    """Return all needed commands and their places but these."""
    found = {command: shutil.which(command, path=prerequisites.SEARCH_PATH) for command in prerequisites.NEEDED}
    return {command: place for command, place in found.items() if place is not None and command not in missing}


def test_this_machine_has_it_all() -> None:
    prerequisites.require("firewalld")
    prerequisites.require("ufw")


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for command, place in path_without("dockerd", "nft").items():
        (tmp_path / command).symlink_to(place)
    monkeypatch.setattr(prerequisites, "SEARCH_PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"needs dockerd, nft, .*apt-get install docker.io nftables"):
        prerequisites.require()


def test_firewalld_is_needed_only_where_it_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for command, place in path_without().items():
        (tmp_path / command).symlink_to(place)
    monkeypatch.setattr(prerequisites, "SEARCH_PATH", str(tmp_path))
    prerequisites.require()
    with pytest.raises(LabError, match="apt-get install dbus firewalld"):
        prerequisites.require("firewalld")


def test_root_is_needed() -> None:
    # Another user may not be able to read the checkout: root's home, for one, is root's alone.
    program = (
        "import os, hairpin.lab.prerequisites as p\nos.setuid(65534)\n"
        "try: p.require()\nexcept p.LabError as error: print(error)"
    )
    source = str(Path(prerequisites.__file__).parents[2])
    said = subprocess.run(
        (sys.executable, "-c", program),
        env={"PYTHONPATH": f"{source}:{':'.join(sys.path)}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "run it with sudo" in said.stdout + said.stderr


PROGRAMS: dict[str, tuple[str, bool]] = {
    "a static busybox": ("busybox", False),
    "a program with an interpreter": ("ip", True),
}


@pytest.mark.parametrize(("command", "dynamic"), PROGRAMS.values(), ids=PROGRAMS)
def test_is_dynamic(command: str, dynamic: bool) -> None:
    place = shutil.which(command, path=prerequisites.SEARCH_PATH)
    assert place is not None
    assert prerequisites.is_dynamic(Path(place).read_bytes()) is dynamic


def test_a_script_is_no_busybox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "busybox").write_text("#!/bin/sh\n")
    (tmp_path / "busybox").chmod(0o755)
    monkeypatch.setattr(prerequisites, "SEARCH_PATH", str(tmp_path))
    with pytest.raises(LabError, match="apt-get install busybox-static"):
        prerequisites.static_busybox()
