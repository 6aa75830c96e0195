"""What is asked, as a value: the words that ask it again, and the options from which it is made."""

import shlex

import pytest
from click.testing import CliRunner

from hairpin.cli.face.asked import Acting, Asked, Given, Shown
from hairpin.cli.fix import fix


def test_the_command_that_repairs_asks_the_same() -> None:
    assert Asked(("8151",)).repairing() == "hairpin fix 8151 --apply"


@pytest.mark.parametrize(
    "asked", (Asked(("8151",), after="reboot"), Asked(sources=(Given("snapshot", "web1.hairpin"),))), ids=str
)
def test_nothing_repairs_a_host_that_is_not_there_now(asked: Asked) -> None:
    assert asked.repairing() == ""


def test_fix_knows_each_option_that_is_written() -> None:
    sources = (Given("host", "ann@web1"), Given("host", "node two"))
    made = Asked(("web:80",), "host", 1400, sources, ("203.0.113.7",), "world.toml").repairing()
    words = shlex.split(made)
    assert words[:3] == ["hairpin", "fix", "web:80"]
    assert "'node two'" in made
    told = CliRunner().invoke(fix, ["--help"]).output
    assert [word for word in words if word.startswith("--") and word not in told] == []


def test_a_command_line_gives_the_words_from_which_it_was_made() -> None:
    typed = ["web:80", "--from", "lan", "--size", "1400", "--public", "203.0.113.7", "--host", "a", "--snapshot", "b"]
    acting = ["--apply", "--persist", "--yes", "--try", "60"]
    made = fix.make_context("fix", [*acting, *typed]).params
    assert made["asked"].words() == tuple(typed)
    assert made["acting"].words() == tuple(acting)
    assert made["shown"] == Shown()
    assert made["acting"] == Acting(applying=True, persist=True, yes=True, try_s=60)
