"""The words, commands and sentences that several hints have in common."""

from hairpin.message import message

RULES = "sudo iptables-save"
SOCKETS = "sudo ss -lntup"
ROUTES = "ip route show table all; ip rule"
ZONES = "sudo firewall-cmd --list-all-zones"
SIZES = "ip -d link show; ping -c 3 -M do -s 1472 1.1.1.1"
TUNNELS = "sudo tcpdump -ni any udp port 4789 or udp port 8472"
JOINED = "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)"
"""Shows the networks that each running container has joined, and its addresses there."""
ENGINE_AT = "docker context ls; docker info --format '{{.OperatingSystem}}'"
CLIENT = r"\b(?:curl|wget|git|npm|yarn|pip|apk|apt(?:-get)?|yum|dnf|composer|docker pull|download(?:s|ing)?|https?)\b"
HANGS = (
    r"(?:\bhang(?:s|ing)?\b|\bhung\b|\bstall(?:s|ed|ing)?\b|\bstuck\b|\bfreez\w+|\bfroze\w*|\bstays? at\b"
    r"|\bnever (?:finish|complet|end|return)\w*)"
)
STALLS = (
    rf"{HANGS}|\b(?:TLS|SSL)\w*|\b(?:intermittent\w*|sporadic\w*|now and then|large|slow|performance|throughput)\b"
    rf"|\bdind\b|docker-in-docker|\bMTU\b(?! ?[:=\d])|卡住|很慢"
)
"""Matches the words of a text about packets that are too large: connections open, and then stall."""
TUNNELED = r"\b(?:vxlan|overlay|flannel|weave|calico|swarm|geneve|cilium)\b"
NESTED = (
    r"\b(?:dind|(?:docker|podman)[- ]in[- ](?:docker|podman|kubernetes)|dockerd-entrypoint|inner dockerd?"
    r"|nested docker\w*"
    r"|actions-runner-controller|dockerd (?:in|inside) (?:a |the )?(?:pod|container)|sysbox|plugins/docker|envbox)\b"
)
"""Matches the name of an engine that runs in a container."""
NAME_SERVERS = (
    "cat /etc/resolv.conf; docker exec {container} cat /etc/resolv.conf; docker exec {container} nslookup example.org "
    "1.1.1.1"
)
NODES = (
    r"\b(?:(?:other|another|different|between|across|two|all|some|both|remote|one|each|every|worker|swarm|the)"
    r" (?:\w+ )?(?:nodes?|workers?|managers?|machines|hosts|agents?|vms|servers)|(?:two|both) agents|"
    r"node(?:s)? to node|cross-?node|cross-?host|multi-?host|nodes)\b"
)
MACHINE = (
    r"\b(?:docker-machine|boot2docker|docker[ -]?toolbox|docker quickstart|minikube|colima|podman[ -]machine|lima"
    r"|multipass|192\.168\.99\.1\d\d|192\.168\.59\.103)\b"
)
"""Matches the name of a program that runs an engine in a virtual machine, or the address that such a machine has."""
DESKTOP = (
    r"\b(?:docker[ -]desktop|docker for (?:mac|windows)|rancher desktop|orbstack|wsl ?2?|mac ?os(?: x)?|os ?x|osx"
    r"|on (?:a|my|the) mac(?:book)?|podman (?:on|for) windows"
    r"|microsoft-standard-wsl2?|desktop-[a-z0-9]{7}|macbook|windows 1[01]|darwin/(?:amd|arm)64)\b"
)
LOCALHOST = r"\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0)\b"
HOST_NETWORK = (
    r"(?:--net(?:work)?[= ]host|network_mode: ?.?host|\bnet: ?.?host|host(?:'s)?[ -]network(?:ing)?|\bhost mode\b"
    r"|\bnetwork(?:ing|[ _-]mode| type)?[\"']? ?[:=] ?[\"']?host\b)"
)
FROM_OUTSIDE = (
    r"\b(?:(?:from|on|of|for|in|by) (?:the |an? |any |my )?(?:outside|internet|other|another|external|remote|public"
    r"|laptop|phone|lan|elsewhere|local network|different)|outside(?: world)?|elsewhere|externally|remotely"
    r"|public(?:ly)? (?:ip|address|accessible|reachable)|by (?:its|the) public)\b"
)
CONTAINERS = r"\b(?:containers?|pods?|docker build|docker run|docker-compose|dockerfile|image)\b"

MTU = message(
    "Small packets pass, and full-sized packets are lost: a link on the way has a smaller MTU than the container"
)
IN_VM = message("The engine runs in a virtual machine: ports are published there, and localhost is another machine")
VM_SHOWS = message(
    "the engine is Docker Desktop, boot2docker or another machine: use that machine's address instead of localhost"
)
INPUT = message("A firewall of the host drops packets for the host itself, from containers and from outside")
ZONE = message("firewalld is on, and packets for the host itself need a service or port in the zone of their interface")
BRIDGE_ZONE = message("firewalld forwards a packet only if the zones of both its links allow this")
TUNNEL = message(
    "The packets between the hosts are in a tunnel (UDP 4789, 8472), and a firewall between the hosts drops the "
    "tunnel's packets"
)
RANGES = message(
    "The VPN's route and the engine's networks cover the same range, so one of them gets the other's packets"
)
PROXIED = message("INPUT drops answers from the bridge to docker-proxy, or packets that come in for docker-proxy")
FLUSHED = message(
    "Another program loads its own rules and deletes the engine's rules. A restart of the engine makes them again"
)
MANY_NETWORKS = message(
    "The container is on several networks, and the proxy takes its address on one that the proxy has not joined. The "
    "label that chooses the network (traefik.docker.network) needs the network's real name, which begins with the "
    "project's or the stack's name"
)
MANY_NETWORKS_SHOWS = message(
    "the network's real name has the project's name before it, and the container has two addresses"
)
FORWARD = message("The policy DROP of FORWARD stops packets that no rule of the engine accepts")
