"""A page quotes hairpin's output as it is today, or is refused."""

import pytest

from hairpin.replica.judgement import Kernel
from tests.rows import each_row
from tools.quoted import ROOT, QuoteError, blocks, findings, output, parts_of, prompt_of, quote_of, renewed, stored

ASKED = "hairpin check 8151 --snapshot tests/fixtures/hosts/eth0-forwarding.hairpin"
EXPLAINED = "hairpin explain interface-forwarding-off"
PAGE = f"""# A page

<!-- quoted: {EXPLAINED}
     part: interface-forwarding-off … interface-forwarding-off -->
```
$ {EXPLAINED}
OLD
```

    hairpin 8151
"""


def nobody(path: str) -> Kernel | None:
    assert not path
    return None


def test_a_stale_block_is_named_and_renewed() -> None:
    text, found = renewed(PAGE, nobody)
    assert [line for line, _ in found] == [6]
    assert "OLD" not in text
    assert f"```\n$ {EXPLAINED}\ninterface-forwarding-off" in text
    assert renewed(text, nobody) == (text, [])


def test_of_two_stale_blocks_each_is_renewed() -> None:
    text, found = renewed(PAGE + PAGE, nobody)
    first, _ = renewed(PAGE, nobody)
    assert text == first + first
    assert [line for line, _ in found] == [6, 16]


REFUSED = {
    "no such host": "hairpin check 8151 --snapshot no-such-file.hairpin",
    "no such option": f"{EXPLAINED} --no-such-option",
    "another program": "docker ps",
    "a line that is not there": f"{EXPLAINED}\n     part: … nowhere:",
    "an unknown field": f"{EXPLAINED}\n     until: more:",
    "a kernel that was never asked": f"{ASKED}\n     kernel: tests/fixtures/quoted/no-such-file.json",
}


@each_row("command", REFUSED.values(), ids=REFUSED)
def test_a_comment_that_leads_to_no_output_is_refused(command: str) -> None:
    page = f"<!-- quoted: {command} -->\n```\nx\n```\n"
    text, ((line, what),) = renewed(page, stored)
    assert (text, "cannot be had" in what) == (page, True)
    assert line == page[: page.index("x\n")].count("\n") + 1


LOOSE: dict[str, tuple[str, list[int]]] = {
    "a verdict": ("```\n✗ dropped  outside → 8151\n```\n", [2]),
    "a cause": ("```text\ncause[icc-off]: two\n```\n", [2]),
    "a cause that waits, indented": ("See:\n\n    latent cause[x]: after reboot\n", [3]),
    "a document": ('```json\n{"schema": "hairpin.report/1"}\n```\n', [2]),
    "commands": ("    hairpin 8151\n    hairpin fix 8151 --apply\n", []),
    "a file": ("```toml\n[[peer]]\nnetwork = 'x'\n```\n", []),
    "a word in prose": ("A cause[x] of a line: `✗ dropped`.\n", []),
    "held by its test": ("<!-- held by: tests/a.py -->\n```\n1 problem: x\n```\n", []),
    "held by a test about another page": ("<!-- held by: tests/b.py -->\n```\n1 problem: x\n```\n", [3]),
    "held by no test": ("<!-- held by: tests/c.py -->\n```\n1 problem: x\n```\n", [3]),
    "a comment alone": (f"<!-- quoted: {ASKED} -->\nWords.\n\n```\nls\n```\n", [1]),
}


@each_row(("page", "lines"), LOOSE.values(), ids=LOOSE)
def test_an_output_that_nothing_holds_is_refused(page: str, lines: list[int]) -> None:
    tests = {"tests/a.py": "README.md", "tests/b.py": "SECURITY.md"}
    assert [line for line, _ in findings("README.md", page, tests)] == lines


PARTS: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "all": ((), "a\nb\n  c\nd\n"),
    "from the beginning": ((("", "b"),), "a\nb\n…\n"),
    "to the end": ((("c", ""),), "…\n  c\nd\n"),
    "two": ((("a", "a"), ("c", "c")), "a\n…\n  c\n…\n"),
    "side by side": ((("a", "b"), ("c", "d")), "a\nb\n  c\nd\n"),
}


@each_row(("parts", "wanted"), PARTS.values(), ids=PARTS)
def test_parts(parts: tuple[tuple[str, str], ...], wanted: str) -> None:
    assert parts_of("a\nb\n  c\nd\n", parts) == wanted


def test_parts_stand_in_the_order_of_the_output() -> None:
    with pytest.raises(QuoteError):
        parts_of("a\nb\n", (("b", "b"), ("a", "a")))


def test_a_prompt_has_no_sources() -> None:
    assert prompt_of(quote_of(f"<!-- quoted: {ASKED} -->").command) == "hairpin check 8151"


def test_the_readers_terminal_and_locale_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    command = tuple(ASKED.split())
    before = output(command, None)
    for name, value in {"LANG": "zh_CN.UTF-8", "COLUMNS": "40", "LC_ALL": "C", "TZ": "Asia/Tokyo"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    assert output(command, None) == before
    assert "(simulated)" in before


def test_a_kernels_words_are_quoted_without_root() -> None:
    (block,) = (each for each in blocks((ROOT / "README.md").read_text("utf-8")) if "kernel: " in each.comment)
    quote = quote_of(block.comment)
    assert "(replayed on this kernel)" in output(quote.command, stored(quote.kernel))
