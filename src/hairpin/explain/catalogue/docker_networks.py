"""Texts of `docker` about networks, and about an unreachable dockerd."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DOCKER_NETWORKS = (
    TextMeaning(
        id="docker-bridge-full", program="dockerd",
        patterns=(
            "adding interface {link} to bridge {link} failed: exchange full", "failed to add interface * exchange full",
        ),
        meaning=message(
            "The bridge has 1023 ports, which is the most that Linux allows, so no further container can join its "
            "network. Spread the containers over several networks."
        ),
        causes=("bridge-port-limit",),
    ),
    TextMeaning(
        id="docker-endpoint-exists", program="dockerd",
        patterns=("endpoint with name {container} already exists in network {word}",),
        meaning=message(
            "dockerd still has the endpoint of a container that did not end cleanly, and refuses a second endpoint of "
            "that name. This stops no packet."
        ),
    ),
    TextMeaning(
        id="docker-pool-overlaps", program="dockerd",
        patterns=(
            "Pool overlaps with other one on this address space",
            "cannot create network * (br-*): conflicts with network * (br-*): networks have overlapping IPv4",
        ),
        meaning=message(
            "The subnet that was asked for overlaps the subnet of another network of this engine. Choose another one "
            "for the new network."
        ),
        causes=("address-pool-exhausted", "bridge-subnet-overlaps-route"),
    ),
    TextMeaning(
        id="docker-bridge-name-taken", program="dockerd",
        patterns=(
            "conflicts with network {word} ({link}): networks have same bridge name",
            "networks have same bridge name",
        ),
        meaning=message(
            "Another network of this engine has a bridge of that name, so the new network was not made. It needs "
            "another name (com.docker.network.bridge.name), or the other network has to go first."
        ),
    ),
    TextMeaning(
        id="docker-address-taken", program="dockerd",
        patterns=("daemon: Address already in use$", "Cannot start service {word}: Address already in use$"),
        meaning=message(
            "The address that the container asks for (--ip, ipv4_address) is another endpoint's of its network. While "
            "the container was stopped, Docker may have given the address to a container that asks for none."
        ),
        causes=("container-not-running",),
    ),
    TextMeaning(
        id="docker-no-address-left", program="dockerd",
        patterns=(
            "no available IPv4 addresses on this network's address pools",
            "no available IPv6 addresses on this network's address pools", "Address already in use: failed to allocate",
            "no unallocated IP addresses in",
        ),
        meaning=message(
            "Every address of this network's subnet is given to a container. A network with a larger subnet has more."
        ),
        causes=("address-pool-exhausted",),
    ),
    TextMeaning(
        id="docker-host-network-ports", program="docker",
        patterns=(
            "Published ports are discarded when using host network mode",
            "published ports are discarded when using host network",
        ),
        meaning=message(
            "A container with `--network host` has no ports of its own to publish: its service listens on the host's "
            "addresses directly. Use the port that the service listens on."
        ),
        causes=("host-network-ignores-ports",), shown_by=("host-network-ignores-ports",),
    ),
    TextMeaning(
        id="docker-container-network-ports", program="docker",
        patterns=(
            "conflicting options: port publishing and the container type network mode",
            "conflicting options: port exposing and the container type network mode",
        ),
        meaning=message(
            "A container that shares the network of another one (`--network container:NAME`) publishes nothing itself. "
            "Publish the port on the container whose network it is."
        ),
        causes=("container-shares-network-of-stopped-container", "shared-namespace-left"),
    ),
    TextMeaning(
        id="docker-unsupported-gateway-mode", program="dockerd",
        patterns=("unsupported value nat-unprotected", "unknown gateway mode nat-unprotected"),
        meaning=message(
            "The network option `gateway_mode_ipv4=nat-unprotected` needs Docker 28. Update the engine, or leave the "
            "option out."
        ),
    ),
    TextMeaning(
        id="docker-daemon-unreachable", program="docker",
        patterns=(
            "Cannot connect to the Docker daemon at *. Is the docker daemon running",
            "Cannot connect to the Docker daemon. Is the docker daemon running on this host",
            "Couldn't connect to Docker daemon", "dial unix {path}docker.sock: connect: {refused}",
            "dial unix {path}docker.sock: connect: {no_file}", "failed to connect to the docker API at",
            "error during connect: this error may indicate that the docker daemon is not running",
            "docker.errors.DockerException: Error while fetching server API version",
        ),
        meaning=message(
            "No dockerd answered on its socket: it did not run, or `docker` asked at another address (DOCKER_HOST, a "
            "context). `systemctl status docker` and its journal say why it ended."
        ),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config"), shown_by=("docker-daemon-not-running",),
    ),
    TextMeaning(
        id="docker-socket-denied", program="docker",
        patterns=(
            "permission denied while trying to connect to the Docker daemon socket",
            "Got permission denied while trying to connect to the Docker daemon socket",
            "permission denied while trying to connect to the docker API",
        ),
        meaning=message(
            "This user may not talk to dockerd: run the command as root, or as a member of the group docker. The "
            "message says nothing about the network."
        ),
    ),
)  # fmt: skip
