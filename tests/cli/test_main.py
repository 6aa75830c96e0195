"""The entry point: which command runs, the exit status of each end, and which imports a command needs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin import errors
from hairpin.cli import main as entry
from hairpin.cli.main import COMMANDS, command_first, main, run, stated_language
from tests.cli.commands import call, snapshot

ARGUMENTS: dict[str, tuple[list[str], list[str]]] = {
    "nothing is check": ([], ["check"]),
    "options alone are check's": (["--json", "-v"], ["check", "--json", "-v"]),
    "an option before the command": (["--json", "walk", "80"], ["walk", "--json", "80"]),
    "a value that looks like a command": (["--host", "demo"], ["check", "--host", "demo"]),
    "help is the group's": (["--help"], ["--help"]),
    "version too": (["--version"], ["--version"]),
    "a command stays": (["check", "walk"], ["check", "walk"]),
    "a port": (["8151"], ["check", "8151"]),
    "a container": (["web", "--json"], ["check", "web", "--json"]),
    "a container behind an option": (["--json", "web", "demo"], ["check", "--json", "web", "demo"]),
    "a container with a command's name": (["check", "demo"], ["check", "demo"]),
    "a command to come": (["guard", "8151"], ["guard", "8151"]),
    "a new command behind an option": (["--host", "h", "expect", "x.toml"], ["expect", "--host", "h", "x.toml"]),
    "a value of an option that only that command has": (["-o", "x", "snapshot"], ["snapshot", "-o", "x"]),
    "a value within the word": (["-ox", "--host=h", "snapshot"], ["snapshot", "-ox", "--host=h"]),
    "a value that begins with a dash": (["--snapshot", "-", "walk", "80"], ["walk", "--snapshot", "-", "80"]),
    "an option that the command lacks": (["--from", "lan", "snapshot"], ["check", "--from", "lan", "snapshot"]),
}
STATUSES: dict[str, tuple[BaseException, int]] = {
    "usage": (errors.UsageError("x"), 2),
    "unreadable host": (errors.CollectError("x"), 3),
    "unreadable snapshot": (errors.EvidenceError("x"), 3),
    "unknown form": (errors.ParseError("x", source="y"), 3),
    "no lab": (errors.LabError("x"), 3),
    "a change that does not fit": (errors.ChangeError("x"), 4),
    "interrupted": (KeyboardInterrupt(), 130),
    "a bug": (RuntimeError("x"), 4),
    "a full disk": (OSError(28, "No space left on device"), 3),
    "no memory": (MemoryError(), 3),
}
STATED: dict[str, tuple[list[str], str | None]] = {
    "nothing": (["check", "80"], None),
    "a word": (["check", "--lang", "zh", "80"], "zh"),
    "with an equals sign": (["--lang=zh", "check"], "zh"),
    "the last one": (["--lang", "zh", "check", "--lang=en"], "en"),
    "no value": (["check", "--lang"], None),
    "no words at all": ([], None),
    "behind --": (["check", "--", "--lang", "zh"], None),
}
FORMS = "a target is PORT, PORT/udp, PORT-PORT, ADDRESS:PORT, [IPV6]:PORT, CONTAINER, CONTAINER:PORT or a URL"
FORMS_ZH = "目标的写法是 PORT、PORT/udp、PORT-PORT、ADDRESS:PORT、[IPV6]:PORT、CONTAINER、CONTAINER:PORT 或一个 URL"
TOLD: dict[str, tuple[tuple[str, ...], int, str, str]] = {
    "a text that is no target": (
        ("check", "a b"),
        2,
        f"hairpin: 'a b' is not a target: {FORMS}\n",
        f"hairpin: 'a b' 不是有效的目标：{FORMS_ZH}\n",
    ),
    "a container without its port": (
        ("walk", "--from", "host", "web:"),
        2,
        "hairpin: 'web:': nothing is not a port; ports are 1 to 65535\n",
        "hairpin: 'web:'：空内容 不是端口；端口为 1 到 65535\n",
    ),
    "a URL that cannot be taken apart": (
        ("check", "http://[x/"),
        2,
        f"hairpin: 'http://[x/' is not a URL with a host and a port; {FORMS}\n",
        f"hairpin: 'http://[x/' 不是带有主机和端口的 URL；{FORMS_ZH}\n",
    ),
    "a file that is not there": (
        ("prove", "80", "--snapshot", "/nonexistent/x"),
        2,
        "hairpin: /nonexistent/x: cannot be read: No such file or directory\n",
        "hairpin: /nonexistent/x：无法读取：No such file or directory\n",
    ),
    "a file that is no snapshot": (
        ("snapshot", "--snapshot", "/dev/null"),
        2,
        "hairpin: /dev/null: not a hairpin snapshot; make one with: hairpin snapshot -o FILE\n",
        "hairpin: /dev/null：不是 hairpin 快照；制作快照的命令：hairpin snapshot -o FILE\n",
    ),
    "no place to connect to": (
        ("check", "--host", "-x"),
        3,
        "hairpin: '-x' is not an ssh destination; write USER@HOST\n",
        "hairpin: '-x' 不是 ssh 目的地；请写成 USER@HOST\n",
    ),
}


@pytest.mark.parametrize(("given", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_command_first(given: list[str], expected: list[str]) -> None:
    assert command_first(given) == expected


@pytest.mark.parametrize(("error", "status"), STATUSES.values(), ids=STATUSES)
def test_status_of_each_end(
    error: BaseException,
    status: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def fails(**_: object) -> None:
        raise error

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(entry.cli, "main", fails)
    ended = call(capsys, "check")
    assert ended.status == status
    assert ended.out == ""
    assert "Traceback" not in ended.err


def impossible(**_: object) -> None:
    """Take the place of a command that has a bug."""
    raise RuntimeError("something impossible")


def test_a_bug_is_logged_and_the_logs_path_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(entry.cli, "main", impossible)
    ended = call(capsys, "check", "-v")
    (log,) = (tmp_path / "hairpin").iterdir()
    assert str(log) in ended.err
    assert "something impossible" in log.read_text("utf-8")
    assert "Traceback" in ended.err, "-v shows it"


def test_a_bug_is_printed_even_if_no_log_can_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/x")
    monkeypatch.setenv("TMPDIR", "/dev/null/y")
    monkeypatch.setattr(entry.cli, "main", impossible)
    ended = call(capsys, "check")
    assert "something impossible" in ended.err
    assert "details are in" not in ended.err


def test_a_log_does_not_follow_a_link_that_waits_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The last folder is everybody's: whoever foresees the name makes root write into a file of his choice."""
    written = tmp_path / "written"
    for second in range(60):
        name = time.strftime(f"hairpin-error-%Y%m%dT%H%M%SZ-{os.getpid()}.log", time.gmtime(time.time() + second))
        (tmp_path / name).symlink_to(written)
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/x")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(entry.cli, "main", impossible)
    assert "details are in" in call(capsys, "check").err
    assert not written.exists()


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "--help").out
    assert all(f"  {name} " in told for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, command, "--help")
    assert ended.status == 0
    assert "Usage: hairpin" in ended.out


def test_usage_errors_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("check", "--no-such-option"), ("walk", "80"), ("check", "--lang", "fr")):
        ended = call(capsys, *arguments)
        assert (ended.status, ended.out) == (2, "")
        assert "\nhairpin: " in ended.err


def test_a_commands_usage_comes_before_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    usage, hint, gap, said = call(capsys, "walk", "--lang", "zh").err.splitlines()
    assert usage.startswith("Usage: hairpin walk")
    assert hint == "帮助：hairpin walk --help"
    assert (gap, said) == ("", "hairpin: Missing argument 'TARGET'.")


def test_a_group_without_its_command_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "lab")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("Usage: hairpin lab")
    assert "hairpin: " not in ended.err


@pytest.mark.parametrize(("args", "expected"), STATED.values(), ids=STATED)
def test_stated_language(args: list[str], expected: str | None) -> None:
    assert stated_language(args) == expected


@pytest.mark.parametrize(("arguments", "status", "english", "chinese"), TOLD.values(), ids=TOLD)
def test_errors_speak_the_readers_language(
    arguments: tuple[str, ...],
    status: int,
    english: str,
    chinese: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for locale, stated, expected in (
        ("C.UTF-8", (), english),
        ("C.UTF-8", ("--lang", "zh"), chinese),
        ("C.UTF-8", ("--lang=zh",), chinese),
        ("zh_CN.UTF-8", (), chinese),
        ("zh_CN.UTF-8", ("--lang", "en"), english),
    ):
        monkeypatch.setenv("LC_ALL", locale)
        ended = call(capsys, *arguments, *stated)
        said = "".join(ended.err.splitlines(keepends=True)[: expected.count("\n")])  # what is typed stands below it
        assert (ended.status, ended.out, said) == (status, "", expected)


def test_a_word_that_is_no_language_stays_clicks_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    ended = call(capsys, "check", "a b", "--lang", "fr")
    assert ended.status == 2
    assert "hairpin: Invalid value for '--lang'" in ended.err


def test_main_exits_with_the_status() -> None:
    with pytest.raises(SystemExit) as exited:
        main(["--version"])
    assert exited.value.code == 0


ENDING = """
import atexit, sys
from hairpin.__main__ import main
class Released:
    def __del__(self): print("released")
kept = Released()
kept.cycle = kept
atexit.register(print, "at exit")
{ending}
"""


@pytest.mark.parametrize(
    ("ending", "said"),
    (('sys.argv[1:] = ["--version"]\nmain()', ["at exit"]), ("print('begun')", ["at exit", "released"])),
    ids=("a command", "none"),
)
def test_a_command_ends_without_releasing_each_object(ending: str, said: list[str]) -> None:
    done = subprocess.run(
        (sys.executable, "-c", ENDING.format(ending=ending)), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1:] == said


HOSTS = Path(__file__).parents[1] / "fixtures" / "hosts"
OF_OTHER_PYTHONS = 40
"""Modules of the standard library that another Python than 3.11 may load besides."""
LOADED: dict[str, tuple[str, int, int]] = {
    "help": ("--help", 6, 118),
    "healthy": ("check 8151 --no-replica --snapshot {hosts}/none.hairpin", 391, 545),
    "broken": ("check 8151 --no-replica --snapshot {hosts}/eth0-forwarding.hairpin", 639, 804),
    "walk": ("walk 8151 --from 192.0.2.10 --snapshot {hosts}/none.hairpin", 259, 413),
}
"""What is typed, and the most modules that it may load: hairpin's own, and all on Python 3.11."""


def modules_after(*arguments: str) -> Iterator[str]:
    """Yield the modules that are imported when the command line has run with these arguments."""
    script = "import sys\nfrom hairpin.cli.main import run\nrun(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run((sys.executable, "-c", script, *arguments), capture_output=True, text=True, check=True)
    yield from done.stderr.split()


def test_help_loads_click_and_the_standard_library_only() -> None:
    loaded = {name for name in modules_after("--help") if name.startswith(("hairpin", "msgspec", "rich"))}
    assert loaded == {
        "hairpin",
        "hairpin.cli",
        "hairpin.cli.main",
        "hairpin.errors",
        "hairpin.message",
        "hairpin.wanted",
    }


@pytest.mark.parametrize(("arguments", "own", "whole"), LOADED.values(), ids=LOADED)
def test_a_command_loads_what_its_question_needs(arguments: str, own: int, whole: int) -> None:
    """A tenth more modules is a hundredth of a second more for each command; who needs a module more counts again."""
    loaded = tuple(modules_after(*arguments.format(hosts=HOSTS).split()))
    of_hairpin = sum(name.partition(".")[0] == "hairpin" for name in loaded)
    assert of_hairpin <= own
    assert len(loaded) <= whole + OF_OTHER_PYTHONS


def test_a_walk_asks_for_no_causes() -> None:
    loaded = set(modules_after(*LOADED["walk"][0].format(hosts=HOSTS).split()))
    folders = {name.split(".")[1] for name in loaded if name.startswith("hairpin.")}
    assert folders.isdisjoint({"causes", "diagnose", "remedy", "events", "story", "compare", "apply", "replica"})


def test_a_snapshot_loads_nothing_of_the_analysis(tmp_path: Path) -> None:
    loaded = set(modules_after("snapshot", "--snapshot", snapshot(), "-o", str(tmp_path / "copy.hairpin")))
    folders = {name.split(".")[1] for name in loaded if name.startswith("hairpin.")}
    assert folders == {"cli", "collect", "errors", "evidence", "message", "wanted"}
    assert "hairpin.evidence.redact" not in loaded


def test_a_stop_loads_no_cause_of_another_reason() -> None:
    loaded = set(modules_after(*LOADED["broken"][0].format(hosts=HOSTS).split()))
    assert "hairpin.causes.forwarding.interface_forwarding_off" in loaded
    assert "hairpin.causes.isolation.icc_off" not in loaded


def test_json_needs_no_import_of_the_drawing() -> None:
    loaded = set(modules_after("check", "8080", "--json", "--snapshot", snapshot()))
    assert "hairpin.report.documents.document" in loaded
    assert not loaded & {"rich", "hairpin.report.text.terminal", "hairpin.lab.build", "asyncio"}


def test_models_of_managers_that_the_host_lacks_are_not_loaded() -> None:
    """Events that come by themselves are carried out; dockerd's restart and the boot are among them."""
    loaded = set(modules_after("check", "8080", "--json", "--snapshot", snapshot()))
    assert {"hairpin.events.engines._dockerd", "hairpin.events.boot._boot"} <= loaded
    models = (
        "hairpin.firewalls",
        "hairpin.netfilter.nft.script",
        "hairpin.events.firewalls._",
        "hairpin.events.links._networkd",
        "hairpin.events.links._networkmanager",
        "hairpin.events.links._ifcfg",
    )
    whose_rule_it_is = {"hairpin.firewalls", "hairpin.firewalls.chain_owner"}  # asked of each rule that stops a packet
    assert [each for each in loaded - whose_rule_it_is if each.startswith(models)] == []


def test_a_closed_pipe_is_no_error() -> None:
    script = f"{sys.executable} -m hairpin check -v --snapshot {snapshot()} | true"
    done = subprocess.run(("sh", "-c", script), capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_commands_return_value_is_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "8080", "--snapshot", snapshot()]) == 0
    assert "delivered" in capsys.readouterr().out


@pytest.mark.parametrize("command", ("check", "walk", "prove"))
def test_the_help_says_that_a_flow_that_leaves_is_no_failure(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run([command, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "(or leaving), 1 " in told


def test_an_interrupt_during_the_imports_ends_with_130() -> None:
    script = "import os, signal, hairpin.__main__; os.kill(os.getpid(), signal.SIGINT); os.system('sleep 5')"
    assert subprocess.run((sys.executable, "-c", script), check=False).returncode == 130


# what is typed, and the carets under it
MARKED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a port": (("80:99999x",), "80:99999x", "   ^^^^^^"),
    "a protocol": (("web:80/tpc",), "web:80/tpc", "       ^^^"),
    "something is lacking": (("8151@",), "8151@", "    ^"),
    "a character": (("we!b",), "we!b", "  ^"),
    "wide characters before it": (("网网!",), "网网!", "  ^^"),
    "a place": (("8151", "--from", "lan!"), "lan!", "^^^^"),
    "an address": (("8151", "--public", "203.0.113.7=1.2.3"), "203.0.113.7=1.2.3", "            ^^^^^"),
}


@pytest.mark.parametrize(("typed", "line", "carets"), MARKED.values(), ids=MARKED)
def test_what_is_typed_wrong_is_marked(
    typed: tuple[str, ...], line: str, carets: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = call(capsys, "check", *typed, "--snapshot", snapshot())
    assert found.status == 2
    assert found.err.splitlines()[-2:] == [f"    {line}", f"    {carets}"]


FILES: dict[str, tuple[str, str, str]] = {
    "no TOML": ("[[peer]]\nnetwork =\n", "network =", "         ^"),
    "a key": ("# netwrk\n[[peer]]\n  netwrk = 1\n", "  netwrk = 1", "  ^^^^^^"),
    "a table": ("[[peers]]\n", "[[peers]]", "  ^^^^^"),
    "a key is lacking": ('[[peer]]\nhost = "a"\n', "[[peer]]", "  ^^^^"),
}


@pytest.mark.parametrize(("text", "line", "carets"), FILES.values(), ids=FILES)
def test_what_is_wrong_in_a_file_is_marked(
    text: str, line: str, carets: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "world.toml"
    file.write_text(text, "utf-8")
    found = call(capsys, "check", "8151", "--outside", str(file), "--snapshot", snapshot())
    assert found.status == 2
    assert found.err.splitlines()[-2:] == [f"    {line}", f"    {carets}"]
