"""The lines of a pasted text, without the characters that copying and pasting has added.

This module removes or repairs HTML tags and entities, Markdown fences and quote marks, numbers in the margin, curly
quotes, dashes that a web page made from hyphens, and invisible characters.  It also removes the results that a person
expected and did not see.  Each line keeps its number in the pasted text.
"""

import html
import re

from hairpin.sought import Sought

_FENCE = Sought(r"\s*(```|~~~)[\w.+-]*\s*$")
_EXPECTED = Sought(
    r"\W*(?:(?:the |describe the )?(?:expected|results you expected)(?: (?:behaviou?r|results?|outputs?|outcome))?"
    r"|what (?:you |i |did you )?expect(?:ed)?(?: to happen)?|(?:it |this |which |that )?should (?:be|look like)(?: "
    r"this)?|预期(?:结果|行为)?|期望(?:结果)?)\W*$",
    re.IGNORECASE,
)
"""A heading above the results that a person expected."""
_MOST_SPAN_LINES = 200
_QUOTE = Sought(r">(?: ?>)* ?")
"""Matches the quote marks of a line and one blank.  Further blanks are the indentation of the quoted line."""
_TAG = Sought(r"</?(?:pre|code|p|br|span|div|blockquote|li|ul|ol|tt|kbd|strong|em|b|i)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ENTITY = Sought(r"&(?:lt|gt|amp|quot|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_LINK = Sought(r"\[([^\[\]\s]{1,80})\]\(https?://[^()\s]*\)")
"""Matches a link of Markdown whose text is one word.  Web pages make such links from addresses in outputs."""
_COLOUR = Sought(r"\x1b\[[0-9;?]*[A-Za-z]")
_MARGIN = Sought(r"\s{0,6}(\d{1,5})(?:[:.|)]\s?|\s\s?|$)(.*)$")
_LEAST_MARGIN = 4
"""If at least this many lines have growing numbers, the numbers are taken for a margin."""
_LISTED = Sought(
    r"\d+: [^\s:@]+(?:@[^\s:]+)?: <|num\s+(?:pkts|target)|\s*\d+\s+(?:\d+[KMG]?\s+){0,2}(?:[A-Z][\w-]*|all|tcp|udp)\s"
)
"""Matches lines that begin with a number of their own, as in ``ip addr`` and ``iptables -L --line-numbers``.  With a
margin, rows of other tables look the same, but a margin also numbers other lines."""
_DASHED = Sought(r"(?<![^\s\[(])[\u2013\u2014\u2012\u2015\u2212](?=[A-Za-z])")
"""Matches a dash before a letter at the start of a word.  A web page has made this dash from the two hyphens of an
option."""
_SAID = str.maketrans(
    {
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u3000": " ", "\u2007": " ", "\u202f": " ",
        "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None, "\u00ad": None,
    }
)  # fmt: skip


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of the text.  The line with index ``n`` is line number ``n + 1`` of the text."""
    raw = text.split("\n")
    if not text.isascii():
        raw = [_DASHED.sub("--", line.translate(_SAID)) for line in raw]
    _without_expected(raw)
    lines = [_plain(line) for line in raw]
    _without_span_marks(lines)
    _without_quotes(lines)
    _without_gutters(lines)
    _without_margins(lines)
    _without_quotes(lines)  # a margin may number quoted lines
    return tuple(lines)


def _plain(line: str) -> str:
    line = line.rstrip("\r \t")
    if "\x1b" in line:
        line = _COLOUR.sub("", line)
    if "<" in line:
        line = _TAG.sub("", line)
    if "&" in line and _ENTITY.search(line) is not None:
        line = html.unescape(line).replace("\u00a0", " ")
    if "](http" in line:
        line = _LINK.sub(r"\1", line)
    if _FENCE.match(line) is not None:
        return ""
    return line.removesuffix("```").rstrip() if line.endswith("```") and line.count("`") == len("```") else line


def _without_expected(lines: list[str]) -> None:
    """Empty the lines below a heading that says "expected": the lines of a fenced block, or the lines up to an empty
    line."""
    for index, heading in enumerate(lines):
        if _EXPECTED.match(heading) is None:
            continue
        start = next((each for each in range(index + 1, len(lines)) if lines[each].strip()), len(lines))
        is_fenced = start < len(lines) and _FENCE.match(lines[start]) is not None
        for each in range(start, len(lines)):
            line = lines[each]
            if (each > start and _FENCE.match(line) is not None) if is_fenced else not line.strip():
                break
            lines[each] = ""


def _without_span_marks(lines: list[str]) -> None:
    """Remove the two marks of each code span of Markdown that reaches over several lines."""
    opened: int | None = None
    for index, line in enumerate(lines):
        if opened is not None and index - opened > _MOST_SPAN_LINES:
            opened = None
        if line.count("`") != 1:
            continue
        if opened is not None and line.endswith("`"):
            lines[opened], lines[index] = lines[opened].removeprefix("`"), line.removesuffix("`")
            opened = None
        elif line.startswith("`"):
            opened = index


def _without_quotes(lines: list[str]) -> None:
    """Remove the quote marks from each run of at least two quoted lines.  A single line that begins with ``>`` may be
    a prompt."""
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end].startswith(">"):
            end += 1
        if end - start > 1:
            for index in range(start, end):
                lines[index] = _QUOTE.sub("", lines[index], count=1)
        start = end + 1


def _without_gutters(lines: list[str]) -> None:
    """Empty the lines that are only the numbers of the lines of a block below them.  Web pages with numbers beside each
    block print the whole column of numbers above the block.  A single ``1`` may be a command's output, so the numbers
    go only if several blocks have such a column."""
    runs: list[range] = []
    index = 0
    while index < len(lines):
        end = index
        while end < len(lines) and lines[end].strip() == str(end - index + 1):
            end += 1
        if end > index:
            runs.append(range(index, end))
        index = max(end, index + 1)
    if sum(len(each) > 1 for each in runs) < _LEAST_GUTTERS:
        return
    for index in (
        index for run in runs for index in run if run.start and not _READS_NUMBER.match(lines[run.start - 1])
    ):
        lines[index] = ""


_LEAST_GUTTERS = 2
"""The least number of blocks with several numbered lines in a page that numbers its blocks."""
_READS_NUMBER = Sought(r".*\b(?:cat|sysctl|head|tail|wc|echo)\b")


def _without_margins(lines: list[str]) -> None:
    """Remove the numbers from each run of lines that a margin numbers."""
    start = 0
    while start < len(lines):
        end, number = start, None
        while end < len(lines):
            found = _MARGIN.match(lines[end])
            if found is None or (number is not None and int(found[1]) != number + 1):
                break
            number = int(found[1])
            end += 1
        run = range(start, end)
        listed = sum(_LISTED.match(lines[index]) is not None for index in run)
        if len(run) >= _LEAST_MARGIN and 2 * listed < len(run):
            for index in run:
                found = _MARGIN.match(lines[index])
                assert found is not None
                lines[index] = found[2]
        start = max(end, start + 1)
