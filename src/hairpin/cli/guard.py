"""``hairpin guard``: says what breaks an expectation and who did it, in the moment when it happens; and remembers."""

import time
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.errors import UsageError

if TYPE_CHECKING:
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words

_FORMS = (
    "`hairpin guard run [FILE]`, `… status`, `… history [--since TIME] [--changes]`, `… install [--print] [FILE]` or "
    "`… remove`"
)


@click.command(cls=options.HairpinCommand)
@click.argument("words", metavar="run [FILE] | status | history | install [FILE] | remove", nargs=-1)
@options.option("Options", "--since", metavar="TIME", help="For history: 2h, 3d or 2026-01-31.")
@options.option("Options", "--changes", is_flag=True, help="For history: each change, also those that broke nothing.")
@options.option("Options", "--print", "printing", is_flag=True, help="For install: only print the unit.")
@options.world
@options.answer
def guard(words: tuple[str, ...], asked: Asked, shown: Shown, since: str | None, changes: bool, printing: bool) -> int:
    """Watch this host, hold it against FILE after each change, and say what broke and who changed it.

    FILE (/etc/hairpin/expect.toml) is that of `hairpin expect`.  The kernel tells of changes of nftables' rules, links,
    addresses, routes and settings; nothing is polled but the tables of iptables-legacy.  Nothing is changed.  It runs
    until it gets SIGTERM or SIGINT.  status says whether a guard runs, what it cannot see, and which alerts could not
    be delivered; history what it saw.  install writes a unit of systemd that runs it, and starts it; remove stops it,
    and removes the unit.

    Exit: 0 ended by a signal, 2 usage error or nothing can be watched, 4 a bug in hairpin.  status: 0 a guard runs and
    sees everything, 1 none runs, 3 it does not see everything.
    """
    from hairpin.cli.guarding.installing import install, remove
    from hairpin.cli.guarding.running import run
    from hairpin.message import message

    match words:
        case ("run",) | ("run", _) if since is None:
            return run(words[1] if len(words) > 1 else None, asked, shown)
        case ("status",) if since is None:
            return _tell_status(shown)
        case ("history",):
            return _tell_history(since, shown, changes=changes)
        case ("install",) | ("install", _) if since is None:
            return install(words[1] if len(words) > 1 else None, printing=printing, lang=shown.lang)
        case ("remove",) if since is None:
            return remove(shown.lang)
        case _:
            raise UsageError(message("write {forms}", forms=_FORMS))


def _tell_status(shown: Shown) -> int:
    from hairpin.cli.face.output import write_json
    from hairpin.cli.face.present import write_text
    from hairpin.guard.memory import FILE, FOLDER, Memory

    with Memory(FOLDER / FILE, writes=False) as memory:
        state = memory.last(time.time())

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.guard_text import status_text

        return status_text(state, words, paper)

    if shown.as_json:
        from hairpin.report.documents.guard_document import state_document

        write_json(state_document(state))
    else:
        write_text(shown, text)
    if state is None or not state.lives:
        return 1
    return 3 if state.blind else 0


def _tell_history(since: str | None, shown: Shown, *, changes: bool) -> int:
    from hairpin.cli.face.output import write
    from hairpin.cli.face.present import write_text
    from hairpin.guard.memory import FILE, FOLDER, Memory
    from hairpin.story.narrowing import parse_since

    after_s = parse_since(since, time.time()) if since is not None else 0.0
    with Memory(FOLDER / FILE, writes=False) as memory:
        kept = tuple(memory.all_rounds(after_s) if changes else memory.rounds(after_s))

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.guarding.guard_history import history_text

        return history_text(kept, words, paper)

    if shown.as_json:
        from hairpin.report.documents.guard_document import kept_json

        for each in kept:
            write(kept_json(each).decode())
    else:
        write_text(shown, text)
    return 0
