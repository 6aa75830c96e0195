"""Writes hairpin's answers about every recorded host, and compares them with the answers of another commit.

    python -m tools.answers write FOLDER [SNAPSHOT…]      (no SNAPSHOT: the recorded hosts of the tests)
    python -m tools.answers compare BEFORE AFTER

A refactoring changes no answer.  Run ``write`` in a work tree of the commit before and in one of the commit after, then
run ``compare``: each difference is a line, and the exit status is 1 if there is one.  Compared are the verdict and stop
of every flow; the causes in their order, with places, proofs, commands and files; and the English text of the answer
about the whole host.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from hairpin.cli.main import run

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "hosts"
Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
_FLOW = ("from", "to", "container", "verdict", "conditions")
_STOP = ("netns", "stage", "link", "table", "chain", "rule", "number", "reason")
_CAUSE = ("id", "severity", "title", "detail", "where")
_PROOF = ("without_change", "with_change", "set")
_REMEDY = ("id", "commands", "persist")
_QUIET = ("--no-replica", "--lang", "en")


def said(*arguments: str) -> str:
    """Return hairpin's standard output for these arguments."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        run(list(arguments))
    return out.getvalue()


def asked_of(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the questions about a host: everything, then each flow whose real outcome was recorded."""
    yield ()
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    for flow in expected.get(name, ()):
        yield (flow["to"], "--from", flow["from"])


def _kept(part: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: part.get(name) for name in names}


def frozen(document: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a report that a refactoring must not change."""
    causes = document.get("causes", [])
    return {
        "flows": [
            _kept(flow, _FLOW)
            | {"stopped_at": _kept(flow["stopped_at"], _STOP) if flow["stopped_at"] else None, "causes": flow["causes"]}
            for flow in document.get("flows", [])
        ],
        "causes": [
            _kept(cause, _CAUSE)
            | {"flows": cause["flows"], "proof": _kept(cause["proof"], _PROOF)}
            | {"remedies": [_kept(each, _REMEDY) for each in cause["remedies"]]}
            for cause in causes
        ],
    }


def answers(snapshot: Path) -> dict[str, Any]:
    """Return the frozen answers to all questions about one snapshot."""
    found: dict[str, Any] = {"text": said("check", "--snapshot", str(snapshot), *_QUIET).splitlines()}
    for question in asked_of(snapshot.stem):
        document = said("check", *question, "--snapshot", str(snapshot), "--json", *_QUIET)
        found[" ".join(question) or "everything"] = frozen(json.loads(document)) if document else {}
    return found


def _write(job: tuple[Path, Path]) -> str:
    snapshot, folder = job
    (folder / f"{snapshot.stem}.json").write_text(json.dumps(answers(snapshot), indent=1, ensure_ascii=False), "utf-8")
    return snapshot.stem


def differences(path: str, before: "Json", after: "Json") -> Iterator[str]:
    """Yield a line for each place at which two frozen answers differ."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from differences(f"{path} {key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from differences(f"{path}[{number}]", *pair)
    else:
        yield f"{path}: {json.dumps(before, ensure_ascii=False)} -> {json.dumps(after, ensure_ascii=False)}"


def _read(path: Path) -> "Json":
    if not path.exists():
        return None
    read: Json = json.loads(path.read_text("utf-8"))
    return read


def compare(before: Path, after: Path) -> int:
    """Print the differences between two folders of answers; return how many there are."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.json")})
    found = 0
    for name in names:
        for line in differences(name.removesuffix(".json"), _read(before / name), _read(after / name)):
            print(line)
            found += 1
    print(f"{len(names)} hosts, {found} differences")
    return found


def main() -> None:
    """Write or compare."""
    match sys.argv[1:]:
        case ["write", folder, *snapshots]:
            Path(folder).mkdir(parents=True, exist_ok=True)
            paths = [Path(each) for each in snapshots] or sorted(FOLDER.glob("*.hairpin"))
            with ProcessPoolExecutor() as pool:
                for name in pool.map(_write, [(path, Path(folder)) for path in paths]):
                    print(name)
        case ["compare", before, after]:
            sys.exit(compare(Path(before), Path(after)) > 0)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
