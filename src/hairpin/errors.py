"""Every exception that hairpin raises on purpose.

    HairpinError            something that a user can understand and act on; the command line shows its message
    ├── UsageError          the request makes no sense (exit status 2)
    │   └── UnknownNameError  a word in the request names no container, service or port
    ├── CollectError        a host could not be read at all
    ├── EvidenceError       a snapshot file is damaged, foreign, too new or hostile
    │   └── WrongPathError    the given path is no snapshot's (exit status 2)
    ├── ParseError          a reading has a form that hairpin does not know; knows source, line and the line's text
    ├── ChangeError         a change cannot be made to this network
    ├── ApplyError          no host was changed: it is not as planned, the user is not root, or a lock is held
    │   └── JournalError    the journal of what was changed cannot be used
    ├── ReplicaError        no replica can be built here
    └── LabError            a lab host could not be built or driven
    MalformedError          a ValueError: words that a parser does not understand; a ParseError then says where

The message of an error names the fault and its place, and says what to do.  ``str(error)`` is the message in English;
the command line prints it in the user's language.  Any other exception that reaches the command line is a bug in
hairpin (exit status 4).
"""

from typing import NamedTuple

from hairpin.message import Message, message, verbatim


class Mark(NamedTuple):
    """The wrong part of a line that a user typed: ``length`` characters from ``column``, which counts from 0."""

    line: str
    column: int
    length: int = 1


def mark_in(line: str, part: str) -> Mark:
    """Return the mark of the last occurrence of ``part`` in the line; after the line's end if the part is empty."""
    at = line.rfind(part) if part else len(line)
    return Mark(line, max(at, 0), max(len(part), 1) if at >= 0 else len(line))


class HairpinError(Exception):
    """The base class of hairpin's errors.  Its text is meant for the user.

    ``said``: the message.  Words of a tool or of another process are passed as plain text.  ``mark``: the part of the
    typed text that the error is about.
    """

    def __init__(self, said: Message | str, *, mark: Mark | None = None) -> None:
        self.said = said if isinstance(said, Message) else verbatim(said)
        self.mark = mark
        super().__init__(str(self.said))


class UsageError(HairpinError):
    """The user's request names a thing that does not exist, or asks a question that makes no sense."""


class UnknownNameError(UsageError):
    """No container, compose service or port is called ``name``."""

    def __init__(self, said: Message | str, *, name: str) -> None:
        self.name = name
        super().__init__(said)


class CollectError(HairpinError):
    """The host could not be read: no shell, no ssh, no permission for anything."""


class EvidenceError(HairpinError):
    """The snapshot file cannot be trusted: it is damaged, truncated, not a file of hairpin, of a newer version, or
    malicious."""


class WrongPathError(EvidenceError):
    """The path that the user gave for a snapshot leads to no file, or to a file that is no snapshot."""


class ParseError(HairpinError):
    """A reading cannot be parsed.  ``source``: the reading's origin.  ``line``: the number of the wrong line, from 1.
    ``why``: the fault, without the place."""

    def __init__(self, said: Message | str, *, source: str, line: int = 0, text: str = "") -> None:
        self.why = said
        self.source = source
        self.line = line
        self.text = text
        place = f"{source}:{line}" if line else source
        form = "{place}: {said}\n    {text}" if text else "{place}: {said}"
        super().__init__(Message(form, (("place", place), ("said", said), ("text", text))))


class MalformedError(ValueError):
    """A part of a reading has a form in which the tool does not write it.  The parser of the whole text adds the place
    of the part."""

    def __init__(self, said: Message, *, mark: Mark | None = None) -> None:
        self.said = said
        self.mark = mark
        super().__init__(str(said))


def reason_of(error: Exception) -> Message:
    """Return why a text could not be parsed: the parser's message, or the error text of Python or of the JSON
    decoder."""
    return error.said if isinstance(error, MalformedError) else message("unexpected form: {words}", words=error)


class ChangeError(HairpinError):
    """The change does not fit this network (no such namespace, chain, container …)."""


class ApplyError(HairpinError):
    """A plan is refused before its first step, so no host was changed."""


class JournalError(ApplyError):
    """The journal of what was changed cannot be read or written."""


class ReplicaError(HairpinError):
    """No replica of the network can be built on this machine: the user is not root, namespaces are not allowed, or a
    tool is missing."""


class LabError(HairpinError):
    """A lab host could not be built, entered or torn down."""
