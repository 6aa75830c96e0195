"""Texts of `docker compose` about networks."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

COMPOSE = (
    TextMeaning(
        id="compose-network-foreign", program="compose",
        patterns=(
            "a network with name {word} exists but was not created by compose",
            "network {word} was found but has incorrect label {word} set to",
            "a network with name {word} exists but was not created for project",
        ),
        meaning=message(
            "A network of the name that compose would give its own is there, and it was made by hand, by another "
            "project or by another version of compose (its labels differ). If that network is meant, the compose file "
            "says `external: true`; else it has to go, or the project needs another name. `docker network inspect "
            "NETWORK` shows the labels."
        ),
    ),
    TextMeaning(
        id="compose-network-undefined", program="compose", other_causes=True,
        patterns=(
            'service "{word}" refers to undefined network {word}',
            'Service "{word}" uses an undefined network "{word}"',
        ),
        meaning=message(
            "A service names a network that is missing in the section `networks` at the end of the compose file, so "
            "compose started nothing. A network of another project belongs there, too, with `external: true`; compose "
            "files that are read together share that section."
        ),
        causes=("no-common-network-for-name",),
    ),
    TextMeaning(
        id="compose-network-changed", program="compose",
        patterns=(
            'Network "{word}" needs to be recreated - options have changed',
            'Network "{word}" needs to be recreated - option * has changed',
            'Network "{word}" needs to be recreated - * has changed',
        ),
        meaning=message(
            "The network is there with other options or another subnet than the compose file says, and compose changes "
            "no network that exists. The project has to be taken down and brought up again, and each container of "
            "another project has to leave the network before. `docker network inspect NETWORK` shows the options."
        ),
    ),
)  # fmt: skip
