"""What dockerd and systemd write when dockerd does not start, and when it cannot make what the kernel lacks."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DOCKERD_START = (
    TextMeaning(
        id="dockerd-zone-conflict", program="dockerd",
        patterns=(
            "ZONE_CONFLICT: '{link}' already bound to a zone", "ZONE_CONFLICT: '{link}' already bound to '{word}'",
            "ZONE_CONFLICT: remove_interface(*, {link})",
        ),
        meaning=message(
            "firewalld had Docker's bridge in another zone than the zone `docker`, so dockerd could not add it and did "
            "not start. `firewall-cmd --get-zone-of-interface=docker0` says which zone has it now."
        ),
        causes=("docker-daemon-not-running", "firewalld-zone-conflict", "firewalld-bridge-in-wrong-zone"),
    ),
    TextMeaning(
        id="dockerd-flag-and-file", program="dockerd",
        patterns=(
            "the following directives are specified both as a flag and in the configuration file: {word}",
            "unable to configure the Docker daemon with file {path}: *",
            "the following directives don't match any configuration option: {word}",
            "unable to configure the Docker daemon with file {path}: invalid character *",
        ),
        meaning=message(
            "dockerd did not start, because daemon.json had an error or named an option that its command line has too. "
            "`dockerd --validate` says whether the file is right now."
        ),
        causes=("daemon-does-not-start-config", "docker-daemon-not-running"),
    ),
    TextMeaning(
        id="dockerd-start-limit", program="systemd", general=True,
        patterns=(
            "docker.service: Start request repeated too quickly", "Failed to start Docker Application Container Engine",
            "Job for docker.service failed because",
        ),
        meaning=message("dockerd did not start or ended. Its own lines just before, `journalctl -u docker`, say why."),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict"),
    ),
    TextMeaning(
        id="dockerd-ended", program="systemd", kind="routine", general=True,
        patterns=("docker.service: Failed with result",),
        meaning=message(
            "dockerd ended with an error, or a signal ended it. systemd starts it again, unless it ends too often."
        ),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict"),
    ),
    TextMeaning(
        id="dockerd-controller-failed", program="dockerd", general=True,
        patterns=(
            "Error initializing network controller", "error initializing network controller", "failed to start daemon:",
        ),
        meaning=message(
            "dockerd did not start, because it could not set up its networks. The end of the message says why."
        ),
        causes=(
            "docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict",
            "kernel-module-missing", "address-pool-exhausted",
        ),
    ),
    TextMeaning(
        id="dockerd-bridge-exists", program="dockerd",
        patterns=("conflicts with network * (*): networks have same bridge name", "networks have same bridge name"),
        meaning=message(
            "A start of dockerd that failed had left a second record of docker0 in dockerd's own file of networks, and "
            "this start ended at it. A dockerd that runs now has got past it."
        ),
        causes=("docker-daemon-not-running",),
    ),
)  # fmt: skip
