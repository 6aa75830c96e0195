"""Says on standard error that a plan of ``hairpin fix`` was interrupted on this host."""

import os
from contextlib import closing
from pathlib import Path

from hairpin.cli.output import whisper, words
from hairpin.errors import ApplyError
from hairpin.message import message

JOURNAL = Path("/var/lib/hairpin/journal.sqlite3")
"""Where ``apply/journal.py`` keeps it: a healthy host's check does not load that module."""

_PATIENCE_S = 1.0


def say_half_done(lang: str | None) -> None:
    """Say which command settles a plan that was interrupted.  Only root's journal is looked at, if there is one."""
    if os.geteuid() != 0 or not JOURNAL.is_file():
        return
    from hairpin.apply.journal import Journal
    from hairpin.apply.settling import interrupted_plan

    try:
        with closing(Journal()) as journal:
            if interrupted_plan(journal) is None:
                return
            with journal.locked(_PATIENCE_S):  # a command that is being killed may hold it still
                plan = interrupted_plan(journal)
    except ApplyError:  # somebody carries one out at this moment, or the journal cannot be read
        return
    if plan is not None:
        said = message("plan {plan} of `hairpin fix` was interrupted; `hairpin undo {plan}` settles it", plan=plan.id)
        whisper(f"hairpin: {words(lang)(said)}\n")
