"""The score on public threads: `python -m tests.pasted.threads [NAME]…`.

Each thread is a text and a file that says what is true (``threads/NAME.toml``, written before hairpin was asked).  A
thread counts as answered if the true cause is proven or among the first two, or if the next command decides it.
"""

import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

FOLDER = Path(__file__).parent / "threads"

_MOST_S = 120.0
"""After this time in seconds, nobody waits for the answer any more."""


class Score(NamedTuple):
    """The judgement of one thread: ``proven``, ``first`` or ``second`` (the cause's place), ``next`` (the command
    decides), ``missed``, or ``wrong`` (another cause is called proven)."""

    name: str
    word: str
    told: str
    seconds: float


def names() -> tuple[str, ...]:
    """Return the names of all threads."""
    return tuple(sorted(each.stem for each in FOLDER.glob("*.toml")))


def judged(name: str) -> Score:
    """Return the score of a thread."""
    truth = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    begun = time.monotonic()
    command = [sys.executable, "-m", "hairpin", "check", *truth["ask"], "--text", str(FOLDER / f"{name}.txt"), "--json"]
    try:
        done = subprocess.run([*command, "--no-replica"], capture_output=True, text=True, check=False, timeout=_MOST_S)
    except subprocess.TimeoutExpired:
        return Score(name, "missed", f"no answer after {_MOST_S} seconds", _MOST_S)
    took = time.monotonic() - begun
    if not done.stdout:
        return Score(name, "missed", f"exit {done.returncode}: {done.stderr.strip()[:150]}", took)
    answer = msgspec.json.decode(done.stdout)
    return Score(name, *_word(truth, answer), took)


def _word(truth: dict[str, Any], answer: dict[str, Any]) -> tuple[str, str]:
    causes = [each for each in answer["causes"] if each.get("likely") or each["severity"] == "blocking"]
    told = [f"{each['id']} {each['title']} {each['detail']}" for each in causes]
    right = [any(re.search(each, one, re.IGNORECASE) for each in truth["names"]) for one in told]
    proven = [not each.get("likely") for each in causes]
    asked = answer.get("next", {}).get("command", "")
    said = ", ".join(each["id"] for each in causes[:3]) + f" | {asked}"
    for number, (is_right, is_proven) in enumerate(zip(right, proven, strict=True)):
        if is_proven:
            return ("proven" if is_right else "wrong"), said
        if is_right and number < 2:
            return ("first", "second")[number], said
    outcomes = " ".join(f"{each['if']} {each['then']}" for each in answer.get("next", {}).get("outcomes", ()))
    if asked and any(re.search(each, f"{asked} {outcomes}", re.IGNORECASE) for each in truth["decides"]):
        return "next", said
    return "missed", said


def main(wanted: list[str]) -> None:
    """Print the score of each wanted thread, or of all, and the sums."""
    scores = [judged(name) for name in wanted or names()]
    for each in scores:
        print(f"{each.word:8} {each.name:28} {each.seconds:4.1f} s  {each.told}")
    words = [each.word for each in scores]
    named = sum(words.count(each) for each in ("proven", "first", "second"))
    decided = words.count("next")
    share, both = named / len(scores), (named + decided) / len(scores)
    print(f"{len(scores)} threads: named {share:.0%}, named or decided {both:.0%}, wrong {words.count('wrong')}")


if __name__ == "__main__":
    main(sys.argv[1:])
