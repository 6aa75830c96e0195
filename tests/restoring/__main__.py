"""``python -m tests.restoring``: the law of ``hairpin restore``, host by host (root)."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from subprocess import SubprocessError

from hairpin.errors import LabError
from hairpin.lab.build import running_lab
from hairpin.lab.plan import LabPlan
from tests.machine.command import add_words, command, has_word
from tests.machine.run import say, tell
from tests.restoring.hosts import RESTORED, outliving
from tests.restoring.losses import LOSSES
from tests.restoring.trial import Restored, restarts_on, try_loss

_RESTARTS = 4


def main() -> int:
    """Try the losses on each host; the exit status is 1 if the law does not hold once."""
    parser = command("tests.restoring", "Hold hairpin restore against restarts of the daemon.")
    add_words(parser, "--host", "hosts whose names have one of the words")
    add_words(parser, "--loss", "losses that have one of the words")
    parser.add_argument("--live-restore", action="store_true", help="the containers outlive the restart")
    return tell(_tried(parser.parse_args()), _lines, lambda each: each.wrong, table=_table)


def _tried(arguments: argparse.Namespace) -> Iterator[Restored]:
    for name, make in RESTORED.items():
        if has_word(name, arguments.host):
            plan = outliving(make()) if arguments.live_restore else make()
            wanted = (loss for loss in LOSSES if has_word(loss, arguments.loss))
            losses = [loss for loss in wanted if "firewalld" in name or not loss.startswith("firewalld")]
            yield from _on_host(name, plan, losses)


def _on_host(name: str, plan: LabPlan, losses: Iterable[str]) -> Iterator[Restored]:
    """Yield what becomes of each loss, one after another on one host.  The first comes before all restarts."""
    try:
        with running_lab(plan) as lab:
            restarts = restarts_on(plan, lab, _RESTARTS)
            say(f"{name}: {len(restarts.made)} restarts drew {restarts.orders} orders, {restarts.took_s:.1f} s each")
            yield from (try_loss(name, lab, loss, LOSSES[loss], restarts) for loss in losses)
    except (LabError, SubprocessError) as error:
        yield Restored(name, "", "not tried", (str(error)[-300:],))


def _lines(found: Restored) -> Iterator[str]:
    order, undone = "another order than before the loss", "not undone"
    notes = "; ".join((*([] if found.before else [order]), *([] if found.undone else [undone])))
    took = f"{found.took_s:.2f} s " if found.took_s else ""
    yield f"{found.host:<24} {found.loss:<40} {found.kind:<20} {took}{notes}"
    yield from (f"    {each}" for each in (*found.why[:8], *found.others))


def _table(results: Sequence[Restored]) -> Iterator[str]:
    kinds = Counter(each.kind for each in results).most_common()
    yield f"{', '.join(f'{kind}: {count}' for kind, count in kinds)}; wrong: {sum(each.wrong for each in results)}"


if __name__ == "__main__":
    sys.exit(main())
