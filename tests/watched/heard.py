"""``python -m tests.watched.heard``: prints what the sources of a guard tell, a line of JSON each, after a line
``ready``.

It runs where the kernel tells of all processes, as it does on a host: in the network and the files of a lab's host, and
in the first namespace of processes.  A guard in the lab's host itself sees other numbers of processes than the kernel
tells, and reads the containers that its dockerd names.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from subprocess import PIPE, Popen
from threading import Thread

import msgspec

from hairpin.guard.change import SeenChange
from hairpin.guard.watch import Watch
from hairpin.lab.build import Lab
from hairpin.lab.node import DIE_WITH_PARENT, ENVIRONMENT
from tests.own_ssh.variants import in_python

_PROC = 'mount -t proc proc /proc; exec "$@"'
_READY = "ready\n"


def in_first_processes(lab: Lab, *argv: str) -> "Popen[str]":
    """Start a program in the network and the files of the lab's host, among all processes of this machine."""
    enter = ("nsenter", "--target", str(lab.host.pid), "--net", "--mount", "--uts", "--", "unshare", "--mount")
    return Popen((*DIE_WITH_PARENT, *enter, "sh", "-c", _PROC, "sh", *argv), stdout=PIPE, env=ENVIRONMENT, text=True)


@contextmanager
def hearing(lab: Lab) -> Generator[list[SeenChange]]:
    """Yield a list that gets each change that is told in the host."""
    found: list[SeenChange] = []
    with in_first_processes(lab, *in_python("tests.watched.heard")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == _READY
        lines = process.stdout
        thread = Thread(
            target=lambda: found.extend(msgspec.json.decode(each, type=SeenChange) for each in lines), daemon=True
        )
        thread.start()
        try:
            yield found
        finally:
            process.terminate()
            thread.join()


def _lines() -> Iterator[str]:
    with closing(Watch()) as watch:
        yield _READY
        while True:
            yield from (f"{msgspec.json.encode(each).decode()}\n" for each in watch.burst(1.0))


if __name__ == "__main__":
    for line in _lines():
        sys.stdout.write(line)
        sys.stdout.flush()
