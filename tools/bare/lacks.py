"""What a failed run says that it did not find."""

import re
from collections import Counter
from collections.abc import Iterable

_SAID = tuple(
    map(
        re.compile,
        (
            r"(?:^|[\s:])([\w./+-]+): (?:command )?not found\b",
            r"No such file or directory: b?['\"]([^'\"]+)['\"]",
            r"failed to (?:run command|execute) [‘'`\"]?([\w./+-]+)[’'`\"]?: No such file",
            r"(?:exec|env|nsenter|unshare|setpriv): [‘'`\"]?([\w./+-]+)[’'`\"]?: (?:\w+ file )?(?:not found|No such)",
            r"error while loading shared libraries: ([\w.+-]+):",
            r"No module named ['\"]([\w.]+)['\"]",
            r"\b([\w.+-]+) (?:is|are) not installed\b",
            r"E: Unable to locate package ([\w.+-]+)",
        ),
    )
)
_MOST = 12


def lacks(text: str) -> tuple[str, ...]:
    """Return the programs, files and modules that the lines of pytest's errors, tools and shells say are missing, the
    most frequent first."""
    counted = Counter(name for line in _telling(text.splitlines()) for each in _SAID for name in each.findall(line))
    return tuple(f"{name} ({count} lines)" for name, count in counted.most_common(_MOST))


def _telling(lines: Iterable[str]) -> Iterable[str]:
    """Leave out lines of source that pytest quotes, which begin with blanks, and what apt does without."""
    return (line for line in lines if not line.startswith(("    ", ">  ", "debconf: ")))
