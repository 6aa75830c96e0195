"""``python -m tests.served [WORD…]``: who answers on a published port, and full queues of sockets, on real hosts.

hairpin is asked first, then a real connection judges: the process that answers, whether the
handshake completes, or whether the kernel drops the datagram.
"""

import sys
import time
from collections.abc import Iterator

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from tests.machine.command import add_words, command, has_word
from tests.score.diagnosis import ask, stop_reason
from tests.served.cases import TABLES, Case
from tests.tables.row import Row, judged

_HANDSHAKE = (
    'python3 -I -S -c \'import socket; socket.create_connection(("{address}", {port}), 2); print("connected")\' '
    "2>/dev/null || echo silence"
)
_DATAGRAM = (
    "python3 -I -S -c 'import socket, time; "
    'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"one more", ("{address}", {port})); time.sleep(0.2)\''
)
_BODY = "timeout 3 busybox wget -qO- http://{address}:{port}/ 2>/dev/null || echo nothing"


def main() -> int:
    """Run the cases; the exit status is 1 if hairpin was wrong in one."""
    parser = command("tests.served", "Hold who answers, and full queues, against real connections (root).")
    add_words(parser, "words", "cases whose table and name have one of the words")
    return judged(_rows(parser.parse_args().words))


def _rows(words: list[str]) -> Iterator[Row]:
    for podman in (False, True):
        chosen = [
            (f"{table} {name}", case, reason)
            for table, name, case, reason in TABLES
            if case.podman is podman and has_word(f"{table} {name}", words)
        ]
        if not chosen:
            continue
        plan = LabPlan(docker=not podman, podman="netavark" if podman else "", containers=())
        with running_lab(plan) as lab:
            for number, (name, case, reason) in enumerate(chosen):
                yield _row(lab, f"{'podman ' if podman else ''}{name}", 7100 + number, case, reason)


def _row(lab: Lab, name: str, port: int, case: Case, reason: str) -> Row:
    """Return the row; what is named is the reason of the stop, and the exit status if it is another one than that."""
    lab.host.run(case.setup.replace("{port}", str(port)))
    time.sleep(0.3)
    origin = "192.0.2.10" if case.start == "client" else case.start
    answer = ask(lab.host, (case.target.format(port=port), "--from", origin))
    flows = answer.report.flows if answer.report is not None else ()
    flow = next((each for each in flows if each.to.startswith(f"{case.address}:")), None)
    said = stop_reason(flow) or "" if flow is not None else ""
    found = _dropped_one_more(lab, port, case) if case.drops else _reached(lab, port, case)
    served = found == case.body.format(port=port) if case.body else found == "connected"
    ended = "" if answer.status == int(bool(reason)) else f" exit {answer.status}"
    verdict = flow.verdict if flow is not None else answer.complaint or "no flow"
    return Row(name, verdict, f"{said}{ended}", served, reason, found)


def _reached(lab: Lab, port: int, case: Case) -> str:
    command = (_BODY if case.body else _HANDSHAKE).format(address=case.address, port=port)
    return lab.node(case.start).run(command).strip()


def _dropped_one_more(lab: Lab, port: int, case: Case) -> str:
    """Send one more datagram; return whether the kernel dropped it at the socket."""
    drops = case.drops.replace("{port}", str(port))
    before = lab.host.run(drops).split()
    lab.node(case.start).run(_DATAGRAM.format(address=case.address, port=port))
    after = lab.host.run(drops).split()
    return "connected" if before == after else "silence"


if __name__ == "__main__":
    sys.exit(main())
