"""``python -m tests.served [WORD…]``: who answers on a published port, and full queues of sockets, on real hosts.

hairpin is asked first, then a real connection judges: the process that answers, whether the
handshake completes, or whether the kernel drops the datagram.
Words choose the cases whose names hold one of them.  The exit status is 1 if hairpin was wrong in one.
"""

import sys
import time
from collections.abc import Iterator

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from tests.score.diagnosis import ask, stop_reason
from tests.served.cases import FULL, HELD, OWN, ROOM, ROOM_TO_READ, UNREAD, Case

_TABLES = (
    ("held", HELD, "answered-by-other"),
    ("own", OWN, ""),
    ("full", FULL, "backlog-full"),
    ("room", ROOM, ""),
    ("unread", UNREAD, "receive-queue-full"),
    ("reads", ROOM_TO_READ, ""),
)
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
    """Run the cases and print a line for each; return the exit status."""
    words, wrong, count = sys.argv[1:], 0, 0
    for podman in (False, True):
        chosen = [each for each in _cases(podman) if not words or any(word in f"{each[0]} {each[1]}" for word in words)]
        if not chosen:
            continue
        plan = LabPlan(docker=not podman, podman="netavark" if podman else "", containers=())
        with running_lab(plan) as lab:
            for number, (table, name, case, reason) in enumerate(chosen):
                right, line = _judged(lab, 7100 + number, case, reason)
                wrong, count = wrong + (not right), count + 1
                print(
                    f"{'right' if right else 'WRONG':6}{table:7}{'podman ' if podman else ''}{name}: {line}", flush=True
                )
    print(f"{count - wrong} of {count} right")
    return int(wrong > 0)


def _cases(podman: bool) -> Iterator[tuple[str, str, Case, str]]:
    for table, cases, reason in _TABLES:
        for name, case in cases.items():
            if case.podman is podman:
                yield table, name, case, reason


def _judged(lab: Lab, port: int, case: Case, reason: str) -> tuple[bool, str]:
    """Return whether hairpin's verdict is reality, and the case is what it should be; and what both said."""
    lab.host.run(case.setup.replace("{port}", str(port)))
    time.sleep(0.3)
    origin = "192.0.2.10" if case.start == "client" else case.start
    answer = ask(lab.host, (case.target.format(port=port), "--from", origin))
    flows = answer.report.flows if answer.report is not None else ()
    flow = next((each for each in flows if each.to.startswith(f"{case.address}:")), None)
    said = stop_reason(flow) or "" if flow is not None else ""
    found = _dropped_one_more(lab, port, case) if case.drops else _reached(lab, port, case)
    served = found == case.body.format(port=port) if case.body else found == "connected"
    stops = flow is None or flow.verdict != "delivered"
    right = served is not stops and served is (reason == "") and said == reason and answer.status == int(bool(reason))
    named = ", ".join(each.id for each in answer.report.causes) if answer.report is not None else answer.complaint
    verdict = flow.verdict if flow is not None else "no flow"
    return right, f"{found}; hairpin: {verdict} {said} [{named}] exit {answer.status}"


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
