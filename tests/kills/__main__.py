"""``python -m tests.kills`` (root): ``make kills``.

``--moments``: of apply, and as many of undo.  The exit status is 1 if a kill has left what the next command does not
settle, or if something wrong was said of it.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from hairpin.lab.build import running_lab
from hairpin.lab.node import DIE_WITH_PARENT, ENVIRONMENT
from tests.kills.inside import Kill
from tests.kills.plans import HOSTS
from tests.machine.command import add_words, command, has_word
from tests.machine.run import tell
from tests.own_ssh.variants import in_python


def main() -> int:
    """Kill; return the exit status."""
    parser = command("tests.kills", "Kill hairpin while it changes a host.", seed="fresh")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--switch", type=int, default=20)
    add_words(parser, "--hosts", "hosts whose names have one of the words")
    arguments = parser.parse_args()
    names = [name for name in HOSTS if has_word(name, arguments.hosts)]
    found = (
        kill
        for number, name in enumerate(names)
        for kill in _killed(
            name,
            [_share(each, number, len(names)) for each in (arguments.moments, arguments.moments, arguments.switch)],
            arguments.seed,
        )
    )
    return tell(found, _lines, lambda each: bool(each.wrong), table=_table, seed=arguments.seed)


def _share(count: int, number: int, of: int) -> int:
    """Return how many of the kills are that host's."""
    return count // of + (number < count % of)


def _killed(name: str, counts: list[int], seed: int) -> Iterator[Kill]:
    """Run the kills in a lab host of that kind."""
    with running_lab(HOSTS[name].plan) as lab:
        argv = in_python("tests.kills.inside", name, ",".join(map(str, counts)), str(seed))
        with subprocess.Popen(
            (*DIE_WITH_PARENT, *lab.host.enter, *argv), stdout=subprocess.PIPE, env=ENVIRONMENT, text=True
        ) as process:
            assert process.stdout is not None
            yield from (msgspec.json.decode(line, type=Kill) for line in process.stdout)
        if process.returncode:
            said = (f"the kills of {name} ended with status {process.returncode}",)
            yield Kill("apply", "the run itself", False, "", "", 0.0, said)


def _lines(kill: Kill) -> Iterator[str]:
    if kill.wrong:
        yield f"{kill.doing}, {kill.moment}, {kill.settled_by}: {'; '.join(kill.wrong)}"


def _table(kills: Sequence[Kill]) -> Iterator[str]:
    yield f"{'moment':<54} {'kills':>5} {'taken back':>10} {'in force':>8} {'wrong':>5}"
    for (doing, moment), count in sorted(Counter((each.doing, each.moment) for each in kills).items()):
        some = [each for each in kills if (each.doing, each.moment) == (doing, moment)]
        became = Counter(each.became for each in some)
        wrong = sum(bool(each.wrong) for each in some)
        back = became["taken-back"] + became["none"]
        yield f"{doing + ': ' + moment:<54} {count:>5} {back:>10} {became['applied']:>8} {wrong:>5}"
    for doing in ("apply", "undo", "switch"):
        some = [each for each in kills if each.doing == doing]
        unsettled = sum(any("check" not in one for one in each.wrong) for each in some)
        untrue = sum(any("check" in one for one in each.wrong) for each in some)
        yield f"{doing}: {len(some)} kills, {unsettled} not settled, {untrue} wrong statements"


if __name__ == "__main__":
    sys.exit(main())
