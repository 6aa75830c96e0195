"""The message of an error, its English, its place."""

import ast
import pickle
from pathlib import Path

import pytest

from hairpin.errors import HairpinError, ParseError, UsageError
from hairpin.message import message

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hairpin"
TOLD = ("UsageError", "CollectError", "EvidenceError", "ParseError", "LabError", "ReplicaError")
"""Errors that end a command and are told to its user."""
PLACES: dict[str, tuple[ParseError, str]] = {
    "with a line": (ParseError("bad rule", source="rules.v4", line=3, text="-A"), "rules.v4:3: bad rule\n    -A"),
    "without one": (ParseError("bad", source="nft"), "nft: bad"),
    "a message": (ParseError(message("not {what}", what="XML"), source="a.xml", line=2), "a.xml:2: not XML"),
    "braces are only text": (ParseError("{a}", source="{b}", line=1, text="{c}"), "{b}:1: {a}\n    {c}"),
}


@pytest.mark.parametrize(("error", "message"), PLACES.values(), ids=PLACES)
def test_a_parse_error_says_where(error: ParseError, message: str) -> None:
    assert str(error) == message
    assert isinstance(error, HairpinError)


def test_an_error_carries_its_message() -> None:
    said = message("port {port}: nobody", port=80)
    assert UsageError(said).said == said
    assert str(UsageError(said)) == "port 80: nobody"


def test_words_from_elsewhere_stay_as_they_are() -> None:
    assert str(UsageError("tar: {x} %s")) == "tar: {x} %s"
    assert str(UsageError("tar: {x} %s").said) == "tar: {x} %s"


def test_an_error_comes_whole_out_of_another_process() -> None:
    error = UsageError(message("port {port}: nobody", port=80))
    again: UsageError = pickle.loads(pickle.dumps(error))  # noqa: S301 - of its own making
    assert (str(again), again.said) == (str(error), error.said)


def test_what_a_user_is_told_is_a_message() -> None:
    """A sentence of hairpin's own is a ``message(…)``, and so gets a translation (tools/messages.py)."""
    assert [
        f"{path.relative_to(SOURCE).as_posix()}:{node.lineno}"
        for path in sorted(SOURCE.rglob("*.py"))
        if any(f"{each}(" in path.read_text("utf-8") for each in TOLD)  # parsing all files takes ten seconds
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD
        if node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)
    ] == []
