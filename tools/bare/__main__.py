"""``python -m tools.bare [ARGUMENTS OF PYTEST]``: the commands of README's first block, as the first that a fresh
Debian ever runs (root).

The machine is a folder with debootstrap(8)'s smallest Debian and what README asks for, entered with namespaces and
pivot_root(2); the checkout is a clone of HEAD.  Everything ends when this process ends, and nothing is left.  Read
``tree`` (the folder), ``groups`` (its control groups), ``first_process`` (its mounts, and what runs), ``lacks`` (what
was missing).
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from tests.guests.packages import PackageError, cache_folder
from tools.bare import first_process
from tools.bare.groups import groups
from tools.bare.lacks import lacks
from tools.bare.tree import CHECKOUT, fresh_tree
from tools.quoted import ROOT, blocks
from tools.shown_commands import typed

_NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "--kill-child=SIGKILL")
_LAST_LINES = 40
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")


def main() -> int:
    """Run the commands; the exit status is 1 if one fails."""
    if os.geteuid():
        _say("this needs root: it makes namespaces, and its own root directory")
        return 2
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    # Read by make once more, and then by its shell.
    words = shlex.join(sys.argv[1:]).replace("$", "$$")
    commands = readme_commands(f" ARGS={shlex.quote(words)}" if words else "")
    log, began = cache_folder("bare") / f"log-{os.getpid()}", time.monotonic()
    try:
        with fresh_tree() as tree:
            _say(f"a fresh Debian after {time.monotonic() - began:.0f} s: {tree.root}; HEAD is {tree.head}")
            with log.open("w", encoding="utf-8") as copy:
                status, last = _run(tree.root, tree.bound, commands, copy)
    except PackageError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing is left")
        return 130
    said = f"after {(time.monotonic() - began) / 60:.1f} minutes"
    if status == 0:
        _say(f"{' and '.join(f'`{each}`' for each in commands)} passed on a fresh Debian, {said}")
        return 0
    _say(f"failed {said}.  The end of what it said, all of it is in {log}:")
    sys.stdout.writelines(f"    {line}" for line in last)
    missing = lacks(log.read_text("utf-8", "replace"))
    _say(f"missing: {'; '.join(missing)}" if missing else "no line says that a program or a file is missing")
    return 1


def readme_commands(arguments: str = "") -> tuple[str, ...]:
    """Return the commands of README's first block; ``arguments``: what `make test` gets besides."""
    first = next(each for each in blocks((ROOT / "README.md").read_text("utf-8")) if not each.comment)
    return tuple(f"{each}{arguments}" if each == "make test" else each for each in typed(first.text))


def _run(root: Path, bound: Iterable[Path], commands: tuple[str, ...], copy: TextIO) -> tuple[int, deque[str]]:
    """Run the commands in the tree; return how they ended, and the last lines."""
    last = deque[str](maxlen=_LAST_LINES)
    with ExitStack() as stack:
        group = stack.enter_context(groups())
        inside = (sys.executable, "-m", first_process.__name__, str(root), CHECKOUT)
        argv = ("sh", "-c", f'{group.join}\nexec "$@"', "sh", "unshare", *_NAMESPACES, *inside)
        options = (*(f"--bind={each}" for each in bound), *(f"--run={each}" for each in commands))
        process = stack.enter_context(_started(("setpriv", "--pdeathsig", "KILL", *argv, *options)))
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            copy.write(line)
            last.append(line)
        return process.wait(), last


@contextmanager
def _started(argv: tuple[str, ...]) -> Generator[subprocess.Popen[str]]:
    """Run the program in a session of its own, so that an interrupt at the terminal reaches this process alone, which
    then ends it."""
    kept = {name: text for name, text in os.environ.items() if name.lower() in _PROXIES or name == "TERM"}
    environment = {**kept, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    with subprocess.Popen(
        argv, env=environment, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _say(text: str) -> None:
    sys.stdout.write(f"bare: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
