"""The repository keeps its shape: tests mirror src, folders keep to their part, files and functions stay readable."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "hairpin"
TESTS = ROOT / "tests"

SOURCES = tuple(sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")))
TEST_FILES = tuple(sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")))
CODE = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "tests", "tools", "bench")
        for path in (ROOT / folder).rglob("*.py")
    )
)

# Tests of more than one file: laws, agreement with the real kernel, whole lab hosts, and the repository itself.
BEYOND_ONE_FILE = (
    "property/",
    "kernel/",
    "lab/scenarios/",
    "acceptance/",
    "causes/test_catalogue.py",
    "tools/",
    "test_layout.py",
)
# Source files, or whole folders, whose claims another file's test holds.
TESTED_ELSEWHERE: dict[str, str] = {
    "causes/": "causes/test_catalogue.py",  # with test_registry.py, and the recorded hosts of tests/acceptance
    "replica/run/build.py": "kernel/test_replica.py",
    "replica/run/client.py": "kernel/test_replica.py",
    "replica/run/ctnetlink.py": "kernel/test_ctnetlink.py",
    "replica/watch/drops.py": "kernel/test_replica.py",
    "replica/watch/half_open.py": "kernel/test_replica.py",
    "replica/judge.py": "kernel/test_replica.py",
    "replica/run/netns.py": "kernel/test_replica.py",
    "replica/run/serving.py": "kernel/test_replica.py",
    "replica/run/refused.py": "kernel/test_replica_rules.py",
    "replica/run/worker.py": "kernel/test_replica.py",
}

# What a folder may know of the world. Pure folders turn evidence into answers: the same on any machine, at any time.
PURE = (
    "netfilter",
    "host",
    "network",
    "question",
    "walk",
    "engines",
    "events",
    "causes",
    "diagnose",
    "report",
    "space",
)
WORLD = ("subprocess", "socketserver", "http", "urllib.request", "asyncio", "multiprocessing", "hairpin.collect")
TERMINAL = ("click",)
KNOWS_TERMINAL = ("cli", "report")
NO_CONCEPT = ("utils", "util", "helpers", "helper", "common", "base", "misc")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70


def imported(path: Path) -> Iterator[str]:
    """Yield the full names that a file imports, at any place in it; ``a.b`` and ``a.b.c`` for ``from a.b import c``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def within_folder(path: str, folders: tuple[str, ...]) -> bool:
    return path.split("/", maxsplit=1)[0] in folders


def mirror_of(source: str) -> str:
    """Return the path below tests/ that a source file's test has to have."""
    folder, slash, name = source.rpartition("/")
    return f"{folder}{slash}test_{name}"


def has_functions(source: str) -> bool:
    """Say whether a file does anything: declarations of types and constants alone are tested by those who use them."""
    nodes = ast.walk(ast.parse((SOURCE / source).read_text("utf-8")))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)


def test_each_test_file_mirrors_a_source_file() -> None:
    mirrors = {mirror_of(source) for source in SOURCES}
    assert [test for test in TEST_FILES if test not in mirrors and not test.startswith(BEYOND_ONE_FILE)] == []


def test_each_source_file_has_its_test_file() -> None:
    """A file that does something is tested in the file of its name, or TESTED_ELSEWHERE says where."""
    expected = [
        source for source in SOURCES if has_functions(source) and not source.startswith(tuple(TESTED_ELSEWHERE))
    ]
    assert [
        f"{source} has no tests/{mirror_of(source)}" for source in expected if mirror_of(source) not in TEST_FILES
    ] == []


def test_what_is_tested_elsewhere_really_is() -> None:
    for source, test in TESTED_ELSEWHERE.items():
        assert any(path.startswith(source) for path in SOURCES), f"{source} is not there: take it off the list"
        assert test in TEST_FILES, f"{source} is not tested in tests/{test}"
        assert mirror_of(source) not in TEST_FILES, f"{source} has a test file of its own: take it off the list"


@pytest.mark.parametrize("source", [path for path in SOURCES if within_folder(path, PURE)])
def test_pure_folders_do_not_touch_the_world(source: str) -> None:
    assert [name for name in imported(SOURCE / source) if within(name, WORLD)] == []


@pytest.mark.parametrize("source", [path for path in SOURCES if not within_folder(path, KNOWS_TERMINAL)])
def test_only_cli_and_report_know_the_terminal(source: str) -> None:
    assert [name for name in imported(SOURCE / source) if within(name, TERMINAL)] == []


@pytest.mark.parametrize("path", CODE)
def test_a_file_is_named_after_a_concept(path: str) -> None:
    assert Path(path).stem not in NO_CONCEPT


@pytest.mark.parametrize("path", [path for path in CODE if not path.startswith("tests/")])
def test_a_file_is_read_in_one_go(path: str) -> None:
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", CODE)
def test_a_function_fits_on_a_screen(path: str) -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", CODE)
def test_nothing_catches_every_exception(path: str) -> None:
    """A fault that nobody expected has to come out where it happens; cli/main.py alone writes it down and says so."""
    broad = [
        f"{path}:{node.lineno}"
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and path != "src/hairpin/cli/main.py"
    ]
    assert broad == []
