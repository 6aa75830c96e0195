"""The completion files for bash, zsh and fish: each asks the hairpin that is installed, which knows its own options."""

from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from hairpin.cli.main import cli

_SHELLS: dict[str, type[ShellComplete]] = {
    "hairpin.bash": BashComplete,
    "_hairpin": ZshComplete,
    "hairpin.fish": FishComplete,
}


def completions() -> dict[str, str]:
    """Return the text of each file by its name: that by which the shell finds it."""
    made = {name: shell(cli, {}, "hairpin", "_HAIRPIN_COMPLETE") for name, shell in _SHELLS.items()}
    return {name: (each.source_template % each.source_vars()).strip() + "\n" for name, each in made.items()}
