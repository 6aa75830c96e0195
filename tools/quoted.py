"""Holds the outputs of hairpin that README and docs/ quote against today's output.

    python -m tools.quoted           renew each quoted block
    python -m tools.quoted --check   change nothing, name each block that is not today's output, exit 1
    python -m tools.quoted --replay  also send the packets of blocks with a kernel's words again (root)

A quoted block is fenced, and a comment before it says the command.  The command runs on recorded hosts, in this
process, 80 columns wide, in English, without colour and without root:

    <!-- quoted: hairpin check 8151 --snapshot tests/fixtures/hosts/eth0-forwarding.hairpin
         kernel: tests/fixtures/quoted/eth0-forwarding.json
         part: cause[ … more: -->

``kernel``: what a running kernel said about these packets (``tools/recorded_kernel.py``).  Without it the answer is
simulated.  ``part``: the block has only the lines from the one that begins with the first words to the one that begins
with the last.  Empty words mean the output's first or last line.  A line ``…`` stands for each gap.  There may be
several parts.  A block may begin with a prompt (``# hairpin …``): the command without its sources.

``<!-- held by: tests/… -->`` stands before an output that no recorded host gives; the file has to name the page.  Any
other block that looks like an output is refused, and so is a command in a block that the command line would refuse.
"""

import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

import msgspec
from click import ClickException

from hairpin.cli import answering, main
from hairpin.errors import HairpinError
from hairpin.replica.judge import RunningKernel
from hairpin.replica.judgement import Kernel
from tools.recorded_kernel import NotRecordedError, Recorder, read_kernel
from tools.shown_commands import refused

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/reference/*.md")
SURROUNDINGS = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent", "COLUMNS": "80", "TERM": "dumb"}
"""The whole environment of a quoted command."""
COMMENT = re.compile(r"<!-- (quoted|held by): (.+?) *-->", re.DOTALL)
BLOCK = re.compile(
    r"(?:^(?P<comment><!-- (?:quoted|held by): (?:(?!-->).)+-->)\n+)?"
    r"(?:^```[^\n]*\n(?P<fenced>.*?)^```$|(?P<indented>(?:^(?: {4}|\t)[^\n]*\n)+))",
    re.DOTALL | re.MULTILINE,
)
OUTPUT = re.compile(
    r"^\s*(?:(?:[\w-]+ )?(?:cause|exposure|advice)\[[a-z0-9-]+\]|[✓✗?·] \w+|\d+ problems?: |question: |proof: \w"
    r"|repair (?:now|that lasts):|keep it away: |Read on \S+ at |hairpin: )|\"schema\": ?\"hairpin\.",
    re.MULTILINE,
)
"""What stands in outputs of hairpin and in no command, file or picture."""
CUT = "…"
SOURCES = ("--snapshot", "--text")


class Quote(msgspec.Struct, frozen=True):
    """What a block says that it quotes.  ``kernel``: the file with a kernel's words, relative to the root; ``parts``:
    how the first and the last line of each part begin."""

    command: tuple[str, ...]
    kernel: str = ""
    parts: tuple[tuple[str, str], ...] = ()


class Block(msgspec.Struct, frozen=True):
    """A block of a page.  ``first``, ``last``: where its text begins and ends in the page's text; ``line``: the number
    of its first line; ``comment``: the one before it, empty if there is none."""

    comment: str
    first: int
    last: int
    line: int
    text: str


class QuoteError(Exception):
    """The comment cannot be followed; the text says why."""


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced and indented blocks of a page's text."""
    for found in BLOCK.finditer(page):
        part = "indented" if found["fenced"] is None else "fenced"
        first, last = found.span(part)
        yield Block(found["comment"] or "", first, last, page.count("\n", 0, first) + 1, found[part])


def quote_of(comment: str) -> Quote:
    """Return what a ``quoted`` comment says; raises QuoteError."""
    found = COMMENT.fullmatch(comment)
    if found is None or found[1] != "quoted":
        raise QuoteError("the comment is not <!-- quoted: hairpin … -->")
    command, *fields = (line.strip() for line in found[2].splitlines())
    words = tuple(shlex.split(command))
    if words[:1] != ("hairpin",):
        raise QuoteError("the quoted command is not hairpin's")
    kernel, parts = "", list[tuple[str, str]]()
    for field in fields:
        name, _, value = field.partition(": ")
        if name == "kernel":
            kernel = value
        elif name == "part" and CUT in value:
            begin, _, end = value.partition(CUT)
            parts.append((begin.strip(), end.strip()))
        else:
            raise QuoteError(f"{field!r} is neither 'kernel: FILE' nor 'part: FIRST {CUT} LAST'")
    return Quote(words, kernel, tuple(parts))


def output(command: tuple[str, ...], kernel: Kernel | None) -> str:
    """Return the command's standard output as it is on a terminal without colour; ``kernel``: the second judge.

    Raises HairpinError, NotRecordedError and click's errors."""
    written = io.BytesIO()
    out = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    with (
        contextlib.chdir(ROOT),
        patch.dict(os.environ, SURROUNDINGS, clear=True),
        patch.object(answering, "second_judge", lambda: kernel),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        main.cli.main(args=main.command_first(command[1:]), prog_name="hairpin", standalone_mode=False)
    return written.getvalue().decode()


def parts_of(text: str, parts: tuple[tuple[str, str], ...]) -> str:
    """Return the parts of an output, with a line ``…`` for each gap; raises QuoteError if a part is not there."""
    if not parts:
        return text
    lines = text.splitlines()
    kept: list[str] = []
    end = 0
    for begin, last in parts:
        start = _at(lines, begin, end) if begin else end
        if start > end:
            kept.append(CUT)
        end = _at(lines, last, start) + 1 if last else len(lines)
        kept += lines[start:end]
    if end < len(lines):
        kept.append(CUT)
    return "\n".join(kept) + "\n"


def _at(lines: list[str], words: str, start: int) -> int:
    for number in range(start, len(lines)):
        if lines[number].strip().startswith(words):
            return number
    raise QuoteError(f"no line of the output begins with {words!r}")


def prompt_of(command: tuple[str, ...]) -> str:
    """Return the command as a person types it on the host: without the recorded sources."""
    typed = list(command)
    for source in SOURCES:
        while source in typed:
            at = typed.index(source)
            del typed[at : at + 2]
    return shlex.join(typed)


def today(block: Block, kernels: Callable[[str], Kernel | None]) -> str:
    """Return what the block should hold; raises QuoteError and what ``output`` raises."""
    quote = quote_of(block.comment)
    text = parts_of(output(quote.command, kernels(quote.kernel)), quote.parts)
    prompt = re.match(r"[#$] (?=hairpin)", block.text)
    return f"{prompt[0]}{prompt_of(quote.command)}\n{text}" if prompt is not None else text


def stored(path: str) -> Kernel | None:
    """Return the kernel whose words the file holds; None for an empty path."""
    return read_kernel(ROOT / path) if path else None


def replayed(path: str) -> Kernel | None:
    """Return this machine's kernel, whose words replace those of the file; None for an empty path."""
    return Recorder(RunningKernel(), ROOT / path) if path else None


def renewed(page: str, kernels: Callable[[str], Kernel | None]) -> tuple[str, list[tuple[int, str]]]:
    """Return the page's text with each quoted output as it is today, and line and finding for each that was not."""
    found: list[tuple[int, str]] = []
    text = page
    for block in reversed([each for each in blocks(page) if each.comment.startswith("<!-- quoted")]):
        try:
            wanted = today(block, kernels)
        except (QuoteError, NotRecordedError, HairpinError, ClickException) as error:
            found.append((block.line, f"quotes an output that cannot be had: {error}"))
            continue
        if wanted != block.text:
            found.append((block.line, "quotes another output than today's: `python -m tools.quoted` renews it"))
            text = text[: block.first] + wanted + text[block.last :]
    return text, found[::-1]


def findings(name: str, page: str, tests: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield line and finding for each block that looks like an output and is not held, for each comment without a
    block, and for each command that the command line refuses.  ``tests``: the texts of the test files that a block may
    be held by."""
    held = [block.comment for block in blocks(page)]
    for found in COMMENT.finditer(page):
        if found[0] not in held:
            yield page.count("\n", 0, found.start()) + 1, "no block follows this comment"
    for block in blocks(page):
        comment = COMMENT.fullmatch(block.comment)
        if comment is None:
            if OUTPUT.search(block.text):
                yield block.line, "looks like an output of hairpin, and no comment says which (tools/quoted.py)"
        elif comment[1] == "held by" and name not in tests.get(comment[2].strip(), ""):
            yield block.line, f"is held by {comment[2].strip()}, which does not name {name}"
        for index, what in refused(block.text):
            yield block.line + index, what


def main_of(arguments: list[str]) -> int:
    """Renew or check every page; return the exit status."""
    kernels = replayed if "--replay" in arguments else stored
    failed = 0
    for path in sorted(path for each in PAGES for path in ROOT.glob(each)):
        name, page = path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
        text, found = renewed(page, kernels)
        tests = {each: (ROOT / each).read_text("utf-8") for each in _holders(page) if (ROOT / each).is_file()}
        loose = list(findings(name, page, tests))
        if "--check" not in arguments and text != page:
            path.write_text(text, encoding="utf-8")
            found = [each for each in found if "cannot be had" in each[1]]
        for line, what in sorted((*found, *loose)):
            print(f"{name}:{line}: {what}")
            failed += 1
    return 1 if failed else 0


def _holders(page: str) -> Iterator[str]:
    for kind, words in COMMENT.findall(page):
        if kind == "held by":
            yield words.strip()


if __name__ == "__main__":
    sys.exit(main_of(sys.argv[1:]))
