"""Containers that their restart policy wants up: those that loop or never started, and those that are well.

The real state is the engine's own word, three times within two seconds: it is up each time, or nobody wants it up.
"""

from hairpin.lab.plan import LabPlan
from tests.tables.case import Ask, Case

ID = "container-not-running"
_UP = "for each in 1 2 3; do docker inspect -f '{{.State.Status}}' tt | grep -qx running || exit 1; sleep 0.7; done"
_UNWANTED = "docker inspect -f '{{.State.Status}}' tt | grep -qxE 'exited|created'"


def run(options: str, command: str, wait_s: float = 2.0) -> tuple[tuple[str, str], ...]:
    """Return the commands that leave this one container."""
    made = f"docker run -d --name tt {options} hairpin-lab {command} >/dev/null 2>&1 || true"
    return (("host", f"docker rm -f tt >/dev/null 2>&1 || true; {made}; sleep {wait_s}"),)


def asked(name: str, options: str, command: str, cause: str = "", *, up: bool = True) -> Ask:
    """Return the plain question about the container; ``up`` False: nobody wants it up."""
    return Ask(name, cause, plain=True, start="host", before=run(options, command),
               real=_UP if up or cause else _UNWANTED)  # fmt: skip


_POLICIES = ("always", "unless-stopped", "on-failure")
_FIRST = "sh -c '[ -e /tmp/x ] && exec sleep 999; touch /tmp/x; exit 1'"
CASES = (
    Case("restarts", plan=LabPlan(containers=()), replica=False, asks=(
        *(asked(f"{each}: fails at once", f"--restart {each}", "sh -c 'exit 1'", ID) for each in _POLICIES),
        *(asked(f"{each}: fails, with a port", f"--restart {each} -p 8151:80", "sh -c 'exit 3'", ID)
          for each in _POLICIES),
        *(asked(f"{each}: ends well", f"--restart {each}", "sh -c 'exit 0'", ID) for each in _POLICIES[:2]),
        *(asked(f"{each}: no such program", f"--restart {each}", "/no/such", f"{ID}|container-start-failed")
          for each in _POLICIES[:1]),
        asked("on-failure:2: has given up", "--restart on-failure:2", "sh -c 'exit 1'", ID),
        *(asked(f"{each}: stays", f"--restart {each}", "sleep 999") for each in _POLICIES),
        *(asked(f"{each}: fails the first time only", f"--restart {each}", _FIRST) for each in _POLICIES),
        asked("no: stays", "", "sleep 999"),
        asked("no: ends well", "", "sh -c 'exit 0'", up=False),
        asked("no: fails", "", "sh -c 'exit 1'", up=False),
        asked("on-failure: ends well", "--restart on-failure", "sh -c 'exit 0'", up=False),
        Ask("always: stopped by somebody", plain=True, start="host", real=_UNWANTED, before=(
            *run("--restart unless-stopped", "sleep 999"), ("host", "docker stop -t 0 tt >/dev/null"))),
        Ask("never started", plain=True, start="host", real=_UNWANTED, before=(
            ("host", "docker rm -f tt >/dev/null 2>&1 || true; docker create --name tt hairpin-lab true >/dev/null"),)),
    )),
)  # fmt: skip
