"""Talks to the host as hairpin talks to another one: the collector, and the requests of a plan, on standard input."""

import itertools
import shlex
import time

from hairpin.collect.run import Answer, collect
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from tests.reboot.host import COMMAND_LIMIT_S, Host

_SLOWER = 10
"""How much longer than a real host an emulated one may take."""
_PATIENCE = 3
"""How often a host is read again whose dockerd gives no answer."""
_numbers = itertools.count(1)


class GuestRunner:
    """Runs in the guest what ssh would run on another host: a ``Runner`` and a ``Shell``."""

    name = ""

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        """Return the collector's answer."""
        return self._exchange(("sh", "-s", "--", *arguments), script, COMMAND_LIMIT_S)

    def talk(self, text: str, words: tuple[str, ...], data: bytes, limit_s: float) -> Answer:
        """Return the answer to a request; no ssh connection brought it."""
        return self._exchange(("sh", "-c", text, "hairpin", *words, ""), data, int(limit_s) * _SLOWER)

    def _exchange(self, argv: tuple[str, ...], data: bytes, limit_s: int) -> Answer:
        name = f"talk{next(_numbers)}"
        asked, answered = self._host.talk / name, self._host.talk / f"{name}.answer"
        asked.write_bytes(data)
        done = self._host.run(f"{shlex.join(argv)} </run/talk/{name} >/run/talk/{name}.answer", limit_s=limit_s)
        return Answer(done.status, answered.read_bytes(), done.complaint.encode())


def evidence_of(host: Host, without: frozenset[str] = frozenset()) -> Evidence:
    """Return what the collector reads, once all of it but ``without`` could be read: an emulated dockerd may take too
    long."""
    evidence = collect(GuestRunner(host))
    for _ in range(_PATIENCE):
        read = parse(evidence)
        if not {each.key for each in read.unread} - without and all(each.state != "hung" for each in read.contacts):
            break
        time.sleep(5)
        evidence = collect(GuestRunner(host))
    return evidence
