"""Reads the words with which docker calls its plugin: ``docker-hairpin [OPTIONS OF DOCKER] hairpin [WORDS]``.

docker passes its own arguments unchanged, so a plugin reads docker's global options itself.

Source: docker/cli cli-plugins/manager/manager.go PluginRunCommand(); docker(1)
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hairpin import __version__

NAME = "hairpin"
METADATA = "docker-cli-plugin-metadata"
"""The single word with which docker asks a plugin for its metadata."""
_WITH_VALUE = ("config", "context", "host", "log-level", "tlscacert", "tlscert", "tlskey")
_SHORT = {"c": "context", "D": "debug", "H": "host", "h": "help", "l": "log-level", "v": "version"}


class DockerCall(NamedTuple):
    """One call by docker.

    ``words``: hairpin's own arguments.  ``options``: docker's options as they were typed.  ``values``: name and value
    of each of these options; the value of a switch is ``true`` or ``false``."""

    words: tuple[str, ...]
    options: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of docker's option ``--name``, in their order."""
        return tuple(value for each, value in self.values if each == name)

    def last(self, name: str) -> str:
        """Return the last value of docker's option ``--name``; empty if it was not given."""
        return next(reversed(self.all(name)), "")


def metadata() -> dict[str, str]:
    """Return the metadata that docker reads from a plugin before docker calls the plugin.

    Source: docker/cli cli-plugins/manager/plugin.go newPlugin(): SchemaVersion and Vendor are mandatory."""
    return {
        "SchemaVersion": "0.1.0",
        "Vendor": "hairpin",
        "Version": __version__,
        "ShortDescription": "Find why a published port does not answer, and repair it",
    }


def parse_call(arguments: Sequence[str]) -> DockerCall:
    """Return the call.  If the plugin's name is not among the words, the plugin was started by hand, and all words are
    hairpin's."""
    values: list[tuple[str, str]] = []
    asks_help = False
    words = iter(enumerate(arguments))
    for at, word in words:
        if word == NAME:
            own = tuple(arguments[at + 1 :])
            asks_help = asks_help or ("help", "true") in values
            return DockerCall((*own, "--help") if asks_help else own, tuple(arguments[:at]), tuple(values))
        if word == "help":  # `docker help hairpin check`
            asks_help = True
        elif word.startswith("-") and word not in ("-", "--"):
            values += _values(word, words)
        else:
            break
    return DockerCall(tuple(arguments))


def _values(word: str, following: Iterator[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Yield the options in one word, as pflag reads them: ``--host=X``, ``--host X``, ``-H X``, ``-HX``, ``-DH X``."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = next(following, (0, ""))[1] if name in _WITH_VALUE else "true"
        yield name, value
        return
    for at, letter in enumerate(word[1:], 2):
        name = _SHORT.get(letter, "")
        if name in _WITH_VALUE:
            rest = word[at:]
            yield name, rest.removeprefix("=") if rest else next(following, (0, ""))[1]
            return
        yield name, "true"
