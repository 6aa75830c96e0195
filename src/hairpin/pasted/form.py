"""The types of a form, which describes one kind of output, and of the outputs that forms find in a text."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from hairpin.evidence.reading import HOST
from hairpin.sought import Sought


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
    """An output that was found: the lines from ``start`` up to but without ``end``, and its parts.

    ``told``: the kind of output, as the command that prints it.  An output without parts was recognised, but has
    nothing about the network.
    """

    end: int
    told: str
    parts: tuple[Fragment, ...] = ()


class Command(NamedTuple):
    """A command line above its output in the text.

    ``words``: its words without ``sudo`` and without the prompt.  ``host``: the host's name in the prompt; empty if the
    prompt has none.  ``netns``: the namespace in which the command ran: ``docker exec web ip addr`` ran in
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


_ASIDE = Sought(r"\s*(?:$|# Warning: |WARNING: |\[sudo\] |sudo: |\[?\(?(?:\.\.\.|\u2026)\)?\]?$|<?(?i:snip)>?$)")
"""Matches lines that may stand between a command and its output, such as the mark for lines that were left out."""


_MOST_TRIED = 50_000


class Tried(msgspec.Struct):
    """Records the attempts that found nothing while a text is read.

    Without this record, a long text of similar lines would be read from each of its lines to its end.  ``lines``: the
    number of lines that were read as documents but are none.  ``reach``: the farthest end of a block.  ``vain``: the
    index up to which a form finds nothing, by the form's number."""

    lines: int = 0
    reach: int = 0
    vain: dict[int, int] = {}


class Paste(msgspec.Struct, frozen=True):
    """A text in which hairpin looks for outputs.

    ``commands``: the command lines by the index of their line.  ``whole``: if the whole text is known to be one
    command's output, as for a file of a bundle, this command.  ``numbers``: the numbers of the lines in the pasted
    text, from 1."""

    lines: tuple[str, ...]
    commands: dict[int, Command]
    numbers: tuple[int, ...]
    whole: Command = NO_COMMAND
    tried: Tried = msgspec.field(default_factory=Tried)

    def may_try(self, start: int) -> bool:
        """Return whether to read a document from this line on.  In a text of brackets, each line may begin a document
        that goes on to the end of the text.  So if many lines were read without success, a document is read only below
        a command."""
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
        """Return the index after the last line of the output that begins at ``start``.

        ``blank``: the number of blank lines that may stand between two lines of the output.  A command line ends the
        output.
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
    """A kind of output.  ``anchor``: a pattern that matches the first line of the output from its beginning.  ``read``
    returns the output that begins at a line at which the anchor matches, or None if the line begins no such output.
    ``words``: for an anchor that may match anywhere in a line; each matching line has at least one of these words.
    These words are searched first, because few lines have one."""

    anchor: Sought
    read: Callable[[Paste, int], Found | None]
    words: tuple[str, ...] = ()


Moment = int
"""The number of a moment within a text: a thing's first reading has 1, its second reading has 2."""


class Recognised(msgspec.Struct, frozen=True, rename={"as_": "as"}):
    """One entry of the list of what was recognised: the first and the last line (counted from 1), the kind of output,
    the host and the moment.  ``file``: the path in the bundle; empty for a pasted text."""

    line: int
    until: int
    as_: str
    host: str = ""
    moment: Moment = 1
    file: str = ""


def joined_lines(lines: Sequence[str]) -> str:
    """Return the lines as one text that ends with a newline."""
    return "\n".join(lines) + "\n" if lines else ""
