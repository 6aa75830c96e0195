"""``python -m tests.watched``: the five stories under a running guard: who, when and what, on real hosts (root)."""

import sys
from collections.abc import Iterator, Sequence

from tests.machine.command import add_words, command, has_word
from tests.machine.run import beside, ended, tell
from tests.watched.stories import STORIES
from tests.watched.trial import Result, replay


def main() -> int:
    """Replay the stories; the exit status is 1 if who, when or what is wrong in one."""
    parser = command("tests.watched", "The five stories, replayed under a running guard.", parallel=2, results=True)
    add_words(parser, "name", "these stories")
    arguments = parser.parse_args()
    cases = [each for each in STORIES if has_word(each.name, arguments.name)]
    found = beside(replay, cases, arguments.parallel)
    return tell(found, told, lambda each: not each.is_right, table=table, file=arguments.results)


def told(result: Result) -> Iterator[str]:
    """Yield the line of a story, and what the guard said."""
    word = "void " if result.void else "right" if result.is_right else "MISS "
    when, what = ("right" if each else "wrong" for each in (result.when, result.what))
    behind = "named" if result.behind else "not named"
    yield f"{word} {result.name}: who {result.who}, the script behind it {behind}, when {when}, what {what}"
    yield f"      told {result.told_s} s after the change"
    if not result.is_right:
        yield f"      {result.void or result.said}"


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the counts."""
    counting = [each for each in results if not each.void]
    who, wrong = (sum(each.who == word for each in counting) for word in ("right", "wrong"))
    when, what, behind = (sum(getattr(each, name) for each in counting) for name in ("when", "what", "behind"))
    yield f"of {len(counting)}: who right {who}, wrong {wrong}, the script behind it named {behind}; when right {when}"
    yield f"what right {what}; void {len(results) - len(counting)}"


if __name__ == "__main__":
    sys.exit(ended(main))
