"""Requests to the program under each shell: acts, files, the plan's folder, and every refusal as a sentence."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.program.outpost import Outpost, mode_bits
from hairpin.apply.program.plan_book import PlanBook
from hairpin.carry.act import Act, Acting, Command, Done, FileState, Replace
from hairpin.collect.run import Answer, LocalRunner
from hairpin.errors import ApplyError, CollectError
from hairpin.message import Message
from tests.apply.plans import FAR_S
from tests.rows import each_row

SHELLS = {"dash": ("dash",), "bash": ("bash", "--posix"), "busybox": ("busybox", "sh")}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the program works for root alone")


class Saying(msgspec.Struct, frozen=True):
    """A host that says this, whatever it is asked; ``{token}`` is the request's."""

    text: str
    name: str = "web1"

    def talk(self, text: str, words: tuple[str, ...], data: bytes, limit_s: float) -> Answer:
        token = data.partition(b"\n#end\n")[2].partition(b"\n")[0].decode()
        return Answer(0, self.text.replace("{token}", token).encode(), b"")


REFUSALS: dict[str, str] = {
    "not-root": "web1: only root can change that host",
    "locked": "another hairpin changes that host at this moment",
    "under-way\t3\topen": "plan 3 is under way there",
    "half-done\t3": "plan 3 was interrupted there",
    "no-plan\t7": "no plan 7 in the journal there",
    "foreign\t/var/lib/hairpin": "other users can write to /var/lib/hairpin",
    "space\t/x": "cannot be written: /x",
    "ended": "taken back by another process",
    "request\tdance": "not understood there: dance",
}


@each_row("said", REFUSALS)
def test_each_refusal_has_a_sentence(said: str) -> None:
    host = Outpost(Saying(f"{{token}}\tbegin\tboot\t\n{{token}}\trefused\t{said}\n"), "ann@web1")
    with pytest.raises(ApplyError, match=REFUSALS[said]):
        host.ask("list")


def test_an_answer_that_was_cut_is_said() -> None:
    with pytest.raises(CollectError, match="the connection broke before the answer ended"):
        Outpost(Saying("{token}\tbegin\tboot\t\n{token}\tplan\t3"), "ann@web1").ask("list")


MODES = {"-rw-r--r--": 0o644, "-rwsr-xr-x.": 0o4755, "-rw-------+": 0o600, "-rwxr-sr-t": 0o3755, "-rwSr--r-T": 0o5644}


@each_row("text", MODES)
def test_permission_bits(text: str) -> None:
    assert mode_bits(text) == MODES[text]


# ---- with the program itself


@pytest.fixture(params=SHELLS.values(), ids=tuple(SHELLS))
def outpost(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Outpost]:
    base = tmp_path / "hairpin"
    base.mkdir(mode=0o700)
    made = Outpost(LocalRunner(request.param), "root@host", str(base))
    yield made
    base.chmod(0o700)
    for each in PlanBook(made).standing() if os.geteuid() == 0 else ():
        made.ask("drop", each.kept_plan.id)


def begun(outpost: Outpost) -> str:
    """Begin a plan; its switch ends once it is dropped."""
    (frame, *_) = outpost.ask("begin", str(FAR_S), "-").frames
    return frame.fields[0]


def done(outpost: Outpost, act: Act) -> Message | None:
    def acting() -> Acting:
        found = yield act
        return found.complaint

    return outpost.carry_out(begun(outpost) if not PlanBook(outpost).standing() else "1", acting())


def printed(outpost: Outpost, *argv: str, text: str = "") -> str:
    found: list[Done] = []

    def acting() -> Acting:
        found.append((yield Command(argv, text)))
        return None

    outpost.carry_out(begun(outpost) if not PlanBook(outpost).standing() else "1", acting())
    return found[0].printed


@needs_root
def test_words_reach_the_command_as_they_are(outpost: Outpost) -> None:
    hostile = ("$(touch /tmp/x)", "`id`", "a\nb", "", "  two  ", "*", "-n", "'\"\\", "ü\x01é", "a\tb")
    assert printed(outpost, "printf", "<%s>", *hostile) == "".join(f"<{each}>" for each in hostile)
    assert printed(outpost, "cat", text="one\n$x\nno end") == "one\n$x\nno end"


@needs_root
def test_a_command_that_fails_says_why(outpost: Outpost) -> None:
    assert str(done(outpost, Command(("sh", "-c", "echo no >&2; exit 3")))).strip() == "no"
    assert str(done(outpost, Command(("false",)))) == "false ended with status 1"
    assert str(done(outpost, Command(("no-such-program",)))) == "no-such-program is not installed"
    assert done(outpost, Command(("sh", "-c", 'test "$(umask)" = 0022'))) is None


@needs_root
def test_a_file_is_made_changed_and_deleted(outpost: Outpost, tmp_path: Path) -> None:
    path = tmp_path / "it's a.conf"
    first, second = FileState("one\n", 0o640, 0, 0), FileState("two", 0o600, 1, 2)
    assert done(outpost, Replace(str(path), None, first)) is None
    assert path.read_text() == "one\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert done(outpost, Replace(str(path), first, second)) is None
    assert outpost.read(str(path)) == second
    refused = Replace(str(path), first, FileState("three", 0o600, 0, 0))
    assert "is not as expected" in str(done(outpost, refused))
    assert path.read_text() == "two"
    assert done(outpost, Replace(str(path), second, None)) is None
    assert outpost.read(str(path)) is None
    assert [each.name for each in tmp_path.iterdir()] == ["hairpin"]


@needs_root
def test_a_symbolic_link_and_attributes_stay(outpost: Outpost, tmp_path: Path) -> None:
    path, link = tmp_path / "a.conf", tmp_path / "link"
    path.write_text("one\n")
    whole = outpost.shell != LocalRunner(SHELLS["busybox"])  # its cp keeps no attributes
    os.setxattr(path, "user.mine", b"kept")
    link.symlink_to(path)
    state = FileState("one\n", 0o644, 0, 0)
    assert done(outpost, Replace(str(link), state, FileState("two\n", 0o644, 0, 0))) is None
    assert link.is_symlink()
    assert path.read_text() == "two\n"
    assert os.listxattr(path) == (["user.mine"] if whole else [])


@needs_root
def test_a_folder_that_others_may_write_is_not_trusted(outpost: Outpost, tmp_path: Path) -> None:
    (tmp_path / "hairpin").chmod(0o770)
    with pytest.raises(ApplyError, match="other users can write to"):
        outpost.ask("list")


@needs_root
def test_a_plan_that_is_not_there_is_said(outpost: Outpost) -> None:
    with pytest.raises(ApplyError, match="no plan 9 in the journal there"):
        outpost.ask("carry", "9", "0")
    with pytest.raises(ApplyError, match=r"no plan \.\./x in the journal there"):
        outpost.ask("fill", "../x", files={"a": b""})


@needs_root
def test_a_file_of_a_request_stays_in_its_folder(outpost: Outpost) -> None:
    with pytest.raises(ApplyError, match="not understood there"):
        outpost.ask("fill", begun(outpost), files={"../x": b"y"})
