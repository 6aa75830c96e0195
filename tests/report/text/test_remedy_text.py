"""A repair on paper: a command begins a line, a file is the command that writes or edits it."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from hairpin.carry.act import FileState
from hairpin.change.calls import SetUnitState
from hairpin.change.step import Ask, ReplaceFile, RunCommands, Step
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.remedy.effect import Effects, FlowEffect
from hairpin.remedy.remedy import Remedy, SideEffect
from hairpin.report.paper import Paper
from hairpin.report.text.remedy_text import not_taken_back, write_remedy
from hairpin.report.words import Words
from tests.small_host import published


def written(remedy: Remedy, noted: set[Message] | None = None) -> str:
    paper = Paper(width=60)
    write_remedy(remedy, Words(), paper, set() if noted is None else noted)
    return paper.text()


def run(*argv: str) -> tuple[Step, ...]:
    return (RunCommands(netns=Netns("h"), does=(), commands=(argv,)),)


def kept(path: str, content: str, before: str | None = None) -> tuple[Step, ...]:
    held = FileState(before) if before is not None else None
    return (ReplaceFile(host="h", path=path, before=held, after=FileState(content)),)


SAVED = "".join(f"{number}\n" for number in range(20))


def test_now_and_for_good() -> None:
    unit = Ask(host="h", call=SetUnitState("start", "x"))
    remedy = Remedy("set-sysctl", run("sysctl", "-w", "a.b=1"), (*kept("/etc/sysctl.d/99-x.conf", "a.b = 1\n"), unit))
    assert written(remedy) == (
        "  repair now:\n      sysctl -w a.b=1\n  repair that stays after a reboot:\n      echo 'a.b = 1' > "
        "/etc/sysctl.d/99-x.conf\n      systemctl start x\n"
    )


def test_a_changed_file_is_shown_by_its_lines() -> None:
    remedy = Remedy("delete-rule", (), kept("/etc/iptables/rules.v4", f"{SAVED}c\n", f"{SAVED}b\n"))
    lines = written(remedy).splitlines()
    assert lines[-1] == "      sed -i 's/^b$/c/' /etc/iptables/rules.v4"


def test_a_long_file_is_copied_as_it_is(tmp_path: Path) -> None:
    """The printed command, pasted into a shell, writes exactly the file."""
    target = tmp_path / "a unit.service"
    content = "[Unit]\nDescription=it's $HOME `x`\n\n[Service]\n"
    lines = written(Remedy("insert-rule", (), kept(str(target), content))).splitlines()[1:]
    subprocess.run(("sh", "-c", "\n".join(lines)), check=True)  # with the indentation that was copied with them
    assert target.read_text("utf-8") == content


def test_without_a_command_the_repair_is_advice() -> None:
    remedy = Remedy("recreate-container", (), advice=(message("create it anew"), message("look at its log")))
    assert written(remedy) == "  repair, by hand:\n      create it anew\n  note: look at its log\n"


def test_a_note_is_printed_once_in_a_report() -> None:
    remedy = Remedy(
        "restore", run("true"), side_effects=(SideEffect(message("it rains")),), advice=(message("take an umbrella"),)
    )
    noted: set[Message] = set()
    assert written(remedy, noted).count("umbrella") == 1
    assert written(remedy, noted) == "  repair now:\n      true\n"


def opened(port: int, container: str = "db") -> FlowEffect:
    flow = msgspec.structs.replace(published(), dport=port, container=container)
    return FlowEffect("opens", flow, "published", "dropped", "delivered")


def test_what_was_walked_is_said() -> None:
    remedy = Remedy("delete-rule", run("true"), effects=Effects(count=7))
    assert "Besides the asked flows, 7 more flows were checked with this change: all stay as they are." in written(
        remedy
    ).replace("\n  ", " ")
    opening = written(Remedy("delete-rule", run("true"), effects=Effects((opened(5432), opened(9100, "admin")), 7)))
    assert "also: the repair opens 5432 (db), 9100 (admin) to outside" in opening
    assert "7 more flows were checked with\n  this change: 2 would change." in opening
    back = msgspec.structs.replace(opened(80), again=True)
    cut = written(Remedy("delete-rule", run("true"), effects=Effects((back,), 300, 12)))
    assert "1 would go from failing to passing, and the rest stay as they are." in cut.replace("\n  ", " ")
    assert "12 further flows were not checked." in cut


def test_many_effects_are_counted() -> None:
    effects = Effects(tuple(opened(port) for port in range(1, 12)), 11)
    told = " ".join(written(Remedy("delete-rule", run("true"), effects=effects)).split())
    assert (
        "the repair opens 1 (db), 2 (db), 3 (db), 4 (db), 5 (db), 6 (db), 7 (db) and 4 more (--json lists them)" in told
    )


def test_what_disrupts_is_marked_and_stands_behind_another_repair() -> None:
    disruptive = Remedy("by-hand", (), advice=(message("make it anew"),), by_person=True)
    assert "repair, by hand, which disrupts connections that work now:" in written(disruptive)
    paper = Paper(width=60)
    write_remedy(disruptive, Words(), paper, set(), instead=True)
    assert "or by hand, which disrupts connections that work now:" in paper.text()
    assert "This repair was not simulated." in paper.text()


ALONE: dict[str, tuple[Effects, str]] = {
    "it stays":    (Effects(count=1), "1 more flow was checked with this change: the flow stays as it is."),
    "it is restored": (
        Effects((FlowEffect("opens", published(), "published", "dropped", "delivered", again=True),), 1),
        "1 more flow was checked with this change: it fails now and would pass.",
    ),
    "it closes": (
        Effects((FlowEffect("closes", published(), "published", "delivered", "dropped"),), 1),
        "1 more flow was checked with this change: it would change.",
    ),
    "two": (Effects(count=2), "2 more flows were checked with this change: all stay as they are."),
}  # fmt: skip


@pytest.mark.parametrize(("effects", "told"), ALONE.values(), ids=ALONE)
def test_one_further_flow_is_told_as_one(effects: Effects, told: str) -> None:
    shown = " ".join(written(Remedy("set-sysctl", run("true"), effects=effects)).split())
    assert f"Besides the asked flows, {told}" in shown


def test_only_the_step_without_an_undo_is_told_as_such() -> None:
    start = Ask(host="h", call=SetUnitState("start", "docker"))
    assert Words()(not_taken_back(Remedy("start-engine", (start,)))) == "No command undoes this."
    both = Remedy("start-engine", (*run("sysctl", "-w", "a.b=1"), start))
    assert Words()(not_taken_back(both)) == "No command undoes this: `systemctl start docker`"
