"""``python -m tests.fidelity --cases N --seed S``: see docs/fidelity.md."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from secrets import randbelow

import msgspec

from tests.fidelity.case import Case
from tests.fidelity.generate.case import case_of
from tests.fidelity.judge import Disagreement, judge
from tests.fidelity.netns import SetupFailed
from tests.fidelity.shrink import shrink
from tests.fidelity.tell import case_text, disagreement_text


def main() -> int:
    """Hunt; the exit status is 1 when walk and kernel disagree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--stop", type=int, default=3)
    parser.add_argument("--keep", type=Path, default=None, help="folder for the shrunk cases that disagree")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    sys.stdout.write(f"seed {seed}\n")
    started, packets, refused, found = time.monotonic(), 0, 0, 0
    outcomes: Counter[str] = Counter()
    for number in range(arguments.cases):
        try:
            judgement = judge(case_of(seed + number))
        except SetupFailed as error:
            refused += 1
            sys.stdout.write(f"case {seed + number}: {error}\n"[:600] + "\n")
            continue
        packets += judgement.packets
        outcomes.update(dict(judgement.outcomes))
        if judgement.disagreements:
            found += 1
            _show(case_of(seed + number), judgement.disagreements[0], arguments.keep)
        if found >= arguments.stop:
            break
    spent = time.monotonic() - started
    sys.stdout.write(f"{packets} packets in {spent:.1f} s, {found} cases differ, {refused} refused {outcomes}\n")
    return 1 if found else 0


def _show(case: Case, first: Disagreement, keep: Path | None) -> None:
    small = shrink(case)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{case.seed}.json").write_bytes(msgspec.json.format(msgspec.json.encode(small)) + b"\n")
    shown = judge(small).disagreements
    lines = (f"case {case.seed}", *case_text(small), disagreement_text(shown[0] if shown else first))
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
