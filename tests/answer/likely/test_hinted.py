"""The command that decides a cause, and its output, stand on the cause once."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import hairpin.suppose
from hairpin.answer.likely.hinted import shown_by, with_shown_by
from hairpin.causes.registry import all_causes, cause_of
from hairpin.change.change import Change
from hairpin.message import Message, message
from hairpin.suppose.alternatives import Alternative
from hairpin.words.hints import hints
from tests.answer.likely.test_likely import answer
from tests.suppose.test_ordinary import RUN

_TYPES = ("Hinted", "Alternative")
_SHOWN_BY = {each.id: each.shown_by for each in all_causes() if each.shown_by is not None}


def _rows() -> Iterator[tuple[str, str, set[str]]]:
    """Yield the cause of each row of the package ``suppose``, with the row's place, and with the commands and outputs
    that it may have of its own."""
    for found in pkgutil.walk_packages(hairpin.suppose.__path__, "hairpin.suppose."):
        module = importlib.import_module(found.name)
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _TYPES):
                continue
            named = {each.arg or "": each.value for each in call.keywords}
            cause = _value(call.args[0] if call.args else named.get("cause"), module)
            own = [named[each] for each in ("command", "shows") if each in named]
            around = [each for each in functions if each.lineno <= call.lineno <= (each.end_lineno or 0)]
            said = {_value(value, module) for one in own for value in (one, *_assigned(one, around))}
            yield cause, f"{found.name}:{call.lineno}", said - {""}


def _assigned(node: ast.expr, functions: list[ast.FunctionDef]) -> Iterator[ast.expr]:
    """Yield the values that the functions assign to a name."""
    for each in (each for function in functions for each in ast.walk(function)):
        if isinstance(each, ast.Assign) and isinstance(node, ast.Name):
            yield from (each.value for one in each.targets if isinstance(one, ast.Name) and one.id == node.id)


def _value(node: ast.expr | None, module: ModuleType) -> str:
    """Return the text that the expression gives, or a message's template; empty if it is known only when it runs."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
        return _value(node.args[0], module)
    found = node.value if isinstance(node, ast.Constant) else None
    found = vars(module).get(node.id) if isinstance(node, ast.Name) else found
    return found.template if isinstance(found, Message) else found if isinstance(found, str) else ""


def test_no_row_repeats_the_command_or_the_output_of_its_cause() -> None:
    rows = tuple(_rows())
    assert {"loopback-is-the-container", "container-not-running"} <= {cause for cause, _, _ in rows}
    own = {cause: {command, shows.template} for cause, (command, shows) in _SHOWN_BY.items()}
    assert [place for cause, place, said in rows if said & own.get(cause, set())] == []
    assert [each for each in hints() if {each.command, each.shows.template} & own.get(each.cause, set())] == []


def test_each_row_has_a_command_and_an_output_of_its_own_or_of_its_cause() -> None:
    for cause, place, said in _rows():
        assert cause in _SHOWN_BY or len(said) or not cause, place
    assert [each for each in hints() if each.cause not in _SHOWN_BY and not each.command] == []


def test_a_command_that_decides_a_cause_only_reads() -> None:
    changing = re.compile(r" (?:-[ADFIPX]|add|del|set|restart|stop|start|rm|up|down|-w)\b")
    assert [cause for cause, (command, _) in _SHOWN_BY.items() if changing.search(command)] == []


def test_an_answer_fills_the_places_of_its_causes() -> None:
    asked = answer(RUN, targets=("8080",))
    for cause in _SHOWN_BY:
        found = shown_by(asked, cause)
        assert found is not None
        assert not re.search(r"\{(?:port|protocol|container|name)\}", f"{found[0]} {found[1]}")
    assert shown_by(asked, "address-diverts-traffic") is None


def test_what_a_row_says_itself_stands_before_its_cause() -> None:
    asked = answer(RUN, targets=("8080",))
    command, shows = cause_of("ip-forward-off").shown_by or ("", message(""))
    said = message("another output")
    found = with_shown_by(
        (
            Alternative("ip-forward-off", 1, Change(())),
            Alternative("ip-forward-off", 1, Change(()), "ss"),
            Alternative("ip-forward-off", 1, Change(()), shows=said),
            Alternative("service-not-listening", 1, Change(()), fill={"{port}": "9", "{container}": "db"}),
        ),
        asked,
    )
    own, other_command, other_output, filled = found
    assert (own.command, own.shows) == (command, shows)
    assert (other_command.command, other_command.shows) == ("ss", shows)
    assert (other_output.command, other_output.shows) == (command, said)
    assert "db" in filled.command
    assert str(filled.shows) == "no line has port 9"
