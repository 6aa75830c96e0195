"""Texts of Docker's swarm: joining it, its networks, the ports of its services."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

SWARM = (
    TextMeaning(
        id="swarm-not-manager", program="dockerd",
        patterns=('This node is not a swarm manager. Use "docker swarm init" or "docker swarm join"',),
        meaning=message(
            "The command or the driver overlay needs a swarm, and this dockerd is not a manager of a swarm. `docker "
            "info` says whether it is in a swarm (Swarm: active) and whether it is a manager."
        ),
    ),
    TextMeaning(
        id="swarm-advertise", program="dockerd",
        patterns=("could not choose an IP address to advertise since this system has multiple addresses",),
        meaning=message(
            "This host has several addresses, and dockerd does not guess which one the other members can reach. Name "
            "the address or the link with `--advertise-addr`. Every other member has to reach this address."
        ),
    ),
    TextMeaning(
        id="swarm-join-timeout", program="dockerd", other_causes=True,
        patterns=("Timeout was reached before node joined",),
        meaning=message(
            "The manager did not answer on TCP 2377 in time. A firewall on or before the manager drops the packets, or "
            "the manager advertises an address that this host does not reach; `docker node ls` on the manager and `nc "
            "-zv ADDRESS 2377` here tell which. Members also need TCP and UDP 7946 and UDP 4789."
        ),
        causes=("vxlan-port-blocked",),
    ),
    TextMeaning(
        id="swarm-attach-timeout", program="dockerd", passing=True,
        patterns=("attaching to network failed, make sure your network options are correct and check manager logs",),
        meaning=message(
            "No manager of the swarm gave this container an address of the overlay network within 20 seconds. The "
            "members do not reach each other (TCP 2377, TCP and UDP 7946), this node is drained, or the subnet is "
            "full. `docker node ls` and the manager's journal tell which."
        ),
        causes=("vxlan-port-blocked", "overlay-peer-missing", "address-pool-exhausted"),
    ),
    TextMeaning(
        id="swarm-not-attachable", program="dockerd", other_causes=True,
        patterns=("Could not attach to network {word}:*not manually attachable", "{word} not manually attachable"),
        meaning=message(
            "An overlay network takes only services unless it was made with `--attachable`, and the network ingress "
            "takes no container at all. `docker network inspect NETWORK` shows Attachable. Recreate the network with "
            "this option, or run the container as a service."
        ),
        causes=("no-common-network-for-name",),
    ),
    TextMeaning(
        id="swarm-ingress-port-taken", program="dockerd", other_causes=True,
        patterns=("port '{port}' is already in use by service '{word}' ({word}) as an ingress port",),
        meaning=message(
            "A port of the swarm's ingress can be given only once in the whole swarm, on whichever node the service "
            "runs. `docker service ls` shows which service has the port. Publish another port, or put a proxy before "
            "both services."
        ),
        causes=("port-allocated-by-other-container",),
    ),
    TextMeaning(
        id="swarm-host-port-taken", program="dockerd", other_causes=True,
        patterns=(
            "host-mode port already in use on {number} node", "host-mode port already in use on {number} nodes",
        ),
        meaning=message(
            "The service publishes its port in host mode, and the port is in use on each node that may run the "
            "service, often by an old task of the same service during an update. `docker service ps SERVICE` shows the "
            "tasks. With the update order stop-first, the old task ends before the new task starts."
        ),
        causes=("swarm-port-mode-host", "swarm-service-not-running"),
    ),
    TextMeaning(
        id="swarm-no-address-left", program="dockerd", other_causes=True,
        patterns=(
            "could not find an available IP while allocating VIP",
            "failed to allocate network IP for task *: could not",
            "could not find an available IP$",
        ),
        meaning=message(
            "The subnet of the overlay network has no free address for the service or its task. A service takes one "
            "address for itself and one for each task. A /24 holds about 250 addresses; a network with a larger subnet "
            "has more."
        ),
        causes=("address-pool-exhausted", "swarm-service-not-running"),
    ),
)  # fmt: skip
