"""``python -m pytest --of src/hairpin/causes/x.py``: what is expected of one file, out of all tests.

The file's own tests are those of its mirror, or of ``TESTED_ELSEWHERE`` (tests/test_layout.py).  Of a cause they are
also all cases that name its id: rows of the tables of causes, lab scenarios, recorded hosts and networks.  The end of
the run has the commands that ask the cases of other people's hosts and threads.  tests/conftest.py loads this plug-in.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.test_layout import SOURCE, TESTED_ELSEWHERE, TESTS, mirror_of

CORPORA = {
    "make world ONLY=": TESTS / "world" / "cases",
    "python -m tests.pasted.threads ": TESTS / "pasted" / "threads",
}
"""What asks the cases that are no tests, and where they are."""


def source_of(given: str) -> str:
    """Return a source file's path below src/hairpin, as the tables of tests/test_layout.py name it.

    Raises ``ValueError`` for another file."""
    path = Path(given).resolve()
    if not path.is_relative_to(SOURCE) or not path.is_file():
        error = f"{given} is no file below src/hairpin"
        raise ValueError(error)
    return path.relative_to(SOURCE).as_posix()


def cause_in(source: str) -> str:
    """Return the id of the cause that the file declares, else nothing."""
    is_cause = source.startswith("causes/") and "\nCAUSE = " in (SOURCE / source).read_text("utf-8")
    return Path(source).stem.replace("_", "-") if is_cause else ""


def files_of(source: str) -> frozenset[str]:
    """Return the test files, below tests/, that hold what the file claims."""
    elsewhere = {test for beginning, test in TESTED_ELSEWHERE.items() if source.startswith(beginning)}
    mirror = mirror_of(source)
    own = {mirror} if (TESTS / mirror).exists() else set[str]()
    # The table of a folder of causes is all causes': of one of them, its rows count.
    return frozenset(own or ({} if cause_in(source) else elsewhere))


def names(value: Any, id_: str, depth: int = 3) -> bool:
    """Return whether a case of a test names the cause: as a word of a text, or among its causes or members."""
    if isinstance(value, str):
        return re.search(rf"(?<![\w-]){re.escape(id_)}(?![\w-])", value) is not None
    if depth and isinstance(value, (tuple, list, set, frozenset)):
        return any(names(each, id_, depth - 1) for each in cast("Iterable[object]", value))
    return depth > 0 and names(getattr(value, "causes", getattr(value, "cause", ())), id_, depth - 1)


def is_expected(test: str, values: tuple[Any, ...], source: str) -> bool:
    """Return whether a test, of that path below tests/ and with that name and those arguments, is of the file."""
    if test in files_of(source):
        return True
    id_ = cause_in(source)
    return bool(id_) and any(names(each, id_) for each in values)


def elsewhere_told(source: str) -> Iterator[str]:
    """Yield the commands that ask the cases of the corpora that name the cause."""
    id_ = cause_in(source)
    for command, folder in CORPORA.items() if id_ else ():
        naming = [each.stem for each in sorted(folder.glob("*.toml")) if names(each.read_text("utf-8"), id_)]
        if naming:
            words = " ".join(naming) if "threads" in command else f"'{' '.join(naming)}'"
            yield f"{command}{words}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not expected of the file."""
    try:
        source = source_of(config.option.of)
    except ValueError as error:
        raise pytest.UsageError(*error.args) from error
    left: list[pytest.Item] = []
    kept: list[pytest.Item] = []
    for item in items:
        given = getattr(item, "callspec", None)
        values = (item.name, *(given.params.values() if given is not None else ()))
        test = item.path.relative_to(TESTS).as_posix()
        (kept if is_expected(test, values, source) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell the commands that ask what is no test."""
    for each in elsewhere_told(source_of(config.option.of)):
        terminalreporter.write_line(f"and: {each}")
