"""``python -m tests.story.lab_histories [--only WORD…]``: histories of lab hosts without systemd, whose logs are
syslogd's: real ssh, sudo, cron and dpkg (root).

Each history has a fresh host.  ``hairpin check --json`` runs on it; its *through* has to name who did it, or nobody.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import write
from hairpin.lab.plan import ContainerPlan, LabPlan
from hairpin.report.documents.blame_document import ActorDocument, SinceDocument
from tests.guests.packages import install_programs
from tests.machine.hairpin import typed
from tests.story.histories import HISTORIES
from tests.story.history import READY, History, by_person, on_host

_PLAN = LabPlan(containers=(ContainerPlan("web", options="--restart=always -p 8151:80"),))
_LOGS = "busybox syslogd -O /var/log/syslog; sleep 0.5; test -e /dev/log"
_SSHD = "mkdir -p /run/sshd; ssh-keygen -A >/dev/null; /usr/sbin/sshd"
_GOOD = "/usr/sbin/service docker restart"
_WAIT = "for n in $(seq 60); do docker ps --format '{{.Names}}' 2>/dev/null | grep -q web && break; sleep 0.5; done"
HAIRPIN = (sys.executable, "-m", "hairpin")
_NEED = (("sudo", "sudo"), ("cron", "cron"), ("sshd", "openssh-server"), ("ssh", "openssh-client"))


class BlockingCause(msgspec.Struct, frozen=True):
    """A cause of the JSON report."""

    id: str
    severity: str
    since: SinceDocument | None
    through: tuple[ActorDocument, ...] | None


class Told(msgspec.Struct, frozen=True):
    """The JSON report, as far as it is looked at."""

    causes: tuple[BlockingCause, ...]


def main() -> int:
    """Tell each history; the exit status is 1 if somebody was blamed wrongly."""
    parser = argparse.ArgumentParser(description="Break lab hosts, and let their traces tell who did it.")
    parser.add_argument("--only", action="append", default=[], help="a word of the history's name")
    words = parser.parse_args().only
    install_programs(*_NEED)
    wanted = [each for each in HISTORIES if each.without_systemd and (not words or any(w in each.name for w in words))]
    counts = {"right": 0, "nobody": 0, "wrong": 0}
    for history in wanted:
        with running_lab(_PLAN) as lab, TemporaryDirectory() as folder:
            causes = _causes(lab, history, folder)
        verdict = history.verdict(tuple((one.kind, one.name) for each in causes for one in each.through or ()))
        counts[verdict] += 1
        sys.stdout.write(f"{verdict:<7} {history.name}\n" + "".join(f"    {line}\n" for line in _shown(causes)))
        sys.stdout.flush()
    sys.stdout.write(f"{len(wanted)} histories: {counts}\n")
    return int(counts["wrong"] > 0)


def _causes(lab: Lab, history: History, folder: str) -> list[BlockingCause]:
    """Return the blocking causes that ``hairpin check --json`` names on the host after the history."""
    key = Path(folder) / "key"
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)), check=True)
    lab.host.run("mkdir -p /run/talk")
    write(lab.host, "/run/talk/key.pub", key.with_suffix(".pub").read_text("ascii"))
    lab.host.run(f"{_LOGS}; {_SSHD}\n{READY}cron >/dev/null 2>&1", timeout_s=60)
    lab.client.run(by_person(key, _GOOD), timeout_s=60)
    lab.host.run(f"{history.before or ':'}; {_WAIT}", timeout_s=90)
    if history.kept:
        lab.host.run(shlex.join((*HAIRPIN, "snapshot", "--keep")) + " >/dev/null", timeout_s=60)
    time.sleep(2)
    if history.how == "ssh":
        lab.client.run(by_person(key, history.deed), timeout_s=60)
    else:
        lab.host.run(on_host(history), timeout_s=120)
    time.sleep(2)
    done = typed(lab.host, "check", "--json")
    return [each for each in msgspec.json.decode(done.stdout, type=Told).causes if each.severity == "blocking"]


def _shown(causes: list[BlockingCause]) -> Iterator[str]:
    for each in causes:
        named = ", ".join(f"{one.kind} {one.name}" for one in each.through or ()) or "nobody"
        yield f"{each.id}: since {each.since and each.since.not_before}, through {named}"


if __name__ == "__main__":
    sys.exit(main())
