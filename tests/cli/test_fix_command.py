"""The command that repairs is the one that asked, quoted for a shell."""

import shlex

from click.testing import CliRunner

from hairpin.cli.fix import fix
from hairpin.cli.fix_command import fix_command
from hairpin.cli.options import Given


def test_a_port_of_this_host() -> None:
    assert fix_command(("8151",), None, None, (), (), None) == "hairpin fix 8151 --apply"


def test_fix_knows_each_option_that_is_written() -> None:
    sources = (Given("host", "ann@web1"), Given("host", "node two"))
    made = fix_command(("web:80",), "host", 1400, sources, ("203.0.113.7",), "world.toml")
    words = shlex.split(made)
    assert words[:3] == ["hairpin", "fix", "web:80"]
    assert "'node two'" in made
    told = CliRunner().invoke(fix, ["--help"]).output
    assert [word for word in words if word.startswith("--") and word not in told] == []
