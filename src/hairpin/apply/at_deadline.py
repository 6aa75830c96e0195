"""Takes a plan of this host back at the plan's deadline.  ``apply.sh`` starts this process, because it cannot read the
host's network itself.

``python -m hairpin.apply.at_deadline``: standard input has two lines, the journal's folder and the plan's id.  The
switch has seized the plan, and holds the lock of the host.
"""

import sys
from functools import partial
from pathlib import Path

from hairpin.apply.hands import hands_for, look_at
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.program.outpost import here
from hairpin.apply.program.plan_book import PlanBook
from hairpin.apply.taking_back import take_back
from hairpin.errors import HairpinError
from hairpin.message import Message


def main() -> int:
    """Take back the plan that is named on standard input; return the exit status."""
    folder, plan = sys.stdin.read().splitlines()
    outpost = here(Path(folder))
    book = PlanBook(outpost)
    try:
        known = book.known(plan)
        take_back(book, known, hands_for(outpost, plan, partial(look_at, known.host), _tell_nobody))
    except HairpinError:
        return 1
    return 0


def _tell_nobody(_task: PlannedStep, _said: Message | None) -> None:
    return None


if __name__ == "__main__":
    sys.exit(main())
