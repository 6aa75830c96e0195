"""A command line of an engine goes on to its end, and stops at the next command."""

from hairpin.pasted.forms.engines.typed_line import BEGINNING, QUOTED, Called, line_at
from hairpin.pasted.recognise import paste_of
from hairpin.sought import Sought
from tests.rows import each_row

_CALLED = Called(
    Sought(r".*\b(?P<engine>docker|podman|nerdctl)\s+volume\s+create\s"),
    Sought(rf"{BEGINNING}volume\s+create\s"),
    Sought(rf"{QUOTED}volume\s+create\s[^`]*)`"),
)

CASES: dict[str, tuple[str, list[str], int]] = {
    "alone": ("docker volume create data", ["data"], 1),
    "up to the next command": ("docker volume create data && docker ps", ["data"], 1),
    "continued": ("podman volume create \\\n  --label a=b \\\n  data\nnext", ["--label", "a=b", "data"], 3),
    "wrapped before an option": ("sudo docker volume create data\n--label a=b", ["data", "--label", "a=b"], 2),
    "in a sentence": ("I ran `docker volume create data` first", ["data"], 1),
    "a step of a list": ("2. docker volume create data", ["data"], 1),
}


@each_row(("text", "words", "end"), CASES.values(), ids=CASES)
def test_a_line_is_found(text: str, words: list[str], end: int) -> None:
    found = line_at(paste_of(text), 0, _CALLED)
    assert found is not None
    assert (found.words, found.end) == (words, end)


def test_a_sentence_is_none() -> None:
    assert line_at(paste_of("you have to docker volume create it"), 0, _CALLED) is None
