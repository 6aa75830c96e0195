"""The command that repairs what ``hairpin check`` was asked about."""

import shlex

from hairpin.cli.options import Given


def fix_command(
    targets: tuple[str, ...],
    origin: str | None,
    size: int | None,
    sources: tuple[Given, ...],
    publics: tuple[str, ...],
    outside: str | None,
) -> str:
    """Return the command, quoted for a shell.  The parameters are those of the command line, as typed."""
    options = (("--from", origin), ("--size", size), ("--outside", outside))
    words = (
        *targets,
        *(word for name, value in options if value is not None for word in (name, str(value))),
        *(word for each in publics for word in ("--public", each)),
        *(word for each in sources for word in (f"--{each.kind}", each.text)),
    )
    return shlex.join(("hairpin", "fix", *words, "--apply"))
