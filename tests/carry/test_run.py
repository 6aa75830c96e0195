"""The runner runs commands and replaces files atomically.  A failed act has a complaint."""

from collections.abc import Generator
from pathlib import Path

import pytest

from hairpin.carry.act import Act, Command, Done, FileState, Replace
from hairpin.carry.run import carry_out, do, names_program, state_of
from hairpin.message import Message, message, verbatim


def test_a_command_reads_its_input_and_has_a_fixed_environment() -> None:
    assert do(Command(("cat",), "text")) == Done(0, "text")
    assert do(Command(("sh", "-c", "echo $LC_ALL"))).printed == "C\n"


def test_a_failed_command_has_a_complaint() -> None:
    assert do(Command(("sh", "-c", "echo no >&2; exit 3"))) == Done(3, "", verbatim("no"))
    assert str(do(Command(("false",))).complaint) == "false ended with status 1"
    assert do(Command(("no-such-program",))) == Done(
        127, "", message("{program} is not installed", program="no-such-program")
    )


def test_a_file_is_made_changed_and_deleted(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    assert do(Replace(str(path), None, FileState("one\n"))).status == 0
    assert state_of(path) == FileState("one\n", 0o644, 0, 0)
    path.chmod(0o600)
    assert do(Replace(str(path), FileState("one\n"), FileState("two\n"))).status == 0
    assert state_of(path) == FileState("two\n", 0o600, 0, 0)
    assert do(Replace(str(path), FileState("two\n", 0o600), None)).status == 0
    assert state_of(path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_has_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("other\n", "utf-8")
    refusals = (
        Replace(str(path), FileState("one\n"), FileState("two\n")),
        Replace(str(path), None, FileState("two\n")),
        Replace(str(path), FileState("other\n", mode=0o600), FileState("two\n")),
        Replace(str(tmp_path / "gone"), FileState("one\n"), None),
    )
    assert all("not as expected" in str(do(each).complaint) for each in refusals)
    assert path.read_text("utf-8") == "other\n"


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("one\n", "utf-8")
    link.symlink_to(target)
    assert do(Replace(str(link), FileState("one\n"), FileState("two\n"))).status == 0
    assert link.is_symlink()
    assert target.read_text("utf-8") == "two\n"


def test_acts_are_done_in_order_and_the_complaint_is_returned() -> None:
    def acting() -> Generator[Act, Done, Message | None]:
        first = yield Command(("echo", "one"))
        second = yield Command(("false",))
        return message("{printed}, then {said}", printed=first.printed, said=second.complaint)

    assert str(carry_out(acting())) == "one\n, then false ended with status 1"


@pytest.mark.parametrize(
    "option", ("--modprobe=/bin/sh", "--modprobe", "--mo", "-M", "-fM/bin/sh", '"--mod"probe', "--mo\\d")
)
def test_a_rule_that_names_a_program(option: str) -> None:
    assert names_program(f"-A INPUT {option} -j DROP")


@pytest.mark.parametrize(
    "words", ("-m statistic --mode random", "-j MARK --set-mark 1", "-m mark", "-j MASQUERADE", "-i M")
)
def test_a_rule_that_names_none(words: str) -> None:
    assert not names_program(f"-A INPUT {words}")
