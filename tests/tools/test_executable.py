"""What the one executable file holds, without its interpreter: building that one takes minutes (``make dist-test``).

The parts are sealed by this Python, with its own standard library, and imported as they are in the file.
"""

import importlib.util
import marshal
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.whole import WHOLE
from tools.release.interpreter.build import LEFT_OUT
from tools.release.interpreter.parts import INSIDE_ZIG, SOURCES
from tools.release.pinned import ROOT

INSIDE = ROOT / "tools" / "release" / "inside"
INTERPRETER = ROOT / "tools" / "release" / "interpreter"
HOST = str(ROOT / "tests" / "fixtures" / "hosts" / "eth0-forwarding.hairpin")
# Imports as the file does: nothing but compiled modules comes from a folder.  Runs the code of the first argument.
START = """
import sys
from importlib.machinery import ExtensionFileLoader, FileFinder
from importlib.util import spec_from_file_location
from types import ModuleType
code, payload, core, compiled, sealed_py = sys.argv[1:6]
sys.modules["_payload"] = module = ModuleType("_payload")
whole = open(payload, "rb").read()
module.content = memoryview(whole)[int.from_bytes(whole[-4:], "little") : -4]
sys.path[:] = []
class Compiled:
    finder = FileFinder(compiled, (ExtensionFileLoader, __import__("_imp").extension_suffixes()))
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, core) if name == "msgspec._core" else cls.finder.find_spec(name)
sys.meta_path[2:] = [Compiled]
sealed = ModuleType("sealed")
exec(compile(open(sealed_py).read(), "sealed.py", "exec"), sealed.__dict__)
sys.argv[1:] = sys.argv[6:]
exec(code)
"""


def parts() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return hairpin, click and msgspec: their modules and their other files by path."""
    modules: dict[str, bytes] = {}
    files: dict[str, bytes] = {}
    for name in ("hairpin", "click", "msgspec"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in sorted(folder.rglob("*")):
            inner = str(path.relative_to(folder.parent))
            if path.is_file() and not inner.startswith("hairpin/lab/"):
                (modules if path.suffix == ".py" else files)[inner] = path.read_bytes()
    return modules, {path: data for path, data in files.items() if not path.endswith((".so", ".pyc", ".po", ".pyi"))}


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the file holds, and behind it the place of the part that Python reads."""
    command = (sys.executable, "-I", "-S", "-B", str(INSIDE / "sealing.py"), sysconfig.get_path("stdlib"))
    made = subprocess.run(command, input=marshal.dumps(parts(), 2), stdout=subprocess.PIPE, check=True).stdout
    at = after_frozen(made)
    path = tmp_path_factory.mktemp("sealed") / "payload"
    path.write_bytes(made + at.to_bytes(4, "little"))
    return path


def after_frozen(payload: bytes) -> int:
    """Return the place of the content, as start.c finds it."""

    def number(at: int) -> int:
        return int.from_bytes(payload[at : at + 4], "little")

    at = 4
    for _ in range(number(0)):
        at += 12 + number(at) + (number(at + 4) + 3) // 4 * 4
    assert number(at) == len(payload) - at - 4
    return at + 4


def out_of(payload: Path, code: str, *arguments: str) -> tuple[int, str, str]:
    """Return how the code ended that found its modules in the payload."""
    core = importlib.util.find_spec("msgspec._core")
    assert core is not None
    assert core.origin is not None
    given = (code, str(payload), core.origin, str(sysconfig.get_config_var("DESTSHARED")), str(INSIDE / "sealed.py"))
    command = (sys.executable, "-I", "-S", "-c", START, *given, *arguments)
    zones = os.environ | {"PYTHONTZPATH": "/usr/share/zoneinfo"}  # the file has a module for it
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=zones)
    return done.returncode, done.stdout, done.stderr


def in_checkout(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        (sys.executable, "-m", "hairpin", *arguments), capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


IMPORT_ALL = """
import importlib, pkgutil, hairpin
for each in pkgutil.walk_packages(hairpin.__path__, "hairpin."):
    if not each.name.endswith("__main__") and not each.name.startswith("hairpin.cli.tools."):
        importlib.import_module(each.name)
loaded = [each for each in sys.modules.values() if getattr(each, "__file__", None)]
print(sum(each.__name__.startswith("hairpin.") for each in loaded))
print(*(each.__name__ for each in loaded if each.__file__.endswith(".so")))
"""
OPTIONAL = {"_hashlib", "_uuid"}
"""Compiled modules for which the standard library has another way."""


@WHOLE
def test_no_module_is_missing_from_the_file(payload: Path) -> None:
    status, out, err = out_of(payload, IMPORT_ALL)
    assert (status, err) == (0, "")
    counted, compiled = out.splitlines()
    there = [each for each in parts()[0] if each.startswith("hairpin/") and not each.endswith("__main__.py")]
    served = [each for each in there if re.match("hairpin/cli/tools/(?!__init__)", each)]  # they need the extra [mcp]
    assert int(counted) == len(there) - len(served) - 1  # hairpin itself is not below hairpin
    assert not set(compiled.split()) & (LEFT_OUT - OPTIONAL)


RUN = "sys.argv[0] = 'hairpin'; sealed.run()"
ASKED: dict[str, tuple[str, ...]] = {
    "an answer": ("check", "8151", "--snapshot", HOST, "--no-replica", "--json"),
    "a page": ("check", "8151", "--snapshot", HOST, "--no-replica", "--html", "-"),
    "Chinese": ("check", "8151", "--snapshot", HOST, "--no-replica", "--lang", "zh"),
    "the collector": ("snapshot", "--print-script"),
    "a cause": ("explain", "interface-forwarding-off"),
    "no lab": ("lab", "list"),
}


@WHOLE
@pytest.mark.parametrize("arguments", ASKED.values(), ids=ASKED)
def test_it_answers_as_the_checkout(payload: Path, arguments: tuple[str, ...]) -> None:
    found = out_of(payload, RUN, *arguments)
    if arguments[0] == "lab":
        assert found[0] == 2
        assert "the lab is not part of the single-file hairpin" in found[2]
    else:
        assert found == in_checkout(*arguments)
        assert found[1]


def test_ctypes_finds_each_function_of_the_c_library_that_hairpin_calls() -> None:
    texts = (path.read_text("utf-8") for path in (ROOT / "src/hairpin").rglob("*.py") if "lab" not in path.parts)
    called = {name for text in texts if "ctypes" in text for name in re.findall(r"\b_?(?:LIBC|libc)\.(\w+)", text)}
    lent = set(re.findall(r'\{"(\w+)", \(void \*\)', (INTERPRETER / "start.c").read_text("utf-8")))
    assert {"setns", "mount"} <= called
    assert called <= lent


def test_errors_have_the_words_of_most_hosts() -> None:
    table = dict(re.findall(r'\[(\d+)\] = "(.*)"', (INTERPRETER / "errors.c").read_text("utf-8")))
    assert len(table) > 130
    assert {int(number): text for number, text in table.items()} == {
        int(each): os.strerror(int(each)) for each in table
    }


def test_each_part_is_pinned_and_has_its_licence() -> None:
    for part in SOURCES:
        assert re.fullmatch(r"[0-9a-f]{64}", part.sha256)
        assert part.version in part.file
    assert all(part.licence and part.texts for part in (*SOURCES, *INSIDE_ZIG))
