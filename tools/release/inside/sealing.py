"""Makes what the one executable file holds besides the interpreter, by a Python of the interpreter's own version:
``python -I -S sealing.py LIBRARY < PARTS > PAYLOAD``.

LIBRARY is the folder of the standard library's sources.  PARTS is a marshalled pair: the other modules' sources by
their paths, such as ``hairpin/__init__.py``, and all other files by their paths.  The form of PAYLOAD: ``start.c`` in
``tools/release/interpreter``, and ``sealed.py``.
"""

import ast
import marshal
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

FROZEN = ("encodings", "encodings.aliases", "encodings.ascii", "encodings.latin_1", "encodings.utf_8")
"""What Python imports before it can run ``sealed.py``, besides what is frozen in every Python."""
ALWAYS = ("_pydatetime", "_strptime", "encodings", "locale", "runpy")
"""Imported by the interpreter itself, or by its compiled modules."""
LEFT_OUT = frozenset(
    [
        "_aix_support",
        "_android_support",
        "_ios_support",
        "_osx_support",
        "_pydecimal",
        "_pyrepl",
        "antigravity",
        "asyncio",
        "bdb",
        "cProfile",
        "cmd",
        "code",
        "codeop",
        "curses",
        "dbm",
        "doctest",
        "ensurepip",
        "http.server",
        "idlelib",
        "imaplib",
        "multiprocessing",
        "ntpath",
        "nturl2path",
        "pdb",
        "pip",
        "profile",
        "pstats",
        "pty",
        "pydoc",
        "pydoc_data",
        "smtplib",
        "ssl",
        "test",
        "this",
        "tkinter",
        "tty",
        "turtle",
        "turtledemo",
        "unittest",
        "urllib.request",
        "venv",
        "webbrowser",
        "wsgiref",
        "xml.dom",
        "xml.sax",
        "xmlrpc",
    ]
)
"""Named in imports that no command of hairpin reaches: debuggers, servers, other systems."""
_OF_OTHER_SYSTEMS = ("encodings.mbcs", "encodings.oem")
_ZONES = "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo"


def by_module(paths: Iterator[str]) -> dict[str, str]:
    """Return the paths of modules by the modules' names."""
    dotted = ((each.removesuffix(".py").replace("/", ".").removesuffix(".__init__"), each) for each in sorted(paths))
    return {name: path for name, path in dotted if "-" not in name}


def imported(source: bytes, name: str, *, is_package: bool) -> Iterator[str]:
    """Yield the full names in the imports of a module: for ``from a import b`` both ``a`` and ``a.b``."""
    above = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = above[: len(above) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, (node.module,))])
            yield base
            yield from (f"{base}.{each.name}" for each in node.names)


def needed(library: Path, others: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the sources of the needed modules of the standard library by their paths.  ``others``: as PARTS."""
    there = by_module(str(each.relative_to(library)) for each in library.rglob("*.py"))
    waiting = [*ALWAYS, *(each for each in there if each.startswith("encodings.") and each not in _OF_OTHER_SYSTEMS)]
    for name, path in by_module(iter(others)).items():
        waiting.extend(imported(others[path], name, is_package=path.endswith("/__init__.py")))
    found: dict[str, bytes] = {}
    while waiting:
        parts = waiting.pop().split(".")
        for each in (".".join(parts[: end + 1]) for end in range(len(parts))):
            if each in LEFT_OUT:
                break
            place = there.get(each)
            if place is not None and place not in found:
                found[place] = (library / place).read_bytes()
                waiting.extend(imported(found[place], each, is_package=place.endswith("/__init__.py")))
    return found


def code(source: bytes, path: str) -> bytes:
    """Return a module's code, marshalled; the path is its file's name in tracebacks."""
    return marshal.dumps(compile(source, path, "exec", dont_inherit=True, optimize=0))


def number(value: int) -> bytes:
    return value.to_bytes(4, "little")


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def frozen(name: str, source: bytes, path: str) -> bytes:
    """Return the entry of a frozen module."""
    body, spelt = code(source, path), padded(name.encode() + b"\0")
    return number(len(spelt)) + number(len(body)) + number(path.endswith("/__init__.py")) + spelt + padded(body)


def content(sources: Mapping[str, bytes], files: Mapping[str, bytes]) -> bytes:
    """Return what ``sealed.py`` reads: the length of the index, the index, and the compressed codes and files."""
    body = bytearray()

    def placed(data: bytes) -> tuple[int, int]:
        packed = zlib.compress(data, 9)
        body.extend(packed)
        return len(body) - len(packed), len(packed)

    modules = {
        name: (path.endswith("/__init__.py"), *placed(code(sources[path], path)))
        for name, path in by_module(iter(sources)).items()
    }
    index = marshal.dumps((modules, {path: placed(data) for path, data in sorted(files.items())}), 2)
    return number(len(index)) + index + body


def configuration() -> dict[str, bytes]:
    """Return path and source of the module in which ``sysconfig`` looks for the variables of Python's makefile."""
    return {"_sysconfigdata__linux_.py": f"build_time_vars = {{'TZPATH': {_ZONES!r}}}\n".encode()}


def payload(library: Path, sealed: bytes, others: Mapping[str, bytes], files: Mapping[str, bytes]) -> bytes:
    """Return the whole payload.  ``sealed``: the source of ``sealed.py``."""
    inner = needed(library, {**others, "sealed.py": sealed})
    at = by_module(iter(inner))
    early = [frozen(name, inner[at[name]], at[name]) for name in FROZEN] + [frozen("sealed", sealed, "sealed.py")]
    whole = content({**inner, **others, **configuration()}, files)
    return number(len(early)) + b"".join(early) + number(len(whole)) + whole


if __name__ == "__main__":
    modules_, files_ = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - of make dist
    own = (Path(__file__).parent / "sealed.py").read_bytes()
    sys.stdout.buffer.write(payload(Path(sys.argv[1]), own, modules_, files_))
