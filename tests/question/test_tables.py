"""The tables of a file that a person writes: each error names the wrong key and its place."""

import msgspec
import pytest

from hairpin.errors import MalformedError
from hairpin.question.tables import tables_in
from tests.rows import each_row


class Row(msgspec.Struct):
    reach: str
    from_: str = msgspec.field(name="from", default="")


def test_entries_in_their_order() -> None:
    text = '[[must]]\nreach = "a"\n[[must]]\nreach = "b"\nfrom = "c"\n'
    assert tables_in(text, {"must": Row}) == {"must": [{"reach": "a"}, {"reach": "b", "from": "c"}]}


@each_row(
    "text",
    ("[[may]]\n", "[must]\nreach = 'a'\n", "[[must]]\n", "[[must]]\nreach = 1\n", "[[must]]\nreach = 'a'\nfrm = 'b'\n",
     "must = 1 1\n"),
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        tables_in(text, {"must": Row})


def test_the_wrong_key_is_marked() -> None:
    with pytest.raises(MalformedError, match="table must has no key 'frm'; its keys are reach, from") as error:
        tables_in("[[must]]\nreach = 'a'\n  frm = 'b'\n", {"must": Row})
    mark = error.value.mark
    assert mark is not None
    assert (mark.line, mark.column, mark.length) == ("  frm = 'b'", 2, 3)
