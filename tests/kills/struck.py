"""Runs in the host: the undo that a switch starts at its deadline, with the moments of a kill.

``MOMENTS`` names their folder.
"""

import os
import sys
from pathlib import Path

from hairpin.apply.at_deadline import main
from hairpin.apply.program import outpost
from tests.kills.program import killing_all

if __name__ == "__main__":
    text = killing_all(Path(os.environ["MOMENTS"])).program()
    setattr(outpost, "program", lambda: text)  # noqa: B010
    sys.exit(main())
