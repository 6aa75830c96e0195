"""The repository keeps its shape: tests mirror src, folders keep to their part, files and functions stay readable."""

import ast
import graphlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import grimp
import msgspec
import pytest

from tests.needs import NEEDS

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
    "agreement/",  # of a host's pasted outputs with its snapshot
    "browser/",
    "events/",
    "property/",
    "kernel/",
    "today/",
    "world/",
    "lab/scenarios/",
    "lab/score/",  # of tests/score
    "acceptance/",
    "causes/",
    "tools/",
    "test_expected_of.py",
    "test_layout.py",
    "test_names.py",
    "test_printed_repairs.py",
    "test_rows.py",
    "test_text_decisions.py",
    "test_whole.py",
)
# Source files, or whole folders, whose claims another file's test holds.
TESTED_ELSEWHERE: dict[str, str] = {
    "__main__.py": "cli/test_main.py",
    "expect/expectation.py": "expect/test_file.py",
    "expect/promise.py": "expect/test_promises.py",
    "host/compose.py": "host/read/engines/test_compose.py",
    "cli/guarding/installing.py": "cli/test_guard.py",
    "cli/living.py": "kernel/test_live_proofs.py",
    "live/nft_trace.py": "kernel/test_live_proofs.py",
    "live/observing.py": "kernel/test_live_proofs.py",
    "live/tracked.py": "kernel/test_live_proofs.py",
    "live/worker.py": "kernel/test_live_proofs.py",
    "cli/guarding/running.py": "cli/test_guard.py",
    "cli/guarding/recording.py": "kernel/test_guard_memory.py",
    "cli/face/metrics_file.py": "cli/face/test_watched.py",
    "guard/change.py": "guard/test_rounds.py",
    "guard/memory_file.py": "guard/test_memory.py",
    "guard/telling/told_alert.py": "guard/telling/test_delivery.py",
    "guard/heal/heal.py": "cli/guarding/test_healing.py",
    "guard/heal/allowed.py": "cli/guarding/test_heal_plan.py",
    "guard/round.py": "guard/test_rounds.py",
    "guard/sources/config_files.py": "kernel/test_guard.py",
    "guard/sources/engines.py": "kernel/test_guard_engines.py",
    "guard/sources/fanotify.py": "kernel/test_guard.py",
    "guard/sources/hearing.py": "kernel/test_guard.py",
    "guard/sources/ports.py": "kernel/test_guard.py",
    "guard/sources/processes.py": "kernel/test_guard.py",
    "guard/sources/source.py": "kernel/test_guard.py",
    "guard/sources/sysctls.py": "kernel/test_guard.py",
    "cli/guarding/answers.py": "kernel/test_warm.py",
    "cli/guarding/asking.py": "kernel/test_warm.py",
    "cli/guarding/serving.py": "kernel/test_warm.py",
    "cli/guarding/unanswered.py": "cli/test_main.py",
    "guard/lean.py": "kernel/test_warm_law.py",
    "guard/warm/engine.py": "kernel/test_warm_law.py",
    "guard/warm/files.py": "kernel/test_warm_law.py",
    "guard/warm/network_signs.py": "kernel/test_warm_law.py",
    "guard/warm/parts.py": "kernel/test_warm_law.py",
    "guard/warm/reading.py": "kernel/test_warm_law.py",
    "guard/warm/signs.py": "kernel/test_warm_law.py",
    "guard/warm/told.py": "kernel/test_warm_law.py",
    "guard/watch.py": "kernel/test_guard.py",
    "causes/between_hosts/": "causes/between_hosts/test_between_hosts.py",
    "causes/bridge/": "causes/bridge/test_bridge.py",  # a table a folder; test_registry.py holds that each cause is in
    "diagnose/joining.py": "diagnose/test_examination.py",
    "causes/container/": "causes/container/test_container.py",
    "causes/engine/": "causes/engine/test_engine.py",
    "causes/engine_rules/": "causes/engine_rules/test_engine_rules.py",
    "causes/firewalld/": "causes/firewalld/test_firewalld.py",
    "causes/forwarding/": "causes/forwarding/test_forwarding.py",
    "causes/isolation/": "causes/isolation/test_isolation.py",
    "causes/names/": "causes/names/test_names.py",
    "causes/nat_rules/": "causes/nat_rules/test_nat_rules.py",
    "causes/policies/": "causes/policies/test_policies.py",
    "causes/routing/": "causes/routing/test_routing.py",
    "causes/rules/": "causes/rules/test_rules.py",
    "causes/service/": "causes/service/test_service.py",
    "causes/states/": "causes/states/test_states.py",
    "causes/tables/": "causes/tables/test_tables.py",
    "causes/to_come/": "causes/to_come/test_to_come.py",
    "causes/traffic_control/": "causes/traffic_control/test_traffic_control.py",
    "causes/uplinks/": "causes/uplinks/test_uplinks.py",
    "apply/arriving.py": "kernel/test_own_ssh.py",
    "apply/hands.py": "kernel/test_taking_back.py",
    "report/text/cause_text.py": "report/text/test_terminal.py",
    "report/text/head_text.py": "report/text/test_terminal.py",
    "report/documents/head.py": "report/documents/test_document.py",
    "report/page/fix_page.py": "cli/face/test_present.py",
    "report/page/table.py": "report/page/test_events_page.py",
    "report/page/text_page.py": "cli/face/test_present.py",
    "report/page/way_figure.py": "report/page/test_answer_page.py",
    "walk/granted/neighbour_answers.py": "walk/link/test_unanswered.py",
    "beside/inquiry.py": "beside/test_table.py",
    "beside/walks/further_questions.py": "beside/flows/test_further_addresses.py",
    "beside/questions/no_ipv6.py": "answer/test_questions.py",
    "beside/questions/of_walk.py": "answer/test_questions.py",
    "apply/kept_plan.py": "kernel/test_taking_back.py",
    "apply/ground.py": "apply/test_fixing.py",
    "collect/netlink/": "kernel/test_collect_netlink.py",
    "cli/plans/settling.py": "cli/test_undo.py",
    "cli/plans/hosts.py": "cli/test_undo.py",
    "cli/plans/carrying.py": "cli/test_fix.py",
    "cli/plans/telling.py": "cli/test_undo.py",
    "causes/cause.py": "causes/test_registry.py",
    "answer/cause_answers.py": "answer/test_proven_repairs.py",
    "field.py": "acceptance/test_fields.py",
    "events/": "events/test_events.py",  # a table of events; test_events.py holds that each event is in it
    "firewalls/": "firewalls/test_firewalld_nft.py",  # recorded tables of the real firewalld
    "network/kinds/own_values.py": "network/kinds/test_kinds.py",
    "network/kinds/literals.py": "network/kinds/test_kinds.py",
    "network/kinds/forms.py": "network/kinds/test_kinds.py",
    "network/kinds/rule_forms.py": "network/kinds/test_kinds.py",
    "network/kinds/readings.py": "network/kinds/test_kinds.py",
    "pasted/bundle/": "pasted/bundle/test_files.py",  # and each layout's own
    "pasted/forms/rules/iptables_save.py": "kernel/test_pasted_rules.py",
    "pasted/forms/rules/listed_targets.py": "kernel/test_pasted_rules.py",
    "pasted/forms/rules/nft_words.py": "pasted/forms/rules/test_nft_ruleset.py",
    "suppose/containers.py": "suppose/test_ordinary.py",
    "suppose/own_namespace.py": "suppose/test_ordinary.py",
    "suppose/simulated.py": "suppose/test_ordinary.py",
    "replica/run/build.py": "kernel/test_replica.py",
    "replica/run/client.py": "kernel/test_replica.py",
    "replica/run/ctnetlink.py": "kernel/test_ctnetlink.py",
    "answer/asked_elements.py": "kernel/test_long_sets.py",
    "live/set_elements.py": "kernel/test_long_sets.py",
    "replica/run/netns.py": "kernel/test_replica.py",
    "replica/run/process_apart.py": "kernel/test_replica.py",
    "replica/run/serving.py": "kernel/test_replica.py",
    "replica/run/partial_load.py": "kernel/test_replica_rules.py",
    "replica/run/worker.py": "kernel/test_replica.py",
}

# Pure folders turn evidence into answers: the same on any machine, at any time. No chain of imports leads from them
# to a module of WORLD.
PURE = (
    "words",
    "netfilter",
    "host",
    "network",
    "question",
    "walk",
    "change",
    "engines",
    "firewalls",
    "events",
    "causes",
    "diagnose",
    "judges",
    "remedy",
    "beside",
    "answer",
    "explain",
    "report",
    "story",
    "compare",
)
WORLD = (
    "asyncio",
    "ctypes",
    "hairpin.collect",
    "http",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "selectors",
    "shutil",
    "signal",
    "socketserver",
    "sqlite3",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
)
TERMINAL = ("click",)
KNOWS_TERMINAL = ("cli", "report")
NO_CONCEPT = ("utils", "util", "helpers", "helper", "common", "base", "misc")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 6
"""Of a function of the command line."""
MAX_FIRST_PAGE_BYTES = 25_000
MAX_LIMITATION = 220
MAX_FILES = 25
"""Python files of a folder.  With more it needs a second floor."""
# An unexpected exception is caught here alone: one file logs it and prints the path, one tells it with its row.
CATCHES_ALL = (
    "src/hairpin/cli/guarding/answers.py",
    "src/hairpin/cli/main.py",
    "src/hairpin/guard/telling/delivery.py",
    "tests/rows.py",
)


class Function(msgspec.Struct, frozen=True):
    """A function and how many lines it has, its decorators apart."""

    name: str
    line: int
    lines: int
    parameters: int


class Code(msgspec.Struct, frozen=True):
    """The facts about one file that the tests below check.

    ``imports``: the full names that it imports, at any place in it; ``a.b`` and ``a.b.c`` for ``from a.b import c``.
    ``broad_excepts``: lines.  ``own_limits``: lines at which it bounds what it waits for by a number of seconds.
    """

    lines: int
    imports: tuple[str, ...]
    functions: tuple[Function, ...]
    broad_excepts: tuple[int, ...]
    own_limits: tuple[int, ...]


@cache
def code(path: str) -> Code:
    """Parse a file, named from the repository's root; each file once."""
    text = (ROOT / path).read_text("utf-8")
    imports: list[str] = []
    functions: list[Function] = []
    broad_excepts: list[int] = []
    own_limits: list[int] = []
    for node in nodes(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                imports += (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                imports += (module, *(f"{module}.{alias.name}" for alias in names))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                end = node.end_lineno or node.lineno
                given = (node.args.posonlyargs, node.args.args, node.args.kwonlyargs)
                functions.append(Function(node.name, node.lineno, end - node.lineno + 1, sum(map(len, given))))
            case ast.ExceptHandler(type=None) | ast.ExceptHandler(type=ast.Name(id="Exception" | "BaseException")):
                broad_excepts.append(node.lineno)
            case ast.keyword(arg="timeout", value=ast.Constant(value=int() | float())):
                own_limits.append(node.value.lineno)
            case ast.Call(func=ast.Attribute(attr="join" | "wait"), args=[ast.Constant(value=int() | float())]):
                own_limits.append(node.lineno)
            case _:
                pass
    return Code(len(text.splitlines()), tuple(imports), tuple(functions), tuple(broad_excepts), tuple(own_limits))


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a file but names and constants, in no order: twice as fast as ``ast.walk``."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for inner in vars(node).values():
            if isinstance(inner, list):
                waiting += (each for each in cast("list[object]", inner) if isinstance(each, ast.AST))
            elif isinstance(inner, ast.AST) and not isinstance(inner, (ast.Name, ast.Constant, ast.expr_context)):
                waiting.append(inner)


def source(path: str) -> Code:
    """Parse a file, named from src/hairpin/."""
    return code(f"src/hairpin/{path}")


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def within_folder(path: str, folders: tuple[str, ...]) -> bool:
    return path.split("/", maxsplit=1)[0] in folders


def module_of(path: str) -> str:
    """Return the name by which a source file is imported."""
    return "hairpin." + path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def ways_to_the_world() -> dict[str, tuple[str, ...]]:
    """Return the shortest chain of imports to a module of WORLD, for each source file that has one."""
    files = {module_of(each): each for each in SOURCES}
    importers: dict[str, list[str]] = {}
    chains: dict[str, tuple[str, ...]] = {}
    for path in SOURCES:
        for name in source(path).imports:
            if within(name, WORLD):
                chains.setdefault(path, (path, name))
            elif name in files:
                importers.setdefault(files[name], []).append(path)
    for here in (queue := [*chains]):
        for path in importers.get(here, ()):
            if path not in chains:
                chains[path] = (path, *chains[here])
                queue.append(path)
    return chains


def mirror_of(source: str) -> str:
    """Return the path below tests/ that a source file's test has to have."""
    folder, slash, name = source.rpartition("/")
    return f"{folder}{slash}test_{name}"


def test_a_folder_tells_in_which_order_its_files_are_read() -> None:
    """Its ``__init__.py`` names each file and folder in it, but for causes: what they share is named."""
    for init in SOURCE.rglob("__init__.py"):
        folder = init.parent
        files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        folders = {path.parent.name for path in folder.glob("*/__init__.py")}
        if folder.parent == SOURCE / "causes":
            files = {name for name in files if name.startswith("_")}
        order, _, _ = init.read_text("utf-8").partition("\nTo add ")
        named = set(re.findall(r"``([a-z0-9_]+)/?``", order))
        assert (files | folders) - named == set(), f"{init}: not named"


def test_each_test_file_mirrors_a_source_file() -> None:
    mirrors = {mirror_of(source) for source in SOURCES}
    assert [test for test in TEST_FILES if test not in mirrors and not test.startswith(BEYOND_ONE_FILE)] == []


def test_each_source_file_has_its_test_file() -> None:
    """A file that has functions is tested in the file of its name, or TESTED_ELSEWHERE says where.

    Declarations of types and constants alone are tested by those who use them.
    """
    expected = [path for path in SOURCES if source(path).functions and not path.startswith(tuple(TESTED_ELSEWHERE))]
    assert [f"{path} has no tests/{mirror_of(path)}" for path in expected if mirror_of(path) not in TEST_FILES] == []


def test_what_is_tested_elsewhere_really_is() -> None:
    for source, test in TESTED_ELSEWHERE.items():
        assert any(path.startswith(source) for path in SOURCES), f"{source} is not there: take it off the list"
        assert test in TEST_FILES, f"{source} is not tested in tests/{test}"
        assert mirror_of(source) not in TEST_FILES, f"{source} has a test file of its own: take it off the list"


def test_unit_tests_leave_out_only_what_is_there() -> None:
    """``make unit`` itself holds the rest: without root's powers, a test that needs them fails there."""
    gone = (path for path in NEEDS if path not in TEST_FILES)
    assert [path for path in gone if not any(within_folder(test, (path,)) for test in TEST_FILES)] == []


def test_pure_folders_do_not_reach_the_world() -> None:
    ways = ways_to_the_world()
    assert [" imports ".join(ways[path]) for path in SOURCES if path in ways and within_folder(path, PURE)] == []
    assert ways  # the shell does reach it


def test_only_cli_and_report_know_the_terminal() -> None:
    assert [
        f"{path} imports {name}"
        for path in SOURCES
        if not within_folder(path, KNOWS_TERMINAL)
        for name in source(path).imports
        if within(name, TERMINAL)
    ] == []


def test_a_file_is_named_after_a_concept() -> None:
    assert [path for path in CODE if Path(path).stem in NO_CONCEPT] == []


def test_a_file_is_read_in_one_go() -> None:
    long = [path for path in CODE if not path.startswith("tests/") and code(path).lines > MAX_FILE_LINES]
    assert long == []


def test_a_function_fits_on_a_screen() -> None:
    assert [
        f"{path}:{function.line} {function.name}"
        for path in CODE
        for function in code(path).functions
        if function.lines > MAX_FUNCTION_LINES
    ] == []


def test_a_function_of_the_command_line_has_few_parameters() -> None:
    assert [
        f"{path}:{function.line} {function.name}"
        for path in SOURCES
        for function in source(path).functions
        if within_folder(path, ("cli",)) and function.parameters > MAX_PARAMETERS
    ] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Also late imports count; those for type checkers alone do not."""
    graph = grimp.build_graph("hairpin", exclude_type_checking_imports=True, cache_dir=None)
    order = graphlib.TopologicalSorter({each: graph.find_modules_directly_imported_by(each) for each in graph.modules})
    try:
        order.prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))


def test_a_folder_is_no_heap() -> None:
    counts = Counter(str(Path(path).parent) for path in SOURCES)
    assert sorted(folder for folder, count in counts.items() if count > MAX_FILES) == []


def test_the_architecture_names_each_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    folders = {path.split("/", maxsplit=1)[0] for path in SOURCES if "/" in path}
    assert [each for each in sorted(folders) if f"| `{each}/` |" not in page] == []


def classes() -> dict[str, str]:
    """Return the folder, or the file beside all folders, of each class of a module, by the class's full name."""
    return {
        f"{module_of(path)}.{node.name}": path.split("/", maxsplit=1)[0]
        for path in SOURCES
        for node in ast.parse((SOURCE / path).read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


def test_the_glossary_has_each_public_class() -> None:
    """A class is public if another folder imports it.  A row of the glossary names it, and no class that is gone."""
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`([A-Z]\w*[a-z]\w*)`", rows))
    homes = classes()
    imported = ((name, path.split("/", maxsplit=1)[0]) for path in SOURCES for name in source(path).imports)
    public = {name for name, folder in imported if name in homes and homes[name] != folder}
    assert sorted(name for name in public if name.rpartition(".")[2] not in named) == []
    assert sorted(named - {name.rpartition(".")[2] for name in homes}) == []


def test_a_limitation_is_one_line() -> None:
    """A row says what is not modelled and what happens then; its link leads to the rest."""
    rows = [line for line in (ROOT / "docs" / "limitations.md").read_text("utf-8").splitlines() if line[:1] == "|"]
    assert [row for row in rows if len(row) > MAX_LIMITATION] == []


def test_the_first_page_leads_to_how_each_thing_is_added() -> None:
    """CONTRIBUTING.md is read in a sitting; the folders' own pages have the rest."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert len(page.encode()) <= MAX_FIRST_PAGE_BYTES
    pages = re.findall(r"\]\((src/hairpin/[\w/]+/__init__\.py)\) \|$", page, re.MULTILINE)
    assert pages
    assert [each for each in pages if "\nTo add " not in (ROOT / each).read_text("utf-8")] == []


def test_nothing_catches_every_exception() -> None:
    assert [f"{path}:{line}" for path in CODE if path not in CATCHES_ALL for line in code(path).broad_excepts] == []


def test_no_test_bounds_by_its_own_seconds_what_it_waits_for() -> None:
    """A busy machine meets any bound that is no hang's; ``tests/waiting.py`` has the one for all."""
    files = tuple(f"tests/{path}" for path in TEST_FILES)
    assert [f"{path}:{line}" for path in files for line in code(path).own_limits] == []
