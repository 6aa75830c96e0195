"""Environment variables as values."""

from pathlib import Path

import pytest

from hairpin.cli.face.environment import environment

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


@pytest.mark.parametrize(
    ("variables", "expected"),
    (
        ({}, False),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8"}, False),
    ),
)
def test_ascii_locale(variables: dict[str, str], expected: bool) -> None:
    assert environment(variables).ascii_locale is expected
