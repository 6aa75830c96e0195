"""The words of docker, and hairpin's among them."""

import json

import pytest

from hairpin import __version__
from hairpin.cli.docker.call import DockerCall, metadata, parse_call
from tests.cli.commands import call

CALLS: dict[str, tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "no words": ("hairpin", (), ()),
    "words": ("hairpin 8151 --json", ("8151", "--json"), ()),
    "options behind the name are hairpin's": ("hairpin --host root@a 80", ("--host", "root@a", "80"), ()),
    "a container of this name": ("hairpin hairpin", ("hairpin",), ()),
    "a long option": ("--context far hairpin 80", ("80",), (("context", "far"),)),
    "with an equals sign": ("--context=far hairpin", (), (("context", "far"),)),
    "a short option": ("-H unix:///x hairpin", (), (("host", "unix:///x"),)),
    "its value in the word": ("-Hunix:///x hairpin", (), (("host", "unix:///x"),)),
    "its value behind an equals sign": ("-c=far hairpin", (), (("context", "far"),)),
    "letters together": ("-DH unix:///x hairpin", (), (("debug", "true"), ("host", "unix:///x"))),
    "a value that is the name": ("--context hairpin hairpin 80", ("80",), (("context", "hairpin"),)),
    "switches": (
        "--tls --tlsverify=false -l debug hairpin", (),
        (("tls", "true"), ("tlsverify", "false"), ("log-level", "debug")),
    ),
    "an option that docker will have": ("--new hairpin 80", ("80",), (("new", "true"),)),
    "help of the plugin": ("help hairpin", ("--help",), ()),
    "help of a command": ("help hairpin check", ("check", "--help"), ()),
    "help as an option": ("--help hairpin", ("--help",), (("help", "true"),)),
    "by hand": ("8151 --json", ("8151", "--json"), ()),
    "by hand, an option first": ("--json 8151", ("--json", "8151"), ()),
    "by hand, nothing": ("", (), ()),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "words", "values"), CALLS.values(), ids=CALLS)
def test_the_words_of_a_call(typed: str, words: tuple[str, ...], values: tuple[tuple[str, str], ...]) -> None:
    found = parse_call(typed.split())
    assert (found.words, found.values) == (words, values)


def test_the_options_stay_as_they_were_typed() -> None:
    found = parse_call(("-DH", "unix:///x", "--config=/y", "hairpin", "80"))
    assert found.options == ("-DH", "unix:///x", "--config=/y")


def test_the_last_value_counts() -> None:
    found = DockerCall((), (), (("context", "a"), ("host", "x"), ("context", "b")))
    assert (found.last("context"), found.all("host"), found.last("config")) == ("b", ("x",), "")


def test_docker_reads_what_the_plugin_is(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "docker-cli-plugin-metadata")
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out) == metadata()
    assert metadata()["SchemaVersion"] == "0.1.0"
    assert metadata()["Version"] == __version__
    assert 0 < len(metadata()["Vendor"]) <= 11
    assert metadata()["ShortDescription"]
