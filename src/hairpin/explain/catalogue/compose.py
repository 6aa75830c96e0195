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
            "The network name that compose tries to use is already taken: another project, another version of compose "
            "or a person made that network (its labels differ). If that network is meant, write `external: true` in "
            "the compose file; otherwise remove the network, or rename the project. `docker network inspect NETWORK` "
            "shows the labels."
        ),
    ),
    TextMeaning(
        id="compose-network-undefined", program="compose", other_causes=True,
        patterns=(
            'service "{word}" refers to undefined network {word}',
            'Service "{word}" uses an undefined network "{word}"',
        ),
        meaning=message(
            "A service in the compose file names a network that the section `networks` at the end of the file does not "
            "list, so compose started nothing. List a network of another project there with `external: true`. Compose "
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
            "The network exists with other options or another subnet than the compose file says, and compose does not "
            "change a network that exists. Take the project down and bring it up again. Before that, disconnect each "
            "container of another project from the network; `docker network inspect NETWORK` shows the options."
        ),
    ),
    TextMeaning(
        id="compose-host-in-use", program="compose", about="port", printed_by="client", general=True, other_causes=True,
        patterns=("Host is already in use by another container",),
        meaning=message(
            "dockerd could not publish a port of the container: another container or another process of the host has "
            "the port. docker-compose 1 prints this line instead of dockerd's own words. `docker ps -a` and "
            "`ss -lntup` show who has the port."
        ),
        causes=("published-port-held-by-other-process", "port-allocated-by-other-container"),
    ),
)  # fmt: skip
