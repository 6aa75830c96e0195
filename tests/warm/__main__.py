"""Runs the law over all changes: ``python -m tests.warm [NAME…]``."""

import difflib
import sys

from hairpin.lab.build import running_lab
from tests.warm.law import CHANGES, PLAN, differences, running_guard


def main() -> None:
    """Print each difference, and how many changes were tried."""
    wanted = tuple(each for each in CHANGES if not sys.argv[1:] or each.name in sys.argv[1:])
    count = 0
    with running_lab(PLAN) as lab, running_guard(lab):
        for change in wanted:
            found = tuple(differences(lab, (change,)))
            count += len(found)
            sys.stdout.write(f"{change.name}: {len(found) or 'alike'}\n")
            for each in found:
                sys.stdout.write(f"  {each.change} {' '.join(each.words)}\n")
                lines = difflib.unified_diff(each.cold.splitlines(), each.warm.splitlines(), "cold", "warm", "", "", 0)
                sys.stdout.writelines(f"    {line}\n" for line in list(lines)[:12])
            sys.stdout.flush()
    sys.stdout.write(f"{len(wanted)} changes, {count} differences\n")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
