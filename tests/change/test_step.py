"""A step is a value: its nature, its way through JSON, its place in a replica."""

import msgspec
import pytest

from hairpin.carry.act import FileState
from hairpin.change.calls import ReloadUfw
from hairpin.change.change import Forget, SetSysctl, WriteFile
from hairpin.change.step import (
    Advise,
    Ask,
    Nature,
    ReplaceFile,
    RunCommands,
    Step,
    done_by,
    for_replica,
    nature,
    steps_from_json,
    steps_to_json,
    undo,
)
from tests.small_host import HOST_NETNS

SYSCTL = SetSysctl(HOST_NETNS, ("net", "x"), "1")
SET = RunCommands(netns=HOST_NETNS, does=(SYSCTL,), commands=(("true",),), entering=("nsenter",), undo=())
FILE = ReplaceFile(host="h", path="/etc/a", before=FileState("a", 0o600, 1, 2), after=None, undo=(SET,))
FORGOTTEN = RunCommands(netns=HOST_NETNS, does=(Forget(HOST_NETNS, "connections"),), commands=(("true",),))

NATURES: dict[str, tuple[Step, Nature]] = {
    "a setting": (SET, "reversible"),
    "a file": (FILE, "reversible"),
    "a deleted file of unknown mode": (msgspec.structs.replace(FILE, before=FileState("a")), "irreversible"),
    "a forgotten connection": (FORGOTTEN, "irreversible"),
    "a call that another undoes": (Ask(host="h", call=ReloadUfw(), undo=()), "reversible"),
    "a call that nothing undoes": (Ask(host="h", call=ReloadUfw()), "irreversible"),
    "advice": (Advise(does=()), "for-a-person"),
}


@pytest.mark.parametrize(("step", "expected"), NATURES.values(), ids=NATURES)
def test_nature(step: Step, expected: Nature) -> None:
    assert nature(step) == expected
    assert steps_from_json(steps_to_json((step,))) == (step,)


def test_an_irreversible_step_is_not_in_the_undo() -> None:
    assert undo((FORGOTTEN, FILE)) == (SET,)


def test_deleting_a_file_is_a_change_of_the_host() -> None:
    assert done_by(FILE) == (WriteFile("h", "/etc/a", None),)
    assert done_by(SET) == (SYSCTL,)


def test_the_undo_is_refitted_too() -> None:
    refit = for_replica(FILE)
    assert refit.undo is not None
    (back,) = refit.undo
    assert isinstance(back, RunCommands)
    assert back.entering == ()
