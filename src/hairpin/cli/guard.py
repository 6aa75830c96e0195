"""``hairpin guard``: says what breaks an expectation and who did it, in the moment when it happens; and remembers."""

import shutil
import signal
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.errors import EvidenceError, UsageError

if TYPE_CHECKING:
    from hairpin.evidence.several import Source
    from hairpin.guard.change import SeenChange
    from hairpin.guard.memory import Memory
    from hairpin.guard.round import Round
    from hairpin.message import Message
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words

_FORMS = "`hairpin guard run [FILE]`, `… status`, `… history [--since TIME]` or `… install [--print] [FILE]`"


@click.command(cls=options.HairpinCommand)
@click.argument("words", metavar="run [FILE] | status | history | install [FILE]", nargs=-1)
@options.option("Options", "--since", metavar="TIME", help="For history: 2h, 3d or 2026-01-31.")
@options.option("Options", "--print", "printing", is_flag=True, help="For install: only print the unit.")
@options.world
@options.answer
def guard(words: tuple[str, ...], asked: Asked, shown: Shown, since: str | None, printing: bool) -> int:
    """Watch this host, hold it against FILE after each change, and say what broke and who changed it.

    FILE (/etc/hairpin/expect.toml) is that of `hairpin expect`.  The kernel tells of changes of nftables' rules, links,
    addresses, routes and settings; nothing is polled but the tables of iptables-legacy.  Nothing is changed.  It runs
    until it gets SIGTERM or SIGINT.  status says whether a guard runs and what it cannot see, history what it saw.
    install writes a unit of systemd that runs it, and starts it.

    Exit: 0 ended by a signal, 2 usage error, 3 nothing can be watched, 4 a bug in hairpin.  status: 0 a guard runs and
    sees everything, 1 none runs, 3 it does not see everything.
    """
    from hairpin.message import message

    match words:
        case ("run",) | ("run", _) if since is None:
            return _run(words[1] if len(words) > 1 else None, asked, shown)
        case ("status",) if since is None:
            return _tell_status(shown)
        case ("history",):
            return _tell_history(since, shown)
        case ("install",) | ("install", _) if since is None:
            return _install(words[1] if len(words) > 1 else None, printing=printing, lang=shown.lang)
        case _:
            raise UsageError(message("write {forms}", forms=_FORMS))


def _run(file: str | None, asked: Asked, shown: Shown) -> int:
    from hairpin.cli.expect import read_expectations
    from hairpin.cli.material import gather
    from hairpin.expect.file import DEFAULT
    from hairpin.guard.rounds import rounds
    from hairpin.guard.unit import notify
    from hairpin.guard.watch import Watch
    from hairpin.message import message

    expected = read_expectations(file or DEFAULT)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: ended.append(got))

    def read() -> "tuple[Source, ...]":
        return gather(())

    with ExitStack() as stack:
        watch = stack.enter_context(closing(Watch()))
        if watch.sees_nothing:
            raise UsageError(message("hairpin guard has to be root to watch this host"))
        blind = list(watch.blind)
        memory = _memory(blind, stack)
        if memory is not None:
            memory.begin(file or DEFAULT, time.time(), tuple(map(str, blind)))

        def burst(patience_s: float) -> "tuple[SeenChange, ...]":
            notify("WATCHDOG=1")
            if memory is not None:
                memory.beat(time.time())
            return watch.burst(patience_s)

        told: tuple[Message, ...] | None = tuple(blind)
        for found in rounds(expected, read, burst, lambda: bool(ended), asked.question()):
            _write(found, told, shown)
            if memory is not None:
                _keep(found, told or (), memory)
            notify(f"READY=1\nSTATUS=watching {len(expected.each)} expectations")
            told = None
    return 0


def _memory(blind: "list[Message]", stack: ExitStack) -> "Memory | None":
    """Return the memory of this host's guards.  If there can be none, ``blind`` says so."""
    from hairpin.guard.memory import FILE, FOLDER, Memory
    from hairpin.message import message

    try:
        return stack.enter_context(Memory(FOLDER / FILE, writes=True))
    except EvidenceError as error:
        blind.append(message("no history is kept: {reason}", reason=error.said))
        return None


def _keep(found: "Round", blind: "tuple[Message, ...]", memory: "Memory") -> None:
    """Keep a round that tells something, and that the guard lives."""
    import msgspec

    from hairpin.report.documents.guard_document import round_document
    from hairpin.report.words import Words

    document = round_document(found, blind, Words("en"))
    if found.broke or found.mended or found.failed is not None:
        memory.keep(found.at_s, msgspec.json.encode(document))
    memory.beat(time.time(), (document.expectations, document.broken))


def _write(found: "Round", blind: "tuple[Message, ...] | None", shown: Shown) -> None:
    """Write the round.  ``blind``: what cannot be watched, in the first round."""
    from hairpin.cli.face.output import paper, words, write

    if shown.as_json:
        import msgspec

        from hairpin.report.documents.guard_document import round_document

        write(msgspec.json.encode(round_document(found, blind or (), words(shown.lang))).decode())
        return
    from hairpin.report.text.guard_text import round_text, started_text

    told, sheet = words(shown.lang), paper(shown.color)
    text = round_text(found, told, sheet) if blind is None else started_text(found, blind, told, sheet)
    if text:
        write(text)


def _install(file: str | None, *, printing: bool, lang: str | None) -> int:
    """Write the unit and start it; with ``printing``, only print it."""
    from hairpin.carry.files import state_of
    from hairpin.carry.run import do
    from hairpin.cli.docker.link import this_file
    from hairpin.cli.expect import read_expectations
    from hairpin.cli.face.output import words, write
    from hairpin.expect.file import DEFAULT
    from hairpin.guard.unit import NAME, PATH, installing, unit_text
    from hairpin.message import message

    path = str(Path(file or DEFAULT).absolute())
    program = shutil.which("hairpin") or str(this_file())
    text = unit_text(program, path)
    if printing:
        write(text)
        return 0
    read_expectations(path)
    if not Path("/run/systemd/system").is_dir():
        run = f"{program} guard run {path}"
        raise UsageError(message("systemd does not run here: let your init start `{command}`", command=run))
    for act in installing(state_of(Path(PATH)), text):
        done = do(act)
        if done.complaint is not None:
            raise UsageError(done.complaint)
    write(words(lang)(message("{unit} runs, and starts at boot ({path})", unit=NAME, path=PATH)))
    return 0


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


def _tell_history(since: str | None, shown: Shown) -> int:
    from hairpin.cli.face.output import write
    from hairpin.cli.face.present import write_text
    from hairpin.guard.memory import FILE, FOLDER, Memory
    from hairpin.story.narrowing import parse_since

    after_s = parse_since(since, time.time()) if since is not None else 0.0
    with Memory(FOLDER / FILE, writes=False) as memory:
        kept = tuple(memory.rounds(after_s))

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.guard_text import history_text

        return history_text(kept, words, paper)

    if shown.as_json:
        for each in kept:
            write(each.decode())
    else:
        write_text(shown, text)
    return 0
