"""Texts of `docker` about networks, and about an unreachable dockerd."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DOCKER_NETWORKS = (
    TextMeaning(
        id="docker-network-recreated", program="dockerd",
        patterns=(
            "Error response from daemon: network {id} not found", "Cannot start service {word}: network {id} not found",
            "failed to set up container networking: network {id} not found", "^network {id} not found",
            ": network {id} not found", ", network {id} not found",
            "network * (id {id}) not found", "could not find network with ID {id}",
        ),
        meaning=message(
            "The container was made for a network that was removed later: it knows its network by the id, and a new "
            "network of the same name has another id. The container has to be recreated; compose has the option "
            "--force-recreate for this."
        ),
        command="docker network ls --no-trunc; docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' "
        "$(docker ps -aq)",
        shows=message("a container has the NetworkID of a network that is not listed"),
    ),
    TextMeaning(
        id="docker-bridge-full", program="dockerd",
        patterns=(
            "adding interface {link} to bridge {link} failed: exchange full", "failed to add interface * exchange full",
        ),
        meaning=message(
            "The bridge has 1023 ports, which is the maximum in Linux, so no further container can join its network. "
            "Spread the containers over several networks."
        ),
        causes=("bridge-port-limit",),
    ),
    TextMeaning(
        id="docker-endpoint-exists", program="dockerd",
        patterns=("endpoint with name {container} already exists in network {word}",),
        meaning=message(
            "dockerd still has the endpoint of a container that did not end cleanly, and refuses a second endpoint of "
            "that name. This does not stop packets."
        ),
    ),
    TextMeaning(
        id="docker-pool-overlaps", program="dockerd",
        patterns=(
            "Pool overlaps with other one on this address space",
            "cannot create network * (br-*): conflicts with network * (br-*): networks have overlapping IPv4",
        ),
        meaning=message(
            "The requested subnet overlaps the subnet of another network of this engine. Choose another subnet for the "
            "new network."
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
            "Another network of this engine has a bridge of that name, so the new network was not made. Give the new "
            "bridge another name (com.docker.network.bridge.name), or remove the other network first."
        ),
    ),
    TextMeaning(
        id="docker-address-taken", program="dockerd",
        patterns=(
            "daemon: Address already in use$", "Cannot start service {word}: Address already in use$",
            "failed to set up container networking: Address already in use$",
            "Cannot start container {container}: Address already in use$",
            "Cannot restart container {container}: Address already in use$",
        ),
        meaning=message(
            "Another endpoint of the network has the address that the container asks for (--ip, ipv4_address). While "
            "the container was stopped, Docker may have given the address to a container that asks for none."
        ),
        command="docker network inspect $(docker network ls -q)",
        shows=message("another container has the address, or --ip-range covers it"),
    ),
    TextMeaning(
        id="docker-no-address-left", program="dockerd",
        patterns=(
            "no available IPv4 addresses on this network's address pools",
            "no available IPv6 addresses on this network's address pools", "Address already in use: failed to allocate",
            "no unallocated IP addresses in",
        ),
        meaning=message(
            "Containers have all addresses of this network's subnet. A network with a larger subnet has more addresses."
        ),
        causes=("address-pool-exhausted",),
    ),
    TextMeaning(
        id="docker-gateway-taken", program="dockerd", other_causes=True,
        patterns=(
            "failed to allocate gateway ({address}): Address already in use",
            "failed to allocate gateway ({address}): No available addresses",
        ),
        meaning=message(
            "dockerd has already given the gateway address of the new network away: another network of this engine has "
            "the same subnet or the same gateway. `docker network inspect` shows the subnet and gateway of each "
            "network. One of the two networks needs another subnet."
        ),
        causes=("address-pool-exhausted", "bridge-subnet-overlaps-route"),
    ),
    TextMeaning(
        id="docker-network-in-use", program="dockerd",
        patterns=(
            "network {word} id {word} has active endpoints", "error while removing network: network * has active",
            "network {word} has active endpoints",
        ),
        meaning=message(
            "dockerd keeps a network as long as a container has an endpoint on it; `docker network inspect NETWORK` "
            "names the containers. If it names none, dockerd still has the endpoint of a container that did not end "
            "cleanly, and drops that endpoint at its next start. This does not stop packets."
        ),
    ),
    TextMeaning(
        id="docker-network-exists", program="dockerd",
        patterns=("network with name {word} already exists",),
        meaning=message(
            "The engine already has a network of this name, so it did not make a second one. `docker network inspect "
            "NETWORK` shows whether it has the requested subnet and options. With `external: true`, compose uses the "
            "network as it is."
        ),
    ),
    TextMeaning(
        id="docker-parent-taken", program="dockerd",
        patterns=("network {word} is already using parent interface {link}",),
        meaning=message(
            "Docker allows only one macvlan or ipvlan network for each parent link, and another network already uses "
            "this parent. `docker network ls --filter driver=macvlan` lists these networks. For a further network, "
            "make a VLAN of the link (eth0.10) the parent, or give one network several subnets."
        ),
    ),
    TextMeaning(
        id="docker-parent-missing", program="dockerd", other_causes=True,
        patterns=(
            "-o parent interface was not found on the host: {link}",
            "-o parent interface does was not found on the host: {link}",
            "invalid subinterface vlan name {link}, example formatting is",
        ),
        meaning=message(
            "The parent of the macvlan or ipvlan network is not a link of this host. Docker makes a missing parent "
            "only if it is a VLAN (eth0.10) of a link that exists; `ip -br link` lists the links. On Docker Desktop "
            "these are the links of its virtual machine, so such a network does not reach the LAN."
        ),
        causes=("host-link-missing",),
    ),
    TextMeaning(
        id="docker-host-network-joined", program="dockerd", other_causes=True,
        patterns=(
            "container sharing network namespace with another container or host cannot be connected to any other",
            "container cannot be disconnected from host network or connected to host network",
            "container cannot be connected to host network",
        ),
        meaning=message(
            "A container with `--network host` or `--network container:NAME` has no network namespace of its own, so "
            "it cannot join another network. A running container cannot change to the host's network either. The "
            "network mode is chosen when the container is made."
        ),
        causes=("host-network-has-no-names", "no-common-network-for-name"),
    ),
    TextMeaning(
        id="docker-network-mode-conflict", program="docker",
        patterns=(
            "conflicting options: dns and the network mode", "conflicting options: hostname and the network mode",
            "conflicting options: host type networking can't be used with links",
            "conflicting options: custom host-to-IP mapping and the network mode",
            "conflicting options: mac-address and the network mode",
        ),
        meaning=message(
            "The option belongs to a network namespace, and this container has no namespace of its own: it uses the "
            "network of the host or of another container, or no network. Give the option to the container whose "
            "network is shared, or leave it out."
        ),
    ),
    TextMeaning(
        id="docker-alias-refused", program="dockerd", other_causes=True,
        patterns=(
            "network-scoped alias is supported only for containers in user defined networks",
            "network-scoped aliases are only supported for user-defined networks",
            "links are only supported for user-defined networks",
        ),
        meaning=message(
            "Docker's name server does not serve the networks bridge, host and none, so a container has no alias "
            "there. Names and aliases work on networks that a user made."
        ),
        causes=("default-bridge-has-no-names", "host-network-has-no-names"),
    ),
    TextMeaning(
        id="docker-link-to-other-network", program="dockerd", other_causes=True,
        patterns=(
            "Cannot link to {word}, as it does not belong to the default network",
            "Cannot link to {word}, as it does not belong to the same network",
        ),
        wider=("as it does not belong to the default network",),
        meaning=message(
            "`--link` works only inside one network. Compose puts its containers on a network of the project's own, "
            "and `docker run` without --network uses the network bridge: give `docker run` the project's network "
            "(`docker network ls`), where names work without --link."
        ),
        causes=("no-common-network-for-name", "default-bridge-has-no-names"),
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
            "Publish the port on the container that owns the network."
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
            "No dockerd answered on its socket: it did not run, or `docker` used another address (DOCKER_HOST, a "
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
            "dial unix {path}docker.sock: connect: permission denied",
        ),
        meaning=message(
            "This user may not talk to dockerd: run the command as root, or as a member of the group docker. The "
            "message says nothing about the network."
        ),
    ),
)  # fmt: skip
