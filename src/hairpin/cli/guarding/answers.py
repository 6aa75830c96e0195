"""The answers to other processes: each is what the command's own function writes, in the language and form wanted.

Whatever the function cannot do for another process has no answer here: an error, a file to be kept, a bug.  The asking
process then does it by itself, and says what is to be said.
"""

import io
import os
import pickle
import sys
import time
from typing import NamedTuple

from hairpin.cli.face.environment import environment
from hairpin.cli.guarding.asking import Asking
from hairpin.cli.guarding.client import LENGTH, PASSED
from hairpin.cli.main import cli, stated_language
from hairpin.cli.material import this_host
from hairpin.collect.several import What, read_this
from hairpin.collect.snapshot import RECENT, AskedTraces
from hairpin.evidence.reading import Evidence, moment
from hairpin.guard.warm.reading import KeptReading, WantedReading
from hairpin.message import message
from hairpin.replica.judge import may_replicate
from hairpin.report.words import Words, language_of

_MODULES = (
    "hairpin.answer.matrix", "hairpin.cli.answering", "hairpin.cli.check", "hairpin.cli.events", "hairpin.cli.explain",
    "hairpin.cli.face.present", "hairpin.cli.face.watched", "hairpin.cli.since", "hairpin.cli.walk",
    "hairpin.replica.judge", "hairpin.report.documents.document", "hairpin.report.text.terminal",
)  # fmt: skip
"""What answers need, imported once."""
_NONE = b"Nfailed"
_BUG = 4
_MOST_REPLIES = 64
OLD_S = 60.0
"""The age of a reading that is said, in seconds."""


class _Kept(NamedTuple):
    """A reply, and the evidence that it is about."""

    evidence: Evidence
    reply: bytes


class WarmAnswers:
    """Answers questions.  The process that has it forks one for each question: ``answer`` is called there."""

    def __init__(self) -> None:
        for each in _MODULES:
            __import__(each)
        self._reading = KeptReading()
        self._wanted: dict[tuple[str, ...], WantedReading] = {}
        self._replies: dict[Asking, _Kept] = {}
        self._ahead: list[WantedReading] = []

    @property
    def has_to_read(self) -> bool:
        """Whether something is to be read for a question that may be asked again."""
        return bool(self._ahead)

    def read_ahead(self) -> None:
        """Read what the last question needed, so that it is there if it is asked again."""
        wanted = self._ahead.pop()
        for _ in range(2):  # a part stands from its second reading on
            self._reading.drain()
            self._reading.read(wanted)

    def known(self, asking: Asking) -> bytes | None:
        """Bring up to date what was read for this question, and return the reply that was given if nothing changed."""
        self._reading.drain()
        wanted = self._wanted.get(asking.words)
        if wanted is None:
            return None
        evidence = self._reading.read(wanted)
        kept = self._replies.get(asking)
        return _with_age(kept.reply, evidence, asking) if kept is not None and kept.evidence is evidence else None

    def answer(self, asking: Asking) -> tuple[bytes, bytes]:
        """Return the reply, and what ``learn`` is to be told.  Changes this process: its output, its environment."""
        asked: list[WantedReading] = []
        told: list[Evidence] = []

        def read(
            *,
            root: str | None = None,
            only: tuple[str, ...] = (),
            what: What = "state",
            traces: AskedTraces = RECENT,
            asks_sets: bool = False,
        ) -> Evidence:
            if what != "state" or root is not None:
                return read_this(root=root, only=only, what=what, traces=traces, asks_sets=asks_sets)
            asked.append(WantedReading(only, asks_sets))
            told.append(self._reading.read(asked[-1]))
            if any(each.outcome == "refused" for each in told[-1].readings):
                raise PermissionError
            return told[-1]

        if asking.words[0] == "check" and "--no-replica" not in asking.words and not may_replicate():
            return b"Nrights", b""
        this_host.read = read
        this_host.keeps_files = False
        status, said, complained = _run(asking)
        if status is None or status == _BUG:
            return (said if status is None else _NONE), b""
        reply = b"A" + bytes((status,)) + LENGTH.pack(len(said)) + said + complained
        sent = _with_age(reply, told[0], asking) if told else reply
        return sent, pickle.dumps((asked, status, reply))

    def learn(self, asking: Asking, learned: bytes) -> None:
        """Keep what the process that has answered a question tells."""
        if not learned:
            return
        asked, status, reply = pickle.loads(learned)  # noqa: S301 - of this program's own process
        if len(asked) != 1:
            return
        (wanted,) = asked
        known = self._wanted.get(asking.words)
        evidence = self._reading.last(wanted)
        self._wanted[asking.words] = wanted
        if known is None or evidence is None:
            self._ahead = [wanted]
        elif not status:
            if len(self._replies) >= _MOST_REPLIES:
                self._replies.clear()
            self._replies[asking] = _Kept(evidence, reply)


def _with_age(reply: bytes, evidence: Evidence, asking: Asking) -> bytes:
    """Return the reply, and beside it that the host was read some time ago, if it was."""
    taken_s = moment(evidence.taken_at)
    age_s = time.time() - taken_s if taken_s is not None else 0.0
    if age_s < OLD_S:
        return reply
    lang = stated_language(asking.words) or environment(dict(asking.environment)).locale
    said = message(
        "read {seconds} s ago by the guard of this host; what decides has not changed since; --fresh reads anew",
        seconds=int(age_s),
    )
    line = f"hairpin: {Words(language_of(lang))(said)}\n"
    return reply + line.encode(asking.encoding, "backslashreplace")


class _Output(io.TextIOWrapper):
    """Standard output or error of the asking process, as far as a command can see."""

    def __init__(self, encoding: str, *, is_terminal: bool) -> None:
        self.held = io.BytesIO()
        self._is_terminal = is_terminal
        super().__init__(self.held, encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return self._is_terminal


def _run(asking: Asking) -> tuple[int | None, bytes, bytes]:
    """Return the exit status, and what the command has written.  If it ended in another way, the status is None, and
    the second value says so."""
    for name in PASSED:
        os.environ.pop(name, None)
    os.environ.update(asking.environment)
    if asking.columns:
        os.environ.setdefault("COLUMNS", asking.columns)
    time.tzset()
    output = _Output(asking.encoding, is_terminal=bool(asking.columns))
    errors = _Output(asking.encoding, is_terminal=False)
    sys.stdout, sys.stderr, sys.argv = output, errors, ["hairpin", *asking.words]
    try:
        status: object = cli.main(args=list(asking.words), prog_name="hairpin", standalone_mode=False)
    except SystemExit as ended:
        status = ended.code
    except PermissionError:
        return None, b"Nrights", b""
    except Exception:  # noqa: BLE001 - whatever it is, the asking process says it
        return None, _NONE, b""
    return status if isinstance(status, int) else 0, output.held.getvalue(), errors.held.getvalue()
