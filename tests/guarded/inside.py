"""``python -m tests.guarded.inside IMAGE COUNT SEED``: in a lab host's namespaces, makes changes and says what is told.

It prints a JSON line for each change, and for each burst of many.
"""

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import msgspec

from hairpin.guard.change import SeenChange
from hairpin.guard.watch import Watch
from tests.guarded.kinds import KINDS, LIMIT_S, WRITERS, Kind, command_of, is_right

BURST = 10_000
RESTORED = 50_000


class Seen(msgspec.Struct, frozen=True, tag="one"):
    """What was told of a change.  ``named``: right, unknown, name (only its name) or wrong; empty if it was missed.
    ``event_ms``: from the change until it was seen, where its program says when it was made; ``late_ms``: from the end
    of the program until it was seen; ``told_ms``: from the last change of the burst until the burst was told."""

    kind: str
    number: int
    named: str
    event_ms: float | None = None
    late_ms: float = 0.0
    told_ms: float = 0.0
    said: str = ""


class Runner:
    """A program that runs in a thread, which takes its end at once, as a shell does."""

    def __init__(self, command: str) -> None:
        self.ended_s = 0.0
        self.status = 0
        self.text = ""
        self._command = command
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        words = ("sh", "-c", self._command)
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LIMIT_S)
        self.ended_s, self.status, self.text = time.time(), done.returncode, done.stdout + done.stderr

    @property
    def runs(self) -> bool:
        return self._thread.is_alive()


def try_one(watch: Watch, kind: Kind, number: int, image: str) -> Seen:
    """Make a change, and return what is told of it."""
    runner = Runner(command_of(kind, number, image))
    found: list[tuple[SeenChange, float]] = []
    quiet = 0
    while runner.runs or quiet < (1 if found else 20):
        burst = watch.burst(0.25)
        now = time.time()
        quiet = 0 if burst or runner.runs else quiet + 1
        last = max((each.at_s for each in burst), default=now)
        found += [(each, now - last) for each in burst if each.part == kind.part and kind.detail in each.detail]
    if runner.status:
        return Seen(kind.name, number, "failed", said=runner.text[-300:])
    return judged(kind, number, found, runner)


def judged(kind: Kind, number: int, found: list[tuple[SeenChange, float]], runner: Runner) -> Seen:
    """Return what the told changes are worth: the best that is said, and the worst if somebody else is named."""
    if not found:
        return Seen(kind.name, number, "")
    words = runner.text.split()
    at = min(each.at_s for each, _ in found)
    event_ms = 1000 * max(0.0, at - float(words[-1])) if WRITERS in kind.command and words else None
    culprits = [each.culprit for each, _ in found if each.culprit is not None]
    named, said = "unknown", ""
    if culprits:
        right = [each for each in culprits if is_right(kind, number, each)]
        wrong = [each for each in culprits if each not in right]
        named = "right" if right else "name" if not any(each.command for each in wrong) else "wrong"
        if kind.is_unknown or (wrong and not right):
            said = str(wrong[:1])
        if named == "right" and not any(each.command for each in right):
            named = "name"
    if kind.is_unknown:
        named = "right" if named == "unknown" else "wrong"
    late_ms = 1000 * max(0.0, at - runner.ended_s)
    return Seen(kind.name, number, named, event_ms, late_ms, 1000 * max(each for _, each in found), said)


def setup(image: str) -> set[str]:
    """Prepare the host, and return the kinds that cannot be tried."""
    missing: set[str] = set()
    for kind in KINDS:
        text = kind.setup.replace("IMAGE", image)
        done = subprocess.run(("sh", "-ec", text), capture_output=True, text=True, check=False)
        if done.returncode:
            missing.add(kind.name)
            _say(Seen(kind.name, 0, "failed", said=(done.stderr or done.stdout)[-300:]))
    return missing


def _say(told: msgspec.Struct) -> None:
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()


def drain(watch: Watch) -> list[SeenChange]:
    """Return what is told until it is quiet for a second."""
    found: list[SeenChange] = []
    while burst := watch.burst(1.0):
        found += burst
    return found


def cron(watch: Watch, count: int) -> Iterator[Seen]:
    """Let cron make changes at the next minute: a job each."""
    kind = next(each for each in KINDS if each.name == "cron")
    os.makedirs("/tmp/crontabs", exist_ok=True)  # noqa: PTH103, S108 - in the lab host
    with open("/tmp/crontabs/root", "w", encoding="ascii") as file:  # noqa: PTH123, S108
        file.writelines(f"* * * * * nft add table inet cron{number}\n" for number in range(count))
    subprocess.run(("sh", "-c", "ln -sf $(command -v busybox) /tmp/crond"), check=True)  # its name is that of its file
    with subprocess.Popen(("/tmp/crond", "-f", "-c", "/tmp/crontabs")) as crond:  # noqa: S108
        found: list[SeenChange] = []
        until = time.time() + 130
        while time.time() < until and len([each for each in found if each.part == "rules"]) < count:
            found += watch.burst(1.0)
        crond.terminate()
    found += drain(watch)
    rules = [each for each in found if each.part == "rules"]
    for number in range(count):
        culprits = [each.culprit for each in rules if each.culprit and is_right(kind, number, each.culprit)]
        has_job = any(each.job.startswith("cron ") for each in culprits)
        told = "right" if has_job else "name" if culprits else "unknown" if number < len(rules) else ""
        yield Seen("cron", number, told)


class Many(msgspec.Struct, frozen=True, tag="many"):
    """A burst of many changes.  ``mib``: how much memory the two processes took more than before, at the most."""

    what: str
    made: int
    told: int
    lost: int
    mib: float


def _resident_mib(pid: int) -> float:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8") as file:  # noqa: PTH123
        return next((int(each.split()[1]) / 1024 for each in file if each.startswith("VmHWM")), 0.0)
    return 0.0


def many(watch: Watch) -> Iterator[Many]:
    """Yield what became of 10,000 transactions, and of a restore of 50,000 rules."""
    rules = "\n".join(f"-A MANY -s 10.{n >> 8 & 255}.{n & 255}.{n >> 16}/32 -j ACCEPT" for n in range(RESTORED))
    with open("/tmp/many.rules", "w", encoding="ascii") as file:  # noqa: PTH123, S108 - in the lab host
        file.write(f"*filter\n:MANY - [0:0]\n{rules}\nCOMMIT\n")
    acts = (
        (f"{BURST} transactions", f"{sys.executable} -S {WRITERS} nft {BURST}", BURST),
        (f"a restore of {RESTORED} rules", "iptables-restore -n </tmp/many.rules", 1),
    )
    for what, command, made in acts:
        before = _resident_mib(os.getpid()) + _resident_mib(watch.process)
        runner = Runner(command)
        found: list[SeenChange] = []
        while runner.runs:
            found += watch.burst(0.5)
        found += drain(watch)
        own = [each for each in found if each.part == "rules" and each.culprit is not None]
        more = _resident_mib(os.getpid()) + _resident_mib(watch.process) - before
        yield Many(what, made, len(own), sum(each.part == "unseen" for each in found), more)


def main() -> None:
    """Make the changes that the words ask for."""
    image, count, seed, has_many = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "many"
    missing = setup(image)
    drawn = random.Random(seed)  # noqa: S311 - no secret
    some = [each for each in KINDS if each.weight and each.name not in missing]
    first = some if count >= len(some) else []
    kinds = [*first, *drawn.choices(some, [each.weight for each in some], k=count - len(first))]
    watch = Watch()
    drain(watch)
    for number, kind in enumerate(kinds):
        _say(try_one(watch, kind, number, image))
    if has_many:
        for each in cron(watch, 40):
            _say(each)
        for burst in many(watch):
            _say(burst)
    watch.close()


if __name__ == "__main__":
    main()
