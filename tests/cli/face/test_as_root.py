"""The typed command with sudo, in a form that sudo finds."""

import pytest

from hairpin.cli.face.as_root import command_as_root
from hairpin.cli.face.asked import Asked, Given

TYPED: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "of a package": (("/usr/bin/hairpin", "check", "8151"), {}, "sudo hairpin check 8151"),
    "of pipx": (("/opt/ann/.local/bin/hairpin", "8151"), {}, "sudo /opt/ann/.local/bin/hairpin 8151"),
    "in /usr/local, which some distributions leave out": (
        ("/usr/local/bin/hairpin", "8151"), {}, "sudo /usr/local/bin/hairpin 8151",
    ),
    "the one file": (("/srv/hairpin.pyz", "8151"), {}, "sudo python3.11 /srv/hairpin.pyz 8151"),
    "a module": (
        ("/src/hairpin/__main__.py", "8151"), {"PYTHONPATH": "/src"},
        "sudo env PYTHONPATH=/src python3.11 -m hairpin 8151",
    ),
    "an engine is named": (
        ("/usr/bin/hairpin", "web:80"), {"DOCKER_HOST": "unix:///x.sock"},
        "sudo env DOCKER_HOST=unix:///x.sock hairpin web:80",
    ),
    "words with spaces, and options with a sign": (
        ("/usr/bin/hairpin", "8151", "--outside", "my file", "--size=9"), {},
        "sudo hairpin 8151 --outside 'my file' --size=9",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("argv", "variables", "wanted"), TYPED.values(), ids=TYPED)
def test_command(argv: tuple[str, ...], variables: dict[str, str], wanted: str) -> None:
    assert command_as_root(argv, variables, "/usr/bin/python3.11") == wanted


def test_a_snapshot_has_to_be_taken_again_and_another_host_is_not_known() -> None:
    assert Asked(sources=(Given("snapshot", "web1.hairpin"),)).as_root() == "sudo hairpin snapshot"
    assert Asked(sources=(Given("host", "web1"),)).as_root() == ""
    assert Asked().as_root().startswith("sudo ")
