"""Lines that a wrapping program has joined, torn or left are found, and lines as people write them are not."""

from tests.rows import each_row
from tools.reflow import LONGEST, damage

LONG = "word " * (LONGEST // 5 + 1)
PAGES: dict[str, tuple[str, list[int]]] = {
    "two commands and their comments": ("    make demo    # breaks it make test    #\n    runs the tests\n", [1]),
    "a comment without words": ("Type:\n\n    make test    #\n", [3]),
    "two comments": ("    ls    # one hairpin    # two\n", [1]),
    "two commands without comments": ("    make demo make test\n", [1]),
    "two commands of hairpin, in a fence": ("```\nhairpin check 8151 hairpin undo\n```\n", [2]),
    "a command in each line": ("    make demo    # breaks it\n    make test    # runs #1 too\n", []),
    "a pipe, a list and an argument": ("    journalctl | hairpin explain\n    make dist && make image\n", []),
    "another program's argument": ("    claude mcp add hairpin -- hairpin mcp --files ~/tickets\n", []),
    "a prompt and an output": ("```\n# hairpin check 8151\n1 problem: x #\n```\n", [3]),
    "code over a line's end": ("Run `make\nreboot` as root.\n", [1]),
    "code over a line's end, in a list": ("- one\n- run `make\n  reboot` as root\n", [2]),
    "code over two line ends": ("Run `make\nreboot\nKINDS=unit` now.\n", [1]),
    "whole code": ("Run `make reboot` as\nroot, and `make power`.\n", []),
    "an error that has one": ('"Couldn\'t load match `addrtype\'", "x"\nis printed.\n', []),
    "a row of a table": ("| a `b | c |\n| a` b | c |\n", []),
    "a shell's own": ("    x=`date\n    y=`date\n", []),
    "a long line": (f"Short.\n\n{LONG}\n", [3]),
    "a long item": (f"- short\n- {LONG}\n", [2]),
    "a long row": (f"| {LONG} |\n", []),
    "a long line of an output": (f"```\n{LONG}\n```\n", []),
    "an item's own lines": ("- one\n    more of `it`\n    # here\n", []),
}
MODULES: dict[str, tuple[str, list[int]]] = {
    "rules joined": ('"""Reads.\n\n    a := b* c   := d\n"""\n', [3]),
    "a rule torn from its name": ('"""Reads.\n\n    a := b\n    := c\n"""\n', [4]),
    "a rule a line": ('"""Reads.\n\n    a   := b* (c | d)\n    cde := f\n"""\n', []),
    "rules in columns": ('"""Reads.\n\n    a := b*        c := d\n"""\n', []),
    "code": ('"""Reads."""\n\nif (a := 1) and (b := a):\n    pass\n', []),
}


@each_row(("page", "lines"), PAGES.values(), ids=PAGES)
def test_a_page(page: str, lines: list[int]) -> None:
    assert [number for number, _ in damage("page.md", page)] == lines


@each_row(("module", "lines"), MODULES.values(), ids=MODULES)
def test_a_grammar(module: str, lines: list[int]) -> None:
    assert [number for number, _ in damage("src/module.py", module)] == lines


def test_a_program_writes_the_pages_of_causes() -> None:
    assert list(damage("docs/causes/icc-off.md", LONG)) == []
    assert list(damage("docs/causes/icc-off.md", "`a\nb`\n")) != []
