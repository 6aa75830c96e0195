"""The laws of changes for files, on a real file system: what is simulated is there afterwards, and undoing restores
content, mode and owner.  The undo goes through JSON before the first step runs, as for another process.
"""

import os
from pathlib import Path
from random import Random

import msgspec
import pytest

from hairpin.carry.act import FileState
from hairpin.carry.files import state_of
from hairpin.carry.run import carry_out
from hairpin.change.change import Change, WriteFile
from hairpin.change.commands.carrying import carrying_all
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Step, nature, steps_from_json, steps_to_json, undo, with_file_modes
from hairpin.change.steps import steps
from hairpin.host.managers import ConfigFile
from hairpin.network.network import Network
from tests.small_host import network

CASES = 200
NAMES = ("a", "b", "c", "d")


def read(folder: Path) -> dict[str, FileState]:
    """Return what the folder holds, without links."""
    found = ((path.name, state_of(path)) for path in folder.iterdir() if not path.is_symlink())
    return {name: state for name, state in found if state is not None}


def with_files(folder: Path) -> Network:
    """Return the host as its evidence has it: content, no modes."""
    files = tuple(ConfigFile(str(folder / name), state.content) for name, state in sorted(read(folder).items()))
    host = msgspec.structs.replace(network().this, files=files)
    return network().with_host(host)


def fill(random: Random, folder: Path) -> None:
    for name in NAMES:
        path = folder / name
        if random.random() < 0.6:
            path.write_text(random.choice(("one\n", "two\n", "")), "utf-8")
            os.chown(path, random.choice((0, 1000)), random.choice((0, 1001)))
            path.chmod(random.choice((0o600, 0o640, 0o644, 0o755, 0o400)))


def told(change: Change, folder: Path) -> tuple[tuple[Step, ...], bytes]:
    """Return the steps as they are completed on the host, and their undo for another process."""
    made = with_file_modes(steps(change, with_files(folder)), lambda path: state_of(Path(path)))
    return made, steps_to_json(undo(made))


@pytest.mark.parametrize("number", range(4))
def test_undoing_leads_back_to_content_mode_and_owner(number: int, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    for case in range(number, CASES, 4):
        random = Random(f"files {pytestconfig.option.hunt_seed} {case}")  # noqa: S311
        folder = tmp_path / str(case)
        folder.mkdir()
        fill(random, folder)
        before, was = read(folder), with_files(folder)
        change = Change(
            tuple(
                WriteFile(was.this.name, str(folder / random.choice(NAMES)), random.choice((None, "two\n", "new\n")))
                for _ in range(random.randint(1, 5))
            )
        )
        made, back = told(change, folder)
        assert {nature(step) for step in made} == {"reversible"}
        assert carry_out(carrying_all(made)) is None
        wanted = {file.path: file.text for file in simulate(change, was).this.files}
        assert {str(folder / name): state.content for name, state in read(folder).items()} == wanted
        assert carry_out(carrying_all(steps_from_json(back))) is None
        assert read(folder) == before


def test_a_deleted_secret_comes_back_as_a_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key\n", "utf-8")
    os.chown(secret, 1000, 1000)
    secret.chmod(0o600)
    made, back = told(Change((WriteFile(network().this.name, str(secret), None),)), tmp_path)
    assert carry_out(carrying_all(made)) is None
    assert not secret.exists()
    assert carry_out(carrying_all(steps_from_json(back))) is None
    assert state_of(secret) == FileState("key\n", 0o600, 1000, 1000, ())


def test_without_its_mode_a_deletion_has_no_undo(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key\n", "utf-8")
    (step,) = steps(Change((WriteFile(network().this.name, str(tmp_path / "secret"), None),)), with_files(tmp_path))
    assert (nature(step), step.undo) == ("irreversible", None)


def test_a_file_whose_mode_changes_before_the_step_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one\n", "utf-8")
    made, _ = told(Change((WriteFile(network().this.name, str(file), None),)), tmp_path)
    file.chmod(0o600)
    assert "not as expected" in str(carry_out(carrying_all(made)))
    assert file.exists()


def test_other_content_than_the_evidence_has_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one\n", "utf-8")
    planned = steps(Change((WriteFile(network().this.name, str(file), None),)), with_files(tmp_path))
    file.write_text("other\n", "utf-8")
    made = with_file_modes(planned, lambda path: state_of(Path(path)))
    assert made == planned
    assert "not as expected" in str(carry_out(carrying_all(made)))


def test_the_target_of_a_link_comes_back(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("one\n", "utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    host = msgspec.structs.replace(network().this, files=(ConfigFile(str(link), "one\n"),))
    planned = steps(Change((WriteFile(host.name, str(link), None),)), network().with_host(host))
    made = with_file_modes(planned, lambda path: state_of(Path(path)))
    assert carry_out(carrying_all(made)) is None
    assert carry_out(carrying_all(undo(made))) is None
    assert link.is_symlink()
    assert state_of(target) == FileState("one\n", 0o600, 0, 0, ())
