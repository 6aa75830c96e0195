"""``hairpin guard``: says what breaks an expectation, and who did it, in the moment when it happens."""

import signal
from contextlib import closing
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import later, options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.errors import UsageError

if TYPE_CHECKING:
    from hairpin.evidence.several import Source
    from hairpin.guard.round import Round
    from hairpin.message import Message

_LATER = ("status", "history", "install")


@click.command(cls=options.HairpinCommand)
@click.argument("words", metavar="run [FILE]", nargs=-1)
@options.world
@options.answer
def guard(words: tuple[str, ...], asked: Asked, shown: Shown) -> int:
    """Watch this host, hold it against FILE after each change, and say what broke and who changed it.

    FILE (/etc/hairpin/expect.toml) is that of `hairpin expect`.  The kernel tells of changes of nftables' rules, links,
    addresses, routes and settings; nothing is polled but the tables of iptables-legacy.  Nothing is changed.  It runs
    until it gets SIGTERM or SIGINT.

    Exit: 0 ended by a signal, 2 usage error, 3 nothing can be watched, 4 a bug in hairpin.
    """
    from hairpin.cli.expect import read_expectations
    from hairpin.cli.material import gather
    from hairpin.expect.file import DEFAULT
    from hairpin.guard.rounds import rounds
    from hairpin.guard.watch import Watch
    from hairpin.message import message

    if words[:1] and words[0] in _LATER:
        instead = message("`hairpin guard run` writes what it sees to standard output, for the journal")
        raise later.refuse(f"hairpin guard {words[0]}", instead)
    if words[:1] != ("run",) or len(words) > 2:
        raise UsageError(message("write `hairpin guard run [FILE]`"))
    expected = read_expectations(words[1] if len(words) > 1 else DEFAULT)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: ended.append(got))

    def read() -> "tuple[Source, ...]":
        return gather(())

    with closing(Watch()) as watch:
        if watch.sees_nothing:
            raise UsageError(message("hairpin guard has to be root to watch this host"))
        is_first = True
        for found in rounds(expected, read, watch.burst, lambda: bool(ended), asked.question()):
            _write(found, tuple(watch.blind) if is_first else None, shown)
            is_first = False
    return 0


def _write(found: "Round", blind: "tuple[Message, ...] | None", shown: Shown) -> None:
    """Write the round.  ``blind``: what cannot be watched, in the first round."""
    from hairpin.cli.face.output import paper, words, write

    if shown.as_json:
        import msgspec

        from hairpin.report.documents.guard_document import round_document

        write(msgspec.json.encode(round_document(found, blind or (), words(shown.lang))).decode() + "\n")
        return
    from hairpin.report.text.guard_text import round_text, started_text

    told = words(shown.lang)
    text = (
        round_text(found, told, paper(shown.color))
        if blind is None
        else started_text(found, blind, told, paper(shown.color))
    )
    if text:
        write(text)
