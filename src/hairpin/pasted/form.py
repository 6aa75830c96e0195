"""What a form is: the description of one kind of output, and what it finds in a text."""

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec

from hairpin.evidence.reading import HOST


class Fragment(NamedTuple):
    """A reading, or a fragment of a reading, that was found in a text.

    ``key``: a key of ``docs/reference/evidence.md``.  ``text``: the text in the form of that key.  Fragments with the
    same key and namespace are joined (``joining.py``).
    """

    key: str
    text: str
    netns: str = HOST
    origin: str = ""
    """The path of a file; empty if the origin is the command of the output."""


class Found(NamedTuple):
    """An output that was found: the lines from ``start`` to before ``end``, and its parts.

    ``told``: what the lines were taken for, as the command that prints them.  An output without parts was recognised,
    and nothing in it concerns the network.
    """

    end: int
    told: str
    parts: tuple[Fragment, ...] = ()


class Command(NamedTuple):
    """A command line that stands in the text above its output.

    ``words``: its words without ``sudo`` and without the prompt.  ``host``: the host's name in the prompt; empty if
    there is none.  ``netns``: the namespace in which the command ran: ``docker exec web ip addr`` ran in
    ``container:web``.
    """

    line: int
    text: str
    words: tuple[str, ...]
    host: str = ""
    netns: str = HOST

    def has(self, *options: str) -> bool:
        """Return whether the command line has one of the options; ``-t`` is also found in ``-nt``."""
        short = {each[1] for each in options if len(each) == len("-x")}
        return any(
            word in options or (word[:1] == "-" and word[:2] != "--" and not short.isdisjoint(word[1:]))
            for word in self.words[1:]
        )


NO_COMMAND = Command(-1, "", ())


_ASIDE = re.compile(r"\s*(?:$|# Warning: |WARNING: |\[sudo\] |sudo: |\[?\(?(?:\.\.\.|\u2026)\)?\]?$|<?(?i:snip)>?$)")
"""Lines between a command and its output, also the mark of lines that were left out."""


_MOST_TRIED = 50_000


class Tried(msgspec.Struct):
    """What was tried in vain while a text is read.

    A long text of lines that look alike would else be read from each of its lines to its end.  ``lines``: the number of
    lines of documents that turned out to be none.  ``reach``: the farthest end of a block.  ``vain``: the index up to
    which a form finds nothing, by the form's number."""

    lines: int = 0
    reach: int = 0
    vain: dict[int, int] = {}


class Paste(msgspec.Struct, frozen=True):
    """A text in which outputs are looked for.  ``commands``: the command lines by the index of their line.

    ``whole``: the command whose output the whole text is, if that is known, as of a file of a bundle.  ``numbers``: the
    numbers of the lines in the pasted text, from 1."""

    lines: tuple[str, ...]
    commands: dict[int, Command]
    numbers: tuple[int, ...]
    whole: Command = NO_COMMAND
    tried: Tried = msgspec.field(default_factory=Tried)

    def may_try(self, start: int) -> bool:
        """Return whether a document is to be read from this line on.  If much of the text was tried in vain, only below
        a command: each line of a text of brackets may begin a document that goes on to the end of the text."""
        return self.tried.lines < _MOST_TRIED or self.command_above(start) is not NO_COMMAND

    def command_above(self, index: int) -> Command:
        """Return the command whose output begins at this line: the nearest command above, from which only blank lines,
        warnings and sudo's question separate it; or the command of the whole text."""
        if self.whole.words:
            return self.whole
        above = index - 1
        while above >= 0 and above not in self.commands and _ASIDE.match(self.lines[above]) is not None:
            above -= 1
        return self.commands.get(above, NO_COMMAND)

    def block(self, start: int, belongs: Callable[[str], object], *, blank: int = 0) -> int:
        """Return the end of the lines from ``start`` on that belong to an output: the index behind the last of them.

        ``blank``: the number of blank lines that may stand between two lines that belong to it.  A command line ends
        the output.
        """
        end = start
        empty = 0
        for index in range(start, len(self.lines)):
            line = self.lines[index]
            if index in self.commands:
                break
            if not line.strip():
                empty += 1
                if empty > blank:
                    break
            elif belongs(line):
                empty = 0
                end = index + 1
            else:
                break
        self.tried.reach = max(self.tried.reach, end)
        return end


class OutputForm(NamedTuple):
    """A kind of output.  ``anchor``: a pattern that matches the first line of the output from its beginning.  ``read``:
    returns what begins at a line at which the anchor matches, or None if it is no such output.  ``words``: of a pattern
    that may match anywhere in a line, the words of which each such line has one.  They are looked for first, since few
    lines have one."""

    anchor: re.Pattern[str]
    read: Callable[[Paste, int], Found | None]
    words: tuple[str, ...] = ()


Moment = int
"""The number of a moment within a text: 1 for the first reading of a thing, 2 for the second."""


class Recognised(msgspec.Struct, frozen=True, rename={"as_": "as"}):
    """One entry of the list of what was recognised: the lines (counted from 1, both inclusive), what they were taken
    for, the host and the moment.  ``file``: the path in the bundle; empty for a pasted text."""

    line: int
    until: int
    as_: str
    host: str = ""
    moment: Moment = 1
    file: str = ""


def joined_lines(lines: Sequence[str]) -> str:
    """Return the lines as one text that ends with a newline."""
    return "\n".join(lines) + "\n" if lines else ""


Transport = Literal["tcp", "udp"]
