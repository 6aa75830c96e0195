"""No decision hangs on a rule's words: above the readers of ``netfilter/``, code asks the rule's body.

The words of a rule are for people.  They differ between dialects and releases, and a reworded one must change nothing.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import hairpin
from tests.rows import each_row

SOURCE = Path(hairpin.__file__).parent
SAYING = frozenset({"netfilter", "change", "report"})
"""The folders that read, write and show words."""
WORDED = frozenset({"rule", "place", "policy", "meant"})
"""The names of what is a rule or its place."""
ARGUED = {
    "causes/rules/rule_decides_flow.py": "what a proxy lacks is said, and no verdict hangs on it",
    "judges/agreement.py": "a rule of nft with a map inside is counted before the map decides",
    "diagnose/singled_out.py": "the same words in the same chain are the same rule",
    "causes/to_come/_coming.py": "the same words in the same chain are the same rule",
    "compare/corresponding.py": "names are replaced in the words that are shown; the body decides",
    "remedy/decided_rules.py": "that a comment is there decides, and nothing that it says",
    "story/blame.py": "the same words in the same chain are the same rule",
    "answer/stop_repairs.py": "the same words in the same chain are the same rule",
    "replica/plan/plan.py": "a link that any word of a rule names is kept: one too many does no harm",
}


def decisions(tree: ast.AST) -> Iterator[int]:
    """Yield the lines in which a rule's words are searched or compared."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=right):
                asked = [left, *right]
            case ast.Call(func=ast.Attribute(attr="search" | "match" | "findall" | "fullmatch"), args=arguments):
                asked = arguments
            case ast.Call(func=ast.Attribute(value=value, attr="startswith" | "endswith" | "split" | "find" | "count")):
                asked = [value]
            case _:
                continue
        if any(_is_words(each) for each in asked):
            yield node.lineno


def _is_words(node: ast.AST) -> bool:
    match node:
        case ast.Tuple(elts=parts):
            return any(map(_is_words, parts))
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="text"):
            return name in WORDED
        case _:
            return False


def test_no_code_above_the_readers_decides_by_a_rules_words() -> None:
    found: dict[str, list[int]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name.partition("/")[0] not in SAYING and (lines := [*decisions(ast.parse(path.read_text()))]):
            found[name] = lines
    assert found.keys() - ARGUED.keys() == set(), found
    assert ARGUED.keys() <= found.keys(), "an exception that is no longer needed"


DECIDING = {
    "a word in them": "'-d' in rule.text",
    "compared": "place.text == other",
    "compared within a tuple": "(place.text, 1) == other",
    "of an attribute": "self.rule.text in known",
    "searched": "re.search(pattern, place.text)",
    "split": "place.text.split()",
}


@each_row("code", DECIDING.values(), ids=DECIDING)
def test_the_check_finds(code: str) -> None:
    assert [*decisions(ast.parse(code))] == [1]


def test_the_check_leaves_what_only_shows() -> None:
    assert not [*decisions(ast.parse("message('{rule}', rule=place.text); file.text.split()"))]
