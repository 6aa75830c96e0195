"""A step is a value: its nature, its way through JSON, its place in a replica."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.carry.act import FileState
from hairpin.change.calls import ReloadUfw
from hairpin.change.change import Forget, SetSysctl, WriteFile
from hairpin.change.step import (
    Advise,
    Ask,
    LoadRules,
    Nature,
    ReplaceFile,
    RunCommands,
    Step,
    done_by,
    edited_whole,
    for_replica,
    nature,
    stays_on_host,
    steps_from_json,
    steps_to_json,
    undo,
)
from tests.rows import each_row
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


@each_row(("step", "expected"), NATURES.values(), ids=NATURES)
def test_nature(step: Step, expected: Nature) -> None:
    assert nature(step) == expected
    assert steps_from_json(steps_to_json((step,))) == (step,)


LOADED = LoadRules(netns=HOST_NETNS, does=(), dialect="iptables-nft", family="ip", table="filter", program="iptables",
                   held=())  # fmt: skip
WEB = HOST_NETNS.sibling("container:web")
REACHES: dict[str, tuple[Step, bool]] = {
    "a setting of the host": (SET, True),
    "a setting in a container": (msgspec.structs.replace(SET, netns=WEB), False),
    "rules of the host": (LOADED, True),
    "rules in a container": (msgspec.structs.replace(LOADED, netns=WEB), False),
    "an act that is no setting": (FORGOTTEN, False),
    "a file, which an engine may read": (FILE, False),
    "a call": (Ask(host="h", call=ReloadUfw()), False),
    "advice": (Advise(does=()), False),
}


@each_row(("step", "expected"), REACHES.values(), ids=REACHES)
def test_only_rules_and_sysctls_of_the_host_reach_no_container(step: Step, expected: bool) -> None:
    assert stays_on_host(step) is expected


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


LINES = st.lists(st.sampled_from(("a", "b", "  c", "", "psk=secret", "\td\r")), max_size=8)


def reading(text: str) -> str:
    """Return the text as collect.sh tells it."""
    lines = text.removesuffix("\n").split("\n") if text else []
    return "".join(f"{'# not collected' if 'secret' in line else line}\n" for line in lines)


@each_row(
    ("found", "before", "after", "made"),
    (
        ("psk=secret\na\n", "# not collected\na\n", "# not collected\na\nb\n", "psk=secret\na\nb\n"),
        ("psk=secret\na", "# not collected\na\n", "# not collected\nb\n", "psk=secret\nb"),
        ("a", "a\n", "a\nb\n", "a\nb"),
        (" up curl secret\na\n", " up # not collected\na\n", " up # not collected\n", " up curl secret\n"),
        ("a\r\nb\r\n", "a\r\nb\r\n", "a\r\nc\r\nb\r\n", "a\r\nc\r\nb\r\n"),
        ("", "", "a\n", "a\n"),
    ),
)
def test_the_edit_is_made_and_all_else_stays(found: str, before: str, after: str, made: str) -> None:
    assert edited_whole(found, before, after) == made


@pytest.mark.parametrize(
    ("found", "before", "after"),
    (
        ("a\nc\n", "a\nb\n", "a\n"),
        ("a\n", "a\nb\n", "a\n"),
        ("a\nb\n", "a\n", "a\n"),
        ("x=1\ny=secret\n", "x=1\n# not collected\n", "# not collected\nx=1\n"),
    ),
)
def test_another_file_than_was_read_is_left(found: str, before: str, after: str) -> None:
    assert edited_whole(found, before, after) is None


@given(lines=LINES, at=st.integers(0, 8), new=st.sampled_from(("z", "# z")), end=st.sampled_from(("", "\n")))
def test_a_line_more_and_the_same_line_less(lines: list[str], at: int, new: str, end: str) -> None:
    found = "\n".join(lines) + (end if lines else "")
    before = reading(found)
    rows = before.split("\n")[:-1]
    at = min(at, len(rows))
    after = "".join(f"{line}\n" for line in (*rows[:at], new, *rows[at:]))
    made = edited_whole(found, before, after)
    if not found:
        return
    assert made is not None
    assert reading(made) == after
    assert made.split("\n")[:at] + made.split("\n")[at + 1 :] == found.split("\n")
    assert edited_whole(made, after, before) == found
