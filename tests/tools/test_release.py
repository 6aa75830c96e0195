"""What ``make dist`` makes: bit for bit the same, and the same answers out of one file as out of the checkout."""

import ast
import fcntl
import os
import re
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from hairpin import __version__
from tests.waiting import HANG_S
from tests.whole import WHOLE
from tools.release.pinned import LIBRARIES, MACHINES, MINORS, ROOT

INSIDE = ROOT / "tools" / "release" / "inside"
HOSTS = tuple(sorted((ROOT / "tests" / "fixtures" / "hosts").glob("*.hairpin")))[1::9][:8]
OF_A_BUILD = (
    "src",
    "tools",
    "docs/causes",
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "requirements.lock",
    ".gitignore",
)
EPOCH = "1795600000"
# Prints the answers about all hosts as one process, which is quicker than one for each.
ASK = """
import sys
from hairpin.cli.main import run
import hairpin
print(hairpin.__file__, file=sys.stderr)
for each in sys.argv[1:]:
    print(run(["check", "8151", "--from", "192.0.2.10", "--snapshot", each, "--no-replica", "--json"]))
"""


def build(root: Path, folder: Path, **around: str) -> None:
    """Make a release of the checkout at ``root`` in the folder."""
    command = (
        sys.executable,
        "-m",
        "tools.release",
        str(folder),
        "--wheels",
        str(ROOT / ".venv" / "wheels"),
        "--no-executables",
    )
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "SOURCE_DATE_EPOCH": EPOCH, **around}
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release, made once for all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "release"
    with (shared / "release.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "SHA256SUMS").exists():
            build(ROOT, folder)
    return folder


@pytest.fixture
def one_file(made: Path) -> Path:
    return made / "hairpin.pyz"


def ended(*command: str, **around: str) -> tuple[int, str, str]:
    """Return how a command ended: its status, standard output and standard error."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, env=environment | around, capture_output=True, text=True, check=False, timeout=HANG_S
    )
    return done.returncode, done.stdout, done.stderr


def started(one_file: Path, first: str, *arguments: str, **around: str) -> tuple[int, str, str]:
    """Return how the file ended, started by a Python that has run ``first``."""
    code = f"import os, runpy, sys; sys.argv = sys.argv[1:]; {first}; sys.path.insert(0, sys.argv[0]); "
    start = "runpy.run_path(sys.argv[0], run_name='__main__')"
    return ended(sys.executable, "-c", code + start, str(one_file), *arguments, **around)


@WHOLE
def test_a_second_build_elsewhere_has_the_same_bytes(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "somewhere" / "else"
    for name in OF_A_BUILD:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for each in (*copy.rglob("*.py"), *copy.rglob("*.sh")):
        each.chmod(each.stat().st_mode & 0o700)  # as a clone under umask 077
    build(copy, tmp_path / "made", TZ="Asia/Shanghai", LANG="C", PYTHONHASHSEED="7")
    assert (tmp_path / "made" / "SHA256SUMS").read_text() == (made / "SHA256SUMS").read_text()


def test_the_sums_are_those_of_all_files(made: Path) -> None:
    lines = (line.partition("  ") for line in (made / "SHA256SUMS").read_text().splitlines())
    listed = {name: digest for digest, _, name in lines}
    found = [each for each in made.rglob("*") if each.is_file() and each.name != "SHA256SUMS"]
    assert listed == {str(each.relative_to(made)): sha256(each.read_bytes()).hexdigest() for each in found}


@WHOLE
def test_file_wheel_and_checkout_give_the_same_answers(made: Path, one_file: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(next(made.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    begin = (
        f"import sys; sys.path.insert(0, {str(one_file)!r}); import onefile; onefile.use_bytecode({str(one_file)!r})\n"
    )
    folders = (ROOT / "src", site, one_file)
    with ThreadPoolExecutor(3) as pool:
        asking = [
            pool.submit(ended, sys.executable, "-c", begin + ASK, *map(str, HOSTS))
            if folder == one_file
            else pool.submit(ended, sys.executable, "-c", ASK, *map(str, HOSTS), PYTHONPATH=str(folder))
            for folder in folders
        ]
        found = [each.result() for each in asking]
    for folder, (status, _, err) in zip(folders, found, strict=True):
        assert (status, err.split("\n")[0]) == (0, f"{folder}/hairpin/__init__.py"), err
    answers = [out for _, out, _ in found]
    assert answers[0].count('"schema"') == len(HOSTS) == 8
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


def test_the_file_runs_by_itself(one_file: Path, tmp_path: Path) -> None:
    broken = str(ROOT / "tests" / "fixtures" / "hosts" / "eth0-forwarding.hairpin")
    (tmp_path / "link.pyz").symlink_to(one_file)
    check = ("check", "8151", "--snapshot", broken, "--no-replica")
    plain = ended(sys.executable, "-m", "hairpin", *check, PYTHONPATH=str(ROOT / "src"))
    assert plain[0] == 1
    assert ended(sys.executable, str(tmp_path / "link.pyz"), *check) == plain
    assert ended(sys.executable, str(one_file), "--version") == (0, f"hairpin {__version__}\n", "")
    assert one_file.read_bytes().startswith(b"#!/usr/bin/env python3\nPK")
    assert os.access(one_file, os.X_OK)


DATA: dict[str, tuple[str, ...]] = {
    "the collector": ("snapshot", "--print-script"),
    "the Chinese catalogue": ("check", "--snapshot", "/nowhere", "--lang", "zh"),
    "the page of a cause": ("explain", "interface-forwarding-off"),
    "all causes": ("explain",),
}


@pytest.mark.parametrize("arguments", DATA.values(), ids=DATA)
def test_the_file_has_what_the_package_has(one_file: Path, arguments: tuple[str, ...]) -> None:
    plain = ended(sys.executable, "-m", "hairpin", *arguments, PYTHONPATH=str(ROOT / "src"))
    assert ended(sys.executable, str(one_file), *arguments) == plain
    assert plain[1] or plain[2]


def test_the_switch_starts_out_of_the_file(one_file: Path) -> None:
    """The switch starts it as a module: ``apply/at_deadline.py``."""
    status, _, err = ended(sys.executable, "-m", "hairpin.apply.at_deadline", PYTHONPATH=str(one_file))
    assert (status, err.strip().splitlines()[-1].partition(":")[0]) == (1, "ValueError")  # it has no arguments


def test_the_lab_is_left_out_and_says_so(one_file: Path) -> None:
    for command in (("lab", "list"), ("demo",)):
        status, out, err = ended(sys.executable, str(one_file), *command)
        assert (status, out) == (2, "")
        assert err.startswith("hairpin: the lab is not part of the single-file hairpin;")


def test_the_file_has_a_part_for_each_python_that_it_says(one_file: Path) -> None:
    code = (INSIDE / "__main__.py").read_text("utf-8")
    constants = code[: code.index("here =")] + "print(*ENDINGS, sep='\\n')"
    said = ended(sys.executable, "-c", constants)[1].split()
    with zipfile.ZipFile(one_file) as archive:
        there = [each for each in archive.namelist() if each.endswith(".so")]
    assert sorted(there) == sorted(f"msgspec/_core{each}" for each in said)
    assert len(there) == len(MINORS) * len(LIBRARIES) * len(MACHINES)


# --- Pythons that it cannot run on ------------------------------------------------------------------------------------


def test_its_start_is_read_by_old_pythons() -> None:
    """Python 3.6 by Python's own word; 2.7 has no annotations and no f-strings, and this file no function."""
    text = (INSIDE / "__main__.py").read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 6))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.FunctionDef, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef)
    assert text.isascii()
    assert [node for node in ast.walk(tree) if isinstance(node, newer)] == []


def fake_python(folder: Path, name: str) -> Path:
    (folder / name).symlink_to("/bin/true")
    return folder / name


OLD = "sys.version_info = (3, 9, 2, 'final', 0)"
ODD: dict[str, str] = {
    "free-threaded": ".cpython-313t-x86_64-linux-gnu.so",
    "another machine": ".cpython-311-powerpc64le-linux-gnu.so",
    "PyPy": ".pypy311-pp73-x86_64-linux-gnu.so",
    "a newer one": ".cpython-315-x86_64-linux-gnu.so",
}


def test_an_old_python_gets_one_sentence(one_file: Path, tmp_path: Path) -> None:
    other = fake_python(tmp_path, "python3.12")
    status, out, err = started(one_file, OLD, "8151", PATH=str(tmp_path))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("hairpin: this file needs CPython 3.11 to 3.14 on x86_64 or aarch64, and this is CPython 3.")
    assert (
        f"; run it with {other}, which this host has; or leave this host as it is: `python3 hairpin.pyz --host" in err
    )
    assert "`python3 hairpin.pyz snapshot --print-script`" in err


@pytest.mark.parametrize("ending", ODD.values(), ids=ODD)
def test_a_python_without_a_part_gets_it_too(one_file: Path, ending: str) -> None:
    odd = f"import importlib.machinery as m; m.EXTENSION_SUFFIXES = [{ending!r}]"
    status, out, err = started(one_file, odd, "8151")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"({ending[1:]})" in err


def test_a_python_without_a_part_of_its_library_gets_it_too(one_file: Path) -> None:
    """As Debian's python3-minimal."""
    status, out, err = started(one_file, "sys.modules['gettext'] = None", "8151")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert (
        "this one lacks the module gettext of the standard library (Debian and Ubuntu: apt-get install python3);" in err
    )


# --- where the compiled part can be loaded from -----------------------------------------------------------------------

NO_MEMORY = "del os.memfd_create"
CHECK = ("walk", "8151", "--from", "192.0.2.10", "--snapshot", str(HOSTS[0]), "--json")


def test_without_files_in_memory_it_takes_a_folder_and_leaves_nothing(one_file: Path, tmp_path: Path) -> None:
    assert started(one_file, NO_MEMORY, *CHECK, TMPDIR=str(tmp_path)) == started(one_file, "pass", *CHECK)
    assert list(tmp_path.iterdir()) == []


def test_if_no_folder_helps_each_is_named(one_file: Path, tmp_path: Path) -> None:
    full = "import tempfile; tempfile.mkdtemp = lambda prefix, dir: os.mkdir('/proc/' + prefix)"
    status, out, err = started(one_file, f"{NO_MEMORY}; {full}", *CHECK, TMPDIR=str(tmp_path), HOME="/nonexistent")
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert err.startswith(
        "hairpin: its compiled part could not be loaded; tried: a file in memory (this Python has none); "
    )
    for folder in (tmp_path, "/dev/shm", "/run", "/var/tmp", "/nonexistent", one_file.parent):  # noqa: S108
        assert f"{folder} ([Errno" in err


def test_the_part_for_musl_is_chosen_by_the_name_of_python_s_modules(one_file: Path) -> None:
    """There is no such Python here: the part is loaded by this one, whose loader then lacks musl's library."""
    ending = f".cpython-311-{os.uname().machine}-linux-musl.so"
    musl = f"import importlib.machinery as m; m.EXTENSION_SUFFIXES[0] = {ending!r}"
    status, _, err = started(one_file, musl, *CHECK)
    assert status == 3
    assert "a file in memory (libc.musl-" in err


# --- beside the file --------------------------------------------------------------------------------------------------


class Project(msgspec.Struct):
    name: str
    licenses: list[dict[str, str]]
    hashes: list[dict[str, str]] = []


class Described(msgspec.Struct):
    component: Project


class Listed(msgspec.Struct, rename="camel"):
    bom_format: str
    metadata: Described
    components: list[Project]


def test_the_bill_names_each_project_with_its_licence(made: Path, one_file: Path) -> None:
    listed = msgspec.json.decode((made / "hairpin.cdx.json").read_bytes(), type=Listed)
    whole = listed.metadata.component
    assert whole.hashes == [{"alg": "SHA-256", "content": sha256(one_file.read_bytes()).hexdigest()}]
    assert (whole.name, whole.licenses) == ("hairpin", [{"expression": "Apache-2.0"}])
    assert [each.name for each in listed.components] == ["click", "msgspec"]
    assert all(each.licenses == [{"expression": "BSD-3-Clause"}] for each in listed.components)


PAGES = (
    "hairpin", "hairpin-ask", "hairpin-check", "hairpin-demo", "hairpin-diff", "hairpin-events", "hairpin-expect",
    "hairpin-explain", "hairpin-fix", "hairpin-guard",
    "hairpin-lab", "hairpin-lab-list", "hairpin-lab-run", "hairpin-lab-shell", "hairpin-mcp", "hairpin-plugin",
    "hairpin-plugin-install", "hairpin-plugin-remove", "hairpin-prove",
    "hairpin-restore", "hairpin-snapshot", "hairpin-story", "hairpin-undo", "hairpin-walk",
)  # fmt: skip


def test_each_command_has_its_page(made: Path) -> None:
    assert sorted(each.stem for each in (made / "man").iterdir()) == sorted(PAGES)
    check = (made / "man" / "hairpin-check.1").read_text()
    assert check.startswith('.TH HAIRPIN\\-CHECK 1 2026-11-25 "hairpin ')
    assert ".SH SYNOPSIS\n\\fBhairpin check\\fR [OPTIONS] [TARGET]...\n" in check
    origin = "\n.TP\n\\fB\\-\\-from\\fR \\fIWHERE\\fR\nADDRESS, outside, host, lan, NAME or netns:NAME.\n"
    assert origin in check
    groups = [each.removeprefix(".SS ") for each in check.splitlines() if each.startswith(".SS ")]
    assert groups == ["Hosts", "Answer", "Seldom"]
    assert check.index(origin) < check.index(".SS Hosts")
    assert "\n.SH EXIT STATUS\n0 all delivered (or leaving), 1 a blocking cause" in check
    assert "\\fBhairpin\\-lab\\-shell\\fR(1)" in (made / "man" / "hairpin-lab.1").read_text()


def test_a_page_is_roff_without_strays(made: Path) -> None:
    """mandoc -Tlint and groff -ww find nothing in them; this holds what they looked at."""
    requests = (".TH ", ".SH ", ".SS ", ".TP", ".PP")
    for page in (made / "man").iterdir():
        text = page.read_text()
        assert text.isascii()
        for line in text.splitlines():
            assert line.strip(), f"{page.name}: an empty line"
            assert line.startswith(requests) or line[0] not in ".'", f"{page.name}: {line}"
            assert not re.search(r"(?<!\\)-", line) or line.startswith(".TH"), f"{page.name}: {line}"
            assert len(line) <= 90


WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "a command": (("ch",), "check"),
    "an option": (("check", "--no-r"), "--no-replica"),
    "an option of the command that is meant without a name": (("8151", "--fro"), "--from"),
    "a command of the lab": (("lab", "sh"), "shell"),
    "a value": (("check", "--lang", "z"), "zh"),
    "an event": (("check", "--after", "docker-res"), "docker-restart"),
    "a cause": (("explain", "interface-forwarding-o"), "interface-forwarding-off"),
}


@pytest.mark.parametrize(("words", "expected"), WORDS.values(), ids=WORDS)
def test_bash_completes(made: Path, one_file: Path, tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    (tmp_path / "hairpin").write_text(f'#!/bin/sh\nexec {sys.executable} {one_file} "$@"\n')
    (tmp_path / "hairpin").chmod(0o755)
    script = (
        f". {made}/completion/hairpin.bash; COMP_WORDS=(hairpin {' '.join(words)}); COMP_CWORD={len(words)}; "
        'compopt() { :; }; _hairpin_completion hairpin; echo "${COMPREPLY[*]}"'
    )
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert ended("bash", "--norc", "-c", script, PATH=path) == (0, f"{expected}\n", "")
