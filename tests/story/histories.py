"""``python -m tests.story.histories [--only WORD…]``: what happened on a host with systemd, told by its traces (root).

One host is broken again and again by real programs: a person over ssh with sudo, cron, a unit, a package, a firewall.
*Through* has to name who did it, or nobody; a history in which nothing broke blames nobody.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.ask import ask as answered
from hairpin.answer.blamed import with_blame
from hairpin.collect.run import collect
from hairpin.collect.snapshot import with_traces
from hairpin.evidence.file import write
from hairpin.evidence.reading import moment
from hairpin.lab.prerequisites import require
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.story.timeline import story_of
from tests.guests.packages import cache_folder
from tests.guests.qemu import GuestError
from tests.matrix.guests.trial import prepare
from tests.reboot.booting import booting
from tests.reboot.host import Host
from tests.reboot.runner import GuestRunner, evidence_of
from tests.story.broken_histories import BROKEN
from tests.story.healthy_histories import HEALTHY
from tests.story.history import CLEAN, READY, History, Verdict, by_person, on_host

Outcome = Verdict | Literal["trouble"]
_WHY = "journalctl -u docker -n 30 -o cat | grep -i 'failed to start daemon\\|fatal\\|error' | tail -n 3"
HISTORIES: tuple[History, ...] = (*BROKEN, *HEALTHY)
_DEBS = Path("/var/cache/apt/archives")
"""Where the engine's package lies that ``make setup-lab`` has installed: that of the host's suite."""
_GOOD = f"""{CLEAN}; systemctl daemon-reload; systemctl unmask networking >/dev/null 2>&1 || true
systemctl is-active -q firewalld || nft flush ruleset; sysctl -qw net.ipv4.ip_forward=0; ip link set docker0 up
systemctl start docker.socket; systemctl restart docker; sleep 4; docker start web shop >/dev/null; sleep 1"""


def main() -> int:
    """Tell each history; the exit status is 1 if somebody was blamed wrongly, 2 if the host could not be asked."""
    arguments = _arguments()
    wanted = [each for each in HISTORIES if not arguments.only or any(word in each.name for word in arguments.only)]
    wanted = wanted[arguments.first :][: arguments.count]
    require()
    results: Path = arguments.keep
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(results / "key")), check=True)
    for deb in sorted(_DEBS.glob("docker.io_*.deb"))[-1:]:
        shutil.copyfile(deb, results / "docker.io.deb")
    counts: dict[Outcome, int] = {"right": 0, "nobody": 0, "wrong": 0, "trouble": 0}
    try:
        with booting(emulated=arguments.emulated)(results) as host:
            prepare(host, ())
            host.must(f"{READY}systemctl start ssh cron")
            for each in wanted:
                began = time.monotonic()
                try:
                    verdict, lines = _told(host, each, results)
                except GuestError as error:
                    host.run(f"{each.after or ':'}; systemctl reset-failed docker firewalld || true")
                    verdict, lines = "trouble", (str(error)[-400:], host.run(_WHY).output)
                counts[verdict] += 1
                _say(f"{verdict:<7} {each.name} ({time.monotonic() - began:.0f} s)", *lines)
    except GuestError as error:
        _say(str(error))
        return 2
    _say(
        f"{len(wanted)} histories: {counts['right']} right, {counts['nobody']} without a name, "
        f"{counts['wrong']} wrong, {counts['trouble']} not as they were meant"
    )
    return int(counts["wrong"] > 0)


def _told(host: Host, history: History, results: Path) -> tuple[Outcome, tuple[str, ...]]:
    host.run(history.before or ":")
    host.must(_GOOD)
    time.sleep(2)
    good = _answer(host, ())
    if _blocking(good):
        return "trouble", ("the host was not healthy before", *_shown(good))
    if history.decoy:
        host.client.run(by_person(results / "key", history.decoy))
    if history.how == "ssh":
        host.client.run(by_person(results / "key", history.deed))
    else:
        host.run(on_host(history), limit_s=200)
    time.sleep(4)
    answer = _answer(host, (_read_at(good),) if history.kept else ())
    host.run(history.after or ":")
    blocking = _blocking(answer)
    if bool(blocking) is history.is_healthy:
        return "trouble", ("something broke" if blocking else "nothing broke", *_shown(answer))
    named = [actor for each in blocking if each.blame is not None for actor in each.blame.actors]
    write(answer.evidence[0], results / f"{history.name.replace(':', '').replace('/', '-')}.hairpin")
    return history.verdict(tuple((each.kind, each.name) for each in named)), tuple(_shown(answer))


def _blocking(answer: Answer) -> list[CauseAnswer]:
    return [each for each in answer.causes if each.severity == "blocking"]


def _read_at(answer: Answer) -> float:
    return moment(answer.evidence[0].taken_at) or 0.0


def _shown(answer: Answer) -> Iterator[str]:
    for cause in answer.causes:
        if cause.severity == "blocking":
            blame = cause.blame
            who = "nobody" if blame is None else ", ".join(f"{one.kind} {one.name}" for one in blame.actors) or "a time"
            yield f"{cause.id}: {who}"


def _answer(host: Host, passing: tuple[float, ...]) -> Answer:
    """Return what ``hairpin check`` says on the host, with since and through; ``passing``: when a snapshot was kept."""
    read = evidence_of(host)
    whole = with_traces(read, collect(GuestRunner(host), traces=("all",)))
    answer = answered(parse_question("check", (), None, (), World()), (whole,), depth="causes")
    return with_blame(answer, story_of(answer.evidence, None), passing)


def _say(*lines: str) -> None:
    for number, line in enumerate(lines):
        sys.stdout.write(f"{'    ' if number else ''}{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Break a host with systemd, and let its traces tell who did it.")
    parser.add_argument("--only", action="append", default=[], help="a word of the history's name")
    parser.add_argument("--first", type=int, default=0, help="leave out so many at the beginning")
    parser.add_argument("--count", type=int, default=None, help="at most so many")
    parser.add_argument("--emulated", action="store_true", help="on an emulated machine with a kernel of its own")
    folder = cache_folder("hosts") / "histories"
    parser.add_argument("--keep", type=Path, default=folder, help="folder for the console and the snapshots")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
