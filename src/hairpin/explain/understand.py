"""Reads lines and collects their meanings.  Equal lines are merged, so the memory is bounded for any length of the
log."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from hairpin.explain.line import (
    NOBODY,
    Clock,
    Speaker,
    decode,
    has_prefix,
    readable,
    speaker_of,
    time_of,
    without_prefix,
)
from hairpin.explain.lookup import TextHit, find_meaning
from hairpin.explain.named import ENOUGH, Named, targets_in, things_in
from hairpin.explain.nearest import nearest
from hairpin.words.meaning import TextMeaning

KINDS = 20
"""The number of kinds of lines without a meaning that are kept.  Lines of other kinds are only counted."""
_FORMS = 64
"""The number of forms of found texts that are distinguished.  A text of another form is counted with the first form of
the same entry."""
_KNOWN = 2048
"""The greatest number of forms of whole lines whose meaning is remembered."""
_WRAPPED = 400
"""The greatest length of an input that counts as a pasted text.

In a pasted text, the first lines may be parts of one wrapped line."""
PARTS = 6
"""The greatest number of parts of a wrapped line."""
_ALIKE = 100
"""The number of lines of one form without a new name after which no names are extracted from lines of this form."""
_QUOTED = 1000
"""The greatest number of characters of a quoted line."""
_PREFIX = 300
"""The number of bytes at the beginning of a line within which the line's prefix ends."""
_VARYING = b"0123456789abcdefABCDEF"
"""The characters of the parts that differ between lines of one form: numbers, times, ids."""


class TextFound(msgspec.Struct, frozen=True):
    """A text with a known meaning.  ``line``: the number of the first line that contains the text, counted from 1.
    ``first_at`` and ``last_at``: the times of the first and the last line that contain it; None if they have no time.
    ``targets``: the text's targets, as arguments of ``hairpin check``."""

    line: int
    quote: str
    entry: TextMeaning
    count: int
    first_at: datetime | None
    last_at: datetime | None
    named: tuple[Named, ...]
    targets: tuple[str, ...]
    speaker: Speaker = NOBODY
    """The machine, the program or the container that printed the lines, as their prefix names it.  Lines of different
    speakers are separate texts."""


class TextUnknown(msgspec.Struct, frozen=True):
    """A kind of line without a known meaning.  ``nearest``: the known texts that share the most with it."""

    line: int
    quote: str
    count: int
    targets: tuple[str, ...]
    nearest: tuple[TextMeaning, ...] = ()


class Understood(msgspec.Struct, frozen=True):
    """The meanings of the lines, in the order of the lines.  ``rest``: the number of lines without a meaning that are
    of no kind in ``unknown``.  ``lines``: the number of non-empty lines."""

    found: tuple[TextFound, ...]
    unknown: tuple[TextUnknown, ...]
    rest: int
    lines: int


class _Form:
    """One form of found lines, with the things that its lines so far named."""

    def __init__(self, number: int, hit: TextHit, raw: bytes, speaker: Speaker) -> None:
        self.number = number
        self.speaker = speaker
        self.entry = hit.entry
        self.quote = without_prefix(hit.text)[:_QUOTED]
        self.count = 0
        self.alike = 0
        self.first, self.last = raw, raw
        self.named: dict[Named, None] = {}
        self.targets: dict[str, None] = {}

    @property
    def is_full(self) -> bool:
        """Whether no names are extracted from further lines of this form."""
        return self.alike >= _ALIKE or len(self.targets) >= ENOUGH

    def add(self, hit: TextHit) -> None:
        """Add the things that the line names."""
        known = len(self.named) + len(self.targets)
        if len(self.named) < ENOUGH:
            self.named.update(dict.fromkeys(things_in(hit.text, hit.places)))
        self.targets.update(dict.fromkeys(targets_in(hit.text, hit.places)))
        self.alike = self.alike + 1 if len(self.named) + len(self.targets) == known else 0


class _Kind:
    """One kind of line without a meaning, with the number of its lines so far."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.quote = without_prefix(text)[:_QUOTED]
        self.targets = targets_in(self.quote)
        self.count = 0


class _Reader:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._forms: dict[tuple[str, bytes, Speaker], _Form] = {}
        self._firsts: dict[str, _Form] = {}
        self._known: dict[bytes, _Form] = {}
        self._kinds: dict[bytes, _Kind] = {}
        self._rest = 0
        self._lines = 0

    def read(self, number: int, raw: bytes) -> None:
        """Read one line."""
        line = readable(raw)
        if not line or line.isspace():
            return
        self._lines += 1
        skeleton = line.translate(None, _VARYING)
        form = self._known.get(skeleton)
        if form is not None and form.is_full and form.speaker == _speaker(line):
            form.count += 1
            form.last = line
            return
        hit = find_meaning(line) if skeleton not in self._kinds else None
        if hit is None:
            self._unknown(number, line, skeleton)
        else:
            self._found(number, line, skeleton, hit)

    def read_wrapped(self, number: int, raws: list[bytes]) -> int:
        """Read the first line, together with the lines that continue it; return the number of lines that were read."""
        best, taken = meaning_of_wrapped(raws)
        if best is None or taken == 1:
            self.read(number, raws[0])
            return 1
        whole = best.text.encode()
        self._lines += taken
        self._found(number, whole, whole.translate(None, _VARYING), best)
        return taken

    def _found(self, number: int, line: bytes, skeleton: bytes, hit: TextHit) -> None:
        speaker = _speaker(line)
        key = (hit.entry.id, hit.matched.encode().translate(None, _VARYING), speaker)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) < _FORMS or hit.entry.id not in self._firsts:
                form = self._forms[key] = _Form(number, hit, line, speaker)
                self._firsts.setdefault(hit.entry.id, form)
            else:
                form = self._firsts[hit.entry.id]
        form.count += 1
        form.last = line
        if not form.is_full and form.speaker == speaker:
            form.add(hit)
        if len(self._known) < _KNOWN:
            self._known[skeleton] = form

    def _unknown(self, number: int, line: bytes, skeleton: bytes) -> None:
        kind = self._kinds.get(skeleton)
        if kind is None:
            if len(self._kinds) >= KINDS:
                self._rest += 1
                return
            kind = self._kinds[skeleton] = _Kind(number, decode(line))
        kind.count += 1

    def understood(self) -> Understood:
        """Return the meanings of all lines that were read."""
        return Understood(
            tuple(self._text_found(each) for each in self._forms.values()),
            tuple(
                TextUnknown(each.number, each.quote, each.count, each.targets, nearest(each.quote))
                for each in self._kinds.values()
            ),
            self._rest,
            self._lines,
        )

    def _text_found(self, form: _Form) -> TextFound:
        times = [each for raw in (form.first, form.last) if (each := time_of(decode(raw), self._clock)) is not None]
        return TextFound(
            form.number,
            form.quote,
            form.entry,
            form.count,
            min(times, default=None),  # `journalctl -r` has the last line first
            max(times, default=None),
            tuple(form.named)[:ENOUGH],
            tuple(form.targets)[:ENOUGH],
            form.speaker,
        )


def meaning_of_wrapped(raws: list[bytes]) -> tuple[TextHit | None, int]:
    """Return the meaning of the first line together with the lines that continue it, and the number of these lines."""
    lines = [readable(raws[0])]
    best, taken = find_meaning(lines[0]), 1
    for raw in raws[1:PARTS]:
        following = readable(raw)
        if not following.strip() or has_prefix(decode(following)):
            break
        alone = find_meaning(following)
        for between in (b"", b" "):
            joined = _joined([*lines, following], between)
            hit = find_meaning(joined)
            if hit is None or (alone is not None and alone.entry is hit.entry and best is None):
                continue
            if _continues(hit, len(_joined(lines, between)), best):
                best, taken = hit, len(lines) + 1
        lines.append(following)
    return best, taken


def _speaker(line: bytes) -> Speaker:
    return speaker_of(decode(line[:_PREFIX]))


def _joined(lines: list[bytes], between: bytes) -> bytes:
    """Return the parts of a wrapped line joined.  A terminal wraps a line at its width.  A mail program wraps a line at
    a space and may add quote marks."""
    first, *others = lines
    return between.join((first.rstrip() if between else first, *(_unquoted(each) for each in others)))


def _unquoted(line: bytes) -> bytes:
    return line.lstrip(b"> \t") if line.startswith((b">", b" ", b"\t")) else line.rstrip()


def _continues(hit: TextHit, begin: int, best: TextHit | None) -> bool:
    """Return whether the next line continues the earlier lines.

    ``hit``: the meaning of all these lines joined.  ``begin``: the offset of the next line in them, in bytes.
    ``best``: the meaning of the earlier lines.  The next line continues them if the text of ``hit`` extends into the
    next line, or if ``best`` is only a general meaning."""
    if best is not None and (hit.entry is best.entry or hit.entry.general):
        return False
    before, upto = (len(hit.text[:place].encode()) for place in hit.span)
    return before < begin < upto or (best is not None and best.entry.general)


def understand(lines: Iterable[bytes], clock: Clock) -> Understood:
    """Return the meanings of the lines."""
    reader = _Reader(clock)
    pasted: list[bytes] = []
    number = 0
    read_on = iter(lines)
    for raw in read_on:
        pasted.append(raw)
        if len(pasted) == _WRAPPED:
            break
    while number < len(pasted):
        number += reader.read_wrapped(number + 1, pasted[number : number + PARTS])
    for raw in read_on:
        number += 1
        reader.read(number, raw)
    return reader.understood()
