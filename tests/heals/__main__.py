"""``python -m tests.heals`` (root).  Each part: ``times``, ``fight``, ``deleted``, ``killed``.

The exit status is 1 if a heal failed, cut a connection, fought on, put a deleted network's rules back, or left
something half done.  How long heals take is printed; on a busy machine it says little.
"""

import random
import sys
from collections.abc import Iterator, Sequence

from tests.heals.deleted import Deleted, deleted
from tests.heals.fight import MOST, Fight, fought
from tests.heals.killed import Killed, killed
from tests.heals.site import running_site
from tests.heals.times import Time, timed
from tests.machine.command import command, has_word
from tests.machine.run import tell


def main() -> int:
    """Try each part; return the exit status."""
    parser = command("tests.heals", "Break a host that a guard heals.", cases=100, seed="fresh")
    parser.add_argument("parts", nargs="*", metavar="PART", help="times, fight, deleted, killed")
    parser.add_argument("--ahead", action="store_true", help="the guard and the client go before all else")
    arguments = parser.parse_args()
    drawn = random.Random(arguments.seed)  # noqa: S311
    status = 0
    if has_word("times", arguments.parts):
        with running_site(ahead=arguments.ahead) as site:
            found = timed(site, arguments.cases, drawn)
            status |= tell(found, _of_time, lambda each: bool(each.wrong), table=_times, seed=arguments.seed)
    if has_word("fight", arguments.parts):
        with running_site(MOST) as site:
            status |= tell((fought(site),), _of_fight, lambda each: bool(each.wrong))
    if has_word("deleted", arguments.parts):
        with running_site() as site:
            gone = deleted(site, arguments.cases, drawn)
            status |= tell(gone, _of_deleted, lambda each: bool(each.wrong), seed=arguments.seed)
    if has_word("killed", arguments.parts):
        with running_site() as site:
            kills = killed(site, arguments.cases, drawn)
            status |= tell(kills, _of_kill, lambda each: bool(each.wrong), seed=arguments.seed)
    return status


def _of_fight(one: Fight) -> Iterator[str]:
    yield f"stopped after {one.heals} heals: {one.reason}  {'; '.join(one.wrong)}"


def _of_deleted(one: Deleted) -> Iterator[str]:
    yield f"removed {one.after_s:+.2f} s after the break, healed: {one.healed}  {'; '.join(one.wrong)}"


def _of_kill(one: Killed) -> Iterator[str]:
    yield f"{one.break_:<26} killed after {one.after_s:.2f} s, plan {one.plan}  {'; '.join(one.wrong)}"


def _of_time(one: Time) -> Iterator[str]:
    yield f"{one.name:<28} {one.seconds:6.3f} s ({one.own_s:.3f} s after the reading)  {'; '.join(one.wrong)}"


def _times(some: Sequence[Time]) -> Iterator[str]:
    took = sorted(each.seconds for each in some if each.seconds >= 0)
    if took:
        p50, p99 = (took[min(len(took) - 1, round(share * len(took)))] for share in (0.5, 0.99))
        yield f"{len(took)} of {len(some)} healed; p50 {p50:.3f} s, p99 {p99:.3f} s, longest {took[-1]:.3f} s"
    yield f"wrong: {sum(bool(each.wrong) for each in some)}"


if __name__ == "__main__":
    sys.exit(main())
