"""The runner runs commands and replaces files atomically.  A failed act has a complaint."""

from collections.abc import Generator
from pathlib import Path

import pytest

from hairpin.carry.act import Act, Command, Done, FileState, Replace
from hairpin.carry.run import carry_out, do, names_program
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


def test_a_file_is_replaced_or_there_is_a_complaint(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    assert do(Replace(str(path), None, FileState("one\n"))) == Done(0)
    assert path.read_text("utf-8") == "one\n"
    refused = do(Replace(str(path), None, FileState("two\n")))
    assert refused.status == 1
    assert "not as expected" in str(refused.complaint)


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
