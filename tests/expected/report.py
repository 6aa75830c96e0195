"""The lines and the table of the machine."""

from collections.abc import Iterator, Sequence

from tests.expected.trial import Result


def told(result: Result) -> Iterator[str]:
    """Yield the line of a case, and one for each miss."""
    word = "void" if result.void else "MISS" if result.misses else "right"
    yield f"{word:5} {result.form:8} {result.name} ({result.lines} lines, {result.changes} changes, {result.seconds} s)"
    yield from (f"      {each}" for each in (*result.misses, *((result.void,) if result.void else ())))


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the counts."""
    counting = [each for each in results if not each.void]
    breaks = [each for each in counting if each.form == "break"]
    right = sum(not each.misses for each in breaks)
    outward = sum(each.outward for each in breaks)
    by_init = sum(each.by_init for each in breaks)
    yield f"breaks told with the right line and cause: {right} of {len(breaks)} ({outward} of ways out)"
    yield f"told by a line of init: {by_init}; the others by the line of their own destination, which a person adds"
    quiet = [each for each in counting if each.form == "harmless"]
    changes = sum(each.changes for each in quiet)
    false = sum(len(each.misses) for each in quiet)
    yield f"told after harmless changes: {false}, of {changes} changes on {len(quiet)} hosts"
    yield f"void: {len(results) - len(counting)}; lines of all files: {sum(each.lines for each in counting)}"
