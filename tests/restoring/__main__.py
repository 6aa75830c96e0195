"""``python -m tests.restoring [--host WORD…] [--loss WORD…]``: the law of ``hairpin restore``, host by host (root)."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from subprocess import SubprocessError

from hairpin.errors import LabError
from hairpin.lab.build import running_lab
from hairpin.lab.plan import LabPlan
from tests.restoring.hosts import RESTORED, outliving
from tests.restoring.losses import LOSSES
from tests.restoring.trial import Restored, restarts_on, try_loss

_RESTARTS = 4


def main() -> int:
    """Try the losses on each host; the exit status is 1 if the law does not hold once."""
    arguments = _arguments()
    kinds: Counter[str] = Counter()
    wrong = 0
    for name, make in RESTORED.items():
        if arguments.host and not any(word in name for word in arguments.host):
            continue
        plan = outliving(make()) if arguments.live_restore else make()
        losses = {loss: command for loss, command in LOSSES.items() if _concerns(arguments, name, loss)}
        for found in _on_host(name, plan, losses):
            _tell(found)
            kinds[found.kind] += 1
            wrong += found.wrong
    print(", ".join(f"{kind}: {count}" for kind, count in kinds.most_common()), f"; wrong: {wrong}")
    return int(bool(wrong))


def _concerns(arguments: argparse.Namespace, host: str, loss: str) -> bool:
    if arguments.loss and not any(word in loss for word in arguments.loss):
        return False
    return "firewalld" in host or not loss.startswith("firewalld")


def _on_host(name: str, plan: LabPlan, losses: Mapping[str, str]) -> Iterator[Restored]:
    """Yield what becomes of each loss, one after another on one host.  The first comes before all restarts."""
    try:
        with running_lab(plan) as lab:
            restarts = restarts_on(plan, lab, _RESTARTS)
            print(f"{name}: {len(restarts.made)} restarts drew {restarts.orders} orders, {restarts.took_s:.1f} s each")
            for loss, command in losses.items():
                yield try_loss(name, lab, loss, command, restarts)
    except (LabError, SubprocessError) as error:
        yield Restored(name, "", "not tried", (str(error)[-300:],))


def _tell(found: Restored) -> None:
    notes = [
        *([] if found.before else ["another order than before the loss"]),
        *([] if found.undone else ["not undone"]),
    ]
    took = f"{found.took_s:.2f} s " if found.took_s else ""
    print(f"{found.host:<24} {found.loss:<40} {found.kind:<20} {took}{'; '.join(notes)}", flush=True)
    for each in (*found.why[:8], *found.others):
        print(f"    {each}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold hairpin restore against restarts of the daemon.")
    parser.add_argument("--host", action="append", default=[], help="a word of the host's name")
    parser.add_argument("--loss", action="append", default=[], help="a word of the loss")
    parser.add_argument("--live-restore", action="store_true", help="the containers outlive the restart")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
