"""No file outside of the causes says a cause's id: a cause tells itself what is to be done about it.

Rows of words name causes as data (``words/``, which is no Python), and so do the hints that are made of facts, in
``suppose/`` and ``answer/likely/told_errors.py``, and the known faults of versions, in ``facts/``.
"""

import ast
from pathlib import Path
from typing import get_args

from hairpin.causes.registry import all_causes
from hairpin.walk.state import Reason

SOURCE = Path(__file__).resolve().parent.parent.parent / "src" / "hairpin"
AS_DATA = ("causes/", "answer/likely/told_errors.py", "suppose/", "facts/")
IDS = {each.id for each in all_causes()} - set(get_args(Reason))
"""Without those that the reason of a stop is named after, too, such as ``bridge-down``."""
SAID: dict[str, tuple[str, set[str]]] = {
    "diagnose/ended.py": ("an event ends a container, and its start is the proof", {"container-not-running"}),
    "beside/walks/nameless.py": (
        "a name that nobody uses is advice",
        {"default-bridge-has-no-names", "no-common-network-for-name"},
    ),
    "diagnose/foreseen.py": (
        "a state that exists already, or that an earlier event has left, is not told again",
        {"docker-daemon-not-running", "restart-policy-missing"},
    ),
    "diagnose/proven_set.py": ("the class of a candidate has the name", {"port-not-published"}),
    "answer/texts/here.py": (
        "two causes without a page are seen as this one",
        {"published-port-held-by-other-process"},
    ),
    "lab/demo.py": ("the scenario that the demo shows has the name", {"interface-forwarding-off"}),
    "remedy/boot/lasting.py": (
        "the change alone does not tell which kind of remedy it is",
        {"container-not-running", "port-not-published"},
    ),
}
"""Files that still say ids, and why.  Take off what a file no longer says; put nothing on."""


def said_in(path: Path) -> set[str]:
    """Return the ids that stand in a file as strings of their own."""
    text = path.read_text("utf-8")
    near = {each for each in IDS if each in text}
    if not near:
        return near
    return near & {each.value for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Constant)}


def test_no_other_file_says_the_id_of_a_cause() -> None:
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    found = {name: said_in(path) for name, path in files.items() if not name.startswith(AS_DATA)}
    assert {name: ids for name, ids in found.items() if ids} == {name: ids for name, (_, ids) in SAID.items()}
