"""Environment variables as values."""

from pathlib import Path

import pytest

from hairpin.cli.environment import environment

LOCALES: dict[str, tuple[dict[str, str], str]] = {
    "nothing set": ({}, ""),
    "LANG": ({"LANG": "zh_CN.UTF-8"}, "zh_CN.UTF-8"),
    "LC_ALL goes first": ({"LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN.UTF-8"}, "en_GB.UTF-8"),
    "LC_MESSAGES before LANG": ({"LC_MESSAGES": "zh_TW", "LANG": "de_DE"}, "zh_TW"),
    "an empty one does not count": ({"LC_ALL": "", "LANG": "zh_CN"}, "zh_CN"),
}


@pytest.mark.parametrize(("variables", "expected"), LOCALES.values(), ids=LOCALES)
def test_locale(variables: dict[str, str], expected: str) -> None:
    assert environment(variables).locale == expected


def test_folders() -> None:
    assert environment({"XDG_STATE_HOME": "/state", "HOME": "/people/me"}).folders[0] == Path("/state/hairpin")
    assert environment({"HOME": "/people/me"}).folders[0] == Path("/people/me/.local/state/hairpin")


def test_terminal() -> None:
    assert environment({"TERM": "dumb"}).plain_terminal
    assert not environment({"TERM": "xterm"}).plain_terminal
    assert environment({"NO_COLOR": "1"}).no_colour
    assert not environment({"NO_COLOR": ""}).no_colour
