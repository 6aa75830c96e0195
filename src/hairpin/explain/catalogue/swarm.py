"""Texts of Docker's swarm: joining it, its networks, the ports of its services."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

SWARM = (
    TextMeaning(
        id="swarm-not-manager", program="dockerd",
        patterns=('This node is not a swarm manager. Use "docker swarm init" or "docker swarm join"',),
        meaning=message(
            "The command or the driver overlay needs a swarm, and this dockerd is no manager of one. `docker info` "
            "says whether it is in a swarm (Swarm: active) and whether it is a manager."
        ),
    ),
    TextMeaning(
        id="swarm-advertise", program="dockerd",
        patterns=("could not choose an IP address to advertise since this system has multiple addresses",),
        meaning=message(
            "This host has several addresses, and dockerd does not guess by which one the other members reach it. "
            "`--advertise-addr` names the address or the link; it has to be one that each other member reaches."
        ),
    ),
    TextMeaning(
        id="swarm-join-timeout", program="dockerd", other_causes=True,
        patterns=("Timeout was reached before node joined",),
        meaning=message(
            "The manager did not answer on TCP 2377 in time: a firewall before it or on it drops the packets, or it "
            "advertises an address that this host does not reach. `docker node ls` on the manager and `nc -zv ADDRESS "
            "2377` here tell which; members also need TCP and UDP 7946 and UDP 4789."
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
            "takes no container at all. `docker network inspect NETWORK` shows Attachable; the network has to be made "
            "anew with it, or the container run as a service."
        ),
        causes=("no-common-network-for-name",),
    ),
    TextMeaning(
        id="swarm-ingress-port-taken", program="dockerd", other_causes=True,
        patterns=("port '{port}' is already in use by service '{word}' ({word}) as an ingress port",),
        meaning=message(
            "A port of the swarm's ingress is given once in the whole swarm, whichever node the service runs on. "
            "`docker service ls` shows which service has it; publish another port, or put a proxy before both."
        ),
        causes=("port-allocated-by-other-container",),
    ),
    TextMeaning(
        id="swarm-host-port-taken", program="dockerd", other_causes=True,
        patterns=(
            "host-mode port already in use on {number} node", "host-mode port already in use on {number} nodes",
        ),
        meaning=message(
            "The service publishes its port in host mode, and each node that may run it has that port in use, often by "
            "the service's own old task during an update. `docker service ps SERVICE` shows it; with the update order "
            "stop-first, the old task goes before the new one comes."
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
            "for itself and one for each task, and a /24 holds about 250; a network with a larger subnet has more."
        ),
        causes=("address-pool-exhausted", "swarm-service-not-running"),
    ),
)  # fmt: skip
