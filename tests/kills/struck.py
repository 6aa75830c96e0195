"""Runs in the host: the undo that a switch starts at its deadline, with the moments of a kill.

``MOMENTS`` names their folder.
"""

import os
import sys
from pathlib import Path

from hairpin.apply.at_deadline import main
from hairpin.apply.program import outpost
from tests.kills.program import KILL_ALL, Moments

if __name__ == "__main__":
    text = Moments(Path(os.environ["MOMENTS"]), KILL_ALL).program()
    setattr(outpost, "program", lambda: text)  # noqa: B010
    sys.exit(main())
