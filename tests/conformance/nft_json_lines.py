"""The JSON that nftables' tests expect: ``X.t.json`` holds ``# RULE`` and then the rule's statements.

It is in the form that nft prints. It is used for rules that the running kernel refuses.
"""

import json
from pathlib import Path
from typing import Any


def expected(test: Path) -> dict[str, list[Any]]:
    """Return the statements by the rule's words."""
    path = test.with_name(f"{test.name}.json")
    if not path.exists():
        return {}
    found: dict[str, list[Any]] = {}
    words, lines = "", list[str]()
    for line in (*path.read_text("utf-8").splitlines(), "#"):
        if line.startswith("#") and (line.startswith("# ") or not line[1:].strip()):
            if words and lines:
                found[words] = json.loads("\n".join(lines))
            words, lines = line[2:].strip(), []
        elif line.strip():
            lines.append(line)
    return found
