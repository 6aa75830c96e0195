"""Turns the output of ``nft list ruleset`` into commands, one a line, so that any of them can be left out."""

import re
from collections.abc import Iterator

_ENDS = re.compile(
    r"(?= (?:accept|drop|return|masquerade|reject|(?:jump|goto) [\w.-]+|reject with [\w -]+)(?: comment|$))"
)


def commands(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (family and name, commands that make the table with its chains and sets, commands that add rules)."""
    for table in _parts(text):
        name, inside = _opened(table)
        name = name.removeprefix("table ")
        head, late, rules = [f"add table {name}"], list[str](), list[str]()
        for part in _parts(inside):
            words, content = _opened(part)
            kind, _, item = words.rpartition(" ")
            lines = list(_parts(content))
            if kind != "chain":
                # Maps come after the chains that they name, and objects before the rules that name them.
                late.append(f"add {kind} {name} {item} {{ {'; '.join(' '.join(line.split()) for line in lines)}; }}")
                continue
            made = f"add chain {name} {item}"
            if lines and lines[0].startswith("type "):
                hooked = lines.pop(0)
                policy = lines.pop(0) if lines and lines[0].startswith("policy ") else "policy accept"
                made += f" {{ {hooked}; {policy}; }}"
            head.append(made)
            rules += (f"add rule {name} {item} {_with_counter(line)}" for line in lines)
        yield name, [*head, *late], rules


def _with_counter(rule: str) -> str:
    """Return the rule with a counter before its last statement."""
    return rule if "counter" in rule else _ENDS.sub(" counter", rule, count=1)


def _opened(part: str) -> tuple[str, str]:
    """Return the text before the outermost braces, and the text in them."""
    head, _, rest = part.partition("{")
    return head.strip(), rest.rpartition("}")[0]


def _parts(text: str) -> Iterator[str]:
    """Yield the statements and blocks of one level."""
    depth, part = 0, ""
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0 and letter in ";\n":
            if part.strip():
                yield part.strip()
            part = ""
        else:
            part += letter
    if part.strip():
        yield part.strip()
