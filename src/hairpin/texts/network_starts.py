"""Errors that engines print if a container does not start because of the networks that it joins: a network is not there
or not loaded, an address is not possible, the kernel makes no link for it.

Source: moby daemon/container_operations.go, daemon/libnetwork/{osl/interface_linux.go,network.go},
daemon/libnetwork/drivers/{bridge/bridge_linux.go,macvlan/macvlan_setup.go,ipvlan/ipvlan_setup.go}
"""

from hairpin.message import message
from hairpin.texts.meaning import Failure, TextMeaning

NETWORK_STARTS = (
    TextMeaning(
        id="docker-subnets-overlap", program="dockerd", other_causes=True,
        patterns=(
            "cannot program address {address}/{number} in sandbox interface because it conflicts with existing route",
        ),
        meaning=message(
            "The container has two networks whose subnets overlap, so dockerd did not give it the second address. "
            "`docker network inspect NETWORK` shows the subnets. One of the networks needs another subnet, or take the "
            "container off one of them."
        ),
        failure=Failure(
            message("two of the container's networks have overlapping subnets, and {address} is in both"),
            message(
                "recreate {name} with one of the two networks, or recreate one of the networks with another subnet"),
        ),
    ),
    TextMeaning(
        id="docker-address-outside-subnet", program="dockerd", other_causes=True,
        patterns=(
            "no configured subnet contains IP address {address}",
            "no configured subnet or ip-range contain the IP address {address}",
            "no configured subnet or ip range contains IP address {address}",
            "Invalid address {address}: It does not belong to any of this network's subnets",
        ),
        meaning=message(
            "The address that the container asks for (--ip, ipv4_address) is in no subnet of the network, or outside "
            "of its --ip-range. `docker network inspect NETWORK` shows both. A network that was made before a change "
            "of the compose file keeps its old subnet."
        ),
        causes=("container-not-running",),
        failure=Failure(
            message("the container's fixed address {address} is in no subnet of its network"),
            message(
                "recreate {name} with an address of that subnet, or recreate its network with a subnet that contains "
                "the address"),
        ),
    ),
    TextMeaning(
        id="docker-address-not-free", program="dockerd", other_causes=True,
        patterns=(
            "user specified IP address is supported on user defined networks only",
            "user specified IP address is supported only when connecting to networks with user configured subnets",
        ),
        meaning=message(
            "A container may ask for an address (--ip, ipv4_address) only on a network that a user made with a subnet "
            "of its own (--subnet). The networks bridge, host and none do not allow it, and neither does a network "
            "whose subnet dockerd chose."
        ),
        causes=("container-not-running",),
        failure=Failure(
            message("the container asks for a fixed address on a network that was made without --subnet"),
            message("recreate {name} without the address, or on a network that was made with --subnet"),
        ),
    ),
    TextMeaning(
        id="docker-parent-busy", program="dockerd", other_causes=True,
        patterns=("failed to create the {word} port: device or resource busy",),
        meaning=message(
            "The kernel made no macvlan or ipvlan link, because the parent is a port of a bridge or of a bond, or "
            "already carries links of the other kind. `ip -d link show` tells what the parent belongs to. Use the "
            "bridge itself, or a VLAN of the link, as the parent."
        ),
        causes=("container-not-running",),
        failure=Failure(
            message(
                "the kernel makes no macvlan or ipvlan link on the network's parent, because the parent has another "
                "use"),
            message("recreate the network of {name} with another parent: the bridge, or a VLAN of the link"),
        ),
    ),
    TextMeaning(
        id="docker-parent-unsupported", program="dockerd", other_causes=True,
        patterns=("failed to create the {module} port: operation not supported",),
        meaning=message(
            "The kernel could not load macvlan or ipvlan, so the container was not started. Some kernels of boards and "
            "clouds have the module in a separate package (linux-modules-extra). After an upgrade of the kernel, "
            "reboot."
        ),
        causes=("kernel-module-missing",),
        failure=Failure(
            message("the kernel could not load its module {module}"),
            message("load the module (modprobe {module}) or boot a kernel that has it, then {start}"),
        ),
    ),
    TextMeaning(
        id="docker-veth-unsupported", program="dockerd", kept_by="kernel-module-missing", subject="veth",
        patterns=("failed to add the host (*) <=> sandbox (*) pair interfaces: operation not supported",),
        meaning=message(
            "The kernel could make no veth pair, so the container was not started: the module veth was missing. "
            "Usually an upgrade has replaced the package of the running kernel: reboot into the new kernel."
        ),
        causes=("kernel-module-missing",),
        failure="of-host",
    ),
    TextMeaning(
        id="docker-network-missing", program="dockerd",
        patterns=(
            "Error response from daemon: network {word} not found",
            "failed to set up container networking: network {word} not found", "^network {word} not found",
            ": network {word} not found", ", network {word} not found",
        ),
        wider=("Error: No such network: {word}", "network {word} declared as external, but could not be found"),
        meaning=message(
            "The container should join a network that does not exist: nobody has created it yet, or it was removed. "
            "Compose does not create a network that its file calls `external: true`."
        ),
        command="docker network ls",
        shows=message("no line has the network's name, or only a name with the project's name before it"),
        failure="of-host",
    ),
    TextMeaning(
        id="docker-network-not-loaded", program="dockerd",
        patterns=("failed to create endpoint {container} on network {word}: network * does not exist",),
        meaning=message(
            "dockerd lists this network, but did not load it when dockerd last started. The log of that start says "
            "why, such as ZONE_CONFLICT."
        ),
        causes=("container-not-running", "firewalld-zone-conflict"),
        failure="of-host",
    ),
    TextMeaning(
        id="docker-joined-container-stopped", program="dockerd", about="thing",
        patterns=(
            "cannot join network of a non running container: {container}",
            "joining network namespace of container: No such container: {container}",
            "cannot join network namespace of a non running container: {container}",
        ),
        wider=(
            "cannot join network of a non running container",
            "joining network namespace of container: No such container",
            "cannot join network namespace of a non running container",
            "No such container: * joining network namespace of container",
        ),
        meaning=message(
            "This container shares the network of another container, which did not run when this one was started. The "
            "other container has to run first."
        ),
        causes=("shared-namespace-left", "container-shares-network-of-stopped-container", "container-not-running"),
        shown_by=("container-not-running", "shared-namespace-left"),
        failure="of-host",
    ),
)  # fmt: skip
