"""A command that a page shows is one that this version's command line takes."""

from tests.rows import each_row
from tools.shown_commands import refused, typed

TAKEN = (
    "    hairpin\n",
    "    hairpin 8151  # one port\n",
    "# hairpin check 8151\n",
    "    journalctl -u docker | hairpin explain   # a log\n",
    "    sudo .venv/bin/hairpin 8151 --json > /var/tmp/hairpin.json\n",
    "    hairpin -o web1.hairpin snapshot\n",
    "    hairpin lab shell docker-user-drops\n",
    "    hairpin walk --help\n",
    "hairpinned packets\n",
    "no such thing as hairpin --wrong\n",
)
REFUSED = {
    "    hairpin 8151 --size 100000\n": "65000",
    "    hairpin chek --wrong 8151\n": "--wrong",
    "    sudo hairpin fix 8151 --aply\n": "--aply",
    "    x | hairpin explain --wrong\n": "--wrong",
    "    hairpin walk 8151 8152 8153\n": "8152",
    "    hairpin lab brake\n": "brake",
    "    hairpin explain 'open\n": "quotation",
}


@each_row("line", TAKEN)
def test_a_command_that_the_command_line_takes(line: str) -> None:
    assert list(refused(line)) == []


@each_row(("line", "why"), REFUSED.items())
def test_a_command_that_the_command_line_refuses(line: str, why: str) -> None:
    ((index, what),) = refused(f"    hairpin 8151\n{line}")
    assert (index, why in what) == (1, True), what


def test_the_commands_of_a_block() -> None:
    block = """
    make demo    # breaks it

    # a comment
    hairpin check a#b 8151
    ls '#x'   # both
    make test    #
"""
    assert typed(block) == ("make demo", "hairpin check a#b 8151", "ls '#x'", "make test")
