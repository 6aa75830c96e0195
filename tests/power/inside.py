"""Runs at each boot of the guest: settles what the last power cut has left, judges it, and begins a plan anew.

``python -m tests.power.inside fix|try|there KILL_AT``: a moment's number, or -1 to count the moments of a run that
nothing interrupts.  What lies in ``/run/results`` is on the machine outside, and survives.
"""

import hashlib
import random
import stat
import sys
import time
from functools import partial
from pathlib import Path

import msgspec

from hairpin.answer.ask import ask
from hairpin.apply.kept_plan import KeptPlan
from hairpin.apply.program.plan_book import PlanBook
from hairpin.cli.material import gather
from hairpin.cli.plans.settling import confirm_tried, settle_interrupted, take_plan_back
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.kills.plans import FOLDER, HOSTS
from tests.machine.carrying import PLAINLY, carried_out, is_said, plan_of, quietly
from tests.power.syncs import HOST, Way, be_another_host, labels, outpost, stop_at

RESULTS = Path("/run/results")


class Found(msgspec.Struct, frozen=True):
    """What the boot after a cut has found.  ``said``: whether ``check`` names a half-done plan, or the other host's
    journal does; ``became``: how the plan stands once the next command has settled it."""

    said: bool
    settled_by: str
    became: str
    wrong: tuple[str, ...] = ()


def files() -> dict[str, str]:
    """Return the files that a plan writes, with what belongs to them."""
    found: dict[str, str] = {}
    for each in sorted(Path(FOLDER).iterdir()):
        status = each.stat()
        text = hashlib.sha256(each.read_bytes()).hexdigest()[:12]
        found[each.name] = f"{text} {stat.filemode(status.st_mode)} {status.st_uid} {status.st_nlink}"
    return found


def settle(way: Way) -> Found:
    """Settle what the last cut has left, as the next command does, and judge it."""
    sources = HOST if way == "there" else ()
    undo = partial(take_plan_back, HOST[0] if sources else None, None, PLAINLY)
    fix = partial(settle_interrupted, sources, PLAINLY)
    half = any(each.state in ("open", "keeping", "ending") for each in _known_plans(way))
    said, how = half if way == "there" else is_said(), "nothing"
    if half:
        how = random.choice(("undo", "fix"))  # noqa: S311
        quietly(undo if how == "undo" else fix)
    then = next(iter(_known_plans(way)), None)
    became = then.state if then is not None else "none"
    wrong = [] if said == half else [f"check said {said}, and {how} was needed"]
    before, applied = (msgspec.json.decode((RESULTS / name).read_bytes()) for name in ("before", "applied"))
    if then is not None:
        wrong += [f"{each.state}: {each.said}" for each in then.tasks if each.state == "stays"]
    wrong += _differing(applied if became == "applied" else before, became)
    if became == "applied":
        quietly(undo)
        wrong += _differing(before, "after undo")
    return Found(said, how, became, tuple(wrong))


def _known_plans(way: Way) -> tuple[KeptPlan, ...]:
    book = PlanBook(outpost(way))  # over ssh, the switch ends a plan of which nothing has arrived
    return book.all() if way == "there" else tuple(each.kept_plan for each in book.standing())


def _differing(wanted: dict[str, str], what: str) -> list[str]:
    found = files()
    return [f"{what}: {name}: {wanted.get(name)} is {found.get(name)}" for name in sorted(wanted.keys() | found.keys())
            if wanted.get(name) != found.get(name)]  # fmt: skip


def begin(way: Way) -> None:
    """Carry the plan out and keep it."""
    question = parse_question("check", ("8151",), None, (), World())
    answer = ask(question, gather(()))
    now, lasting = HOSTS["kernel"].steps(answer.network)
    if way == "there":  # its program refuses a file with several links, before the first step
        lasting = tuple(each for each in lasting if "linked" not in getattr(each, "path", ""))
    plan = plan_of("power", answer, (now, lasting))
    carried_out(plan, lambda: ask(question, gather(())), outpost(way), confirmed_later=way == "try")
    if way == "try":
        quietly(partial(confirm_tried, (), PLAINLY))


def main() -> None:
    way, number = msgspec.convert(sys.argv[1], Way), int(sys.argv[2])
    counting = number < 0
    if way == "there":
        be_another_host()
    if counting:
        (RESULTS / "before").write_bytes(msgspec.json.encode(files()))
    else:
        (RESULTS / "found").write_bytes(msgspec.json.encode(settle(way)))
    stop_at(number)
    begin(way)
    (RESULTS / "applied" if counting else RESULTS / "ended").write_bytes(msgspec.json.encode(files()))
    (RESULTS / "labels").write_bytes(msgspec.json.encode(labels()))
    (RESULTS / "now").write_text("after the last moment", "utf-8")
    time.sleep(3600)


if __name__ == "__main__":
    main()
