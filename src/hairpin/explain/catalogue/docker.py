"""Texts of `docker` and dockerd: networks, an unreachable dockerd, ports, rules, and the daemon's own start."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DOCKER_NETWORKS = (
    TextMeaning(id="docker-network-recreated", program="dockerd",
        patterns=("Error response from daemon: network {id} not found",
            "Cannot start service {word}: network {id} not found",
            "failed to set up container networking: network {id} not found", "^network {id} not found",
            ": network {id} not found", ", network {id} not found", "network * (id {id}) not found",
            "could not find network with ID {id}"),
        meaning=message("The container was made for a network that was removed later: it knows its network by the id, "
            "and a new network of the same name has another id. The container has to be recreated; compose has the "
            "option --force-recreate for this."),
        command="docker network ls --no-trunc; docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' "
            "$(docker ps -aq)", shows=message("a container has the NetworkID of a network that is not listed")),
    TextMeaning(id="docker-bridge-full", program="dockerd",
        patterns=("adding interface {link} to bridge {link} failed: exchange full",
            "failed to add interface * exchange full"),
        meaning=message("The bridge has 1023 ports, which is the maximum in Linux, so no further container can join "
            "its network. Spread the containers over several networks."), causes=("bridge-port-limit",)),
    TextMeaning(id="docker-endpoint-exists", program="dockerd",
        patterns=("endpoint with name {container} already exists in network {word}",),
        meaning=message("dockerd still has the endpoint of a container that did not end cleanly, and refuses a second "
            "endpoint of that name. This does not stop packets.")),
    TextMeaning(id="docker-pool-overlaps", program="dockerd",
        patterns=("Pool overlaps with other one on this address space",
            "cannot create network * (br-*): conflicts with network * (br-*): networks have overlapping IPv4"),
        meaning=message("The requested subnet overlaps the subnet of another network of this engine. Choose another "
            "subnet for the new network."), causes=("address-pool-exhausted", "bridge-subnet-overlaps-route")),
    TextMeaning(id="docker-bridge-name-taken", program="dockerd",
        patterns=("conflicts with network {word} ({link}): networks have same bridge name",
            "networks have same bridge name"),
        meaning=message("Another network of this engine has a bridge of that name, so the new network was not made. "
            "Give the new bridge another name (com.docker.network.bridge.name), or remove the other network first.")),
    TextMeaning(id="docker-address-taken", program="dockerd",
        patterns=("daemon: Address already in use$", "Cannot start service {word}: Address already in use$",
            "failed to set up container networking: Address already in use$",
            "Cannot start container {container}: Address already in use$",
            "Cannot restart container {container}: Address already in use$"),
        meaning=message("Another endpoint of the network has the address that the container asks for (--ip, "
            "ipv4_address). While the container was stopped, Docker may have given the address to a container that "
            "asks for none."),
        command="docker network inspect $(docker network ls -q)", shows=message("another container has the address, or "
            "--ip-range covers it")),
    TextMeaning(id="docker-no-address-left", program="dockerd",
        patterns=("no available IPv4 addresses on this network's address pools",
            "no available IPv6 addresses on this network's address pools", "Address already in use: failed to allocate",
            "no unallocated IP addresses in"),
        meaning=message("All addresses of this network's subnet are in use. A network with a larger subnet has room "
            "for more containers."), causes=("address-pool-exhausted",)),
    TextMeaning(id="docker-gateway-taken", program="dockerd", other_causes=True,
        patterns=("failed to allocate gateway ({address}): Address already in use",
            "failed to allocate gateway ({address}): No available addresses"),
        meaning=message("dockerd has already given the gateway address of the new network away: another network of "
            "this engine has the same subnet or the same gateway. `docker network inspect` shows the subnet and "
            "gateway of each network. One of the two networks needs another subnet."), causes=("address-pool-exhausted",
            "bridge-subnet-overlaps-route")),
    TextMeaning(id="docker-network-in-use", program="dockerd",
        patterns=("network {word} id {word} has active endpoints", "error while removing network: network * has active",
            "network {word} has active endpoints"),
        meaning=message("dockerd keeps a network as long as a container has an endpoint on it; `docker network inspect "
            "NETWORK` names the containers. If it names none, dockerd still has the endpoint of a container that did "
            "not end cleanly, and drops that endpoint at its next start. This does not stop packets.")),
    TextMeaning(id="docker-network-exists", program="dockerd",
        patterns=("network with name {word} already exists",),
        meaning=message("The engine already has a network of this name, so it did not make a second one. `docker "
            "network inspect NETWORK` shows whether it has the requested subnet and options. With `external: true`, "
            "compose uses the network as it is.")),
    TextMeaning(id="docker-parent-taken", program="dockerd",
        patterns=("network {word} is already using parent interface {link}",),
        meaning=message("Docker allows only one macvlan or ipvlan network for each parent link, and another network "
            "already uses this parent. `docker network ls --filter driver=macvlan` lists these networks. For a further "
            "network, make a VLAN of the link (eth0.10) the parent, or give one network several subnets.")),
    TextMeaning(id="docker-parent-missing", program="dockerd", other_causes=True,
        patterns=("-o parent interface was not found on the host: {link}",
            "-o parent interface does was not found on the host: {link}",
            "invalid subinterface vlan name {link}, example formatting is"),
        meaning=message("The parent of the macvlan or ipvlan network is not a link of this host. Docker makes a "
            "missing parent only if it is a VLAN (eth0.10) of a link that exists; `ip -br link` lists the links. On "
            "Docker Desktop these are the links of its virtual machine, so such a network does not reach the LAN."),
        causes=("host-link-missing",)),
    TextMeaning(id="docker-host-network-joined", program="dockerd", other_causes=True,
        patterns=("container sharing network namespace with another container or host cannot be connected to any other",
            "container cannot be disconnected from host network or connected to host network",
            "container cannot be connected to host network"),
        meaning=message("A container with `--network host` or `--network container:NAME` has no network namespace of "
            "its own, so it cannot join another network. A running container cannot change to the host's network "
            "either. The network mode is chosen when the container is made."), causes=("host-network-has-no-names",
            "no-common-network-for-name")),
    TextMeaning(id="docker-network-mode-conflict", program="docker",
        patterns=("conflicting options: dns and the network mode", "conflicting options: hostname and the network mode",
            "conflicting options: host type networking can't be used with links",
            "conflicting options: custom host-to-IP mapping and the network mode",
            "conflicting options: mac-address and the network mode"),
        meaning=message("The option belongs to a network namespace, and this container has no namespace of its own: it "
            "uses the network of the host or of another container, or no network. Give the option to the container "
            "whose network is shared, or leave it out.")),
    TextMeaning(id="docker-alias-refused", program="dockerd", other_causes=True,
        patterns=("network-scoped alias is supported only for containers in user defined networks",
            "network-scoped aliases are only supported for user-defined networks",
            "links are only supported for user-defined networks"),
        meaning=message("Docker's name server does not serve the networks bridge, host and none, so a container has no "
            "alias there. Names and aliases work on networks that a user made."), causes=("default-bridge-has-no-names",
            "host-network-has-no-names")),
    TextMeaning(id="docker-link-to-other-network", program="dockerd", other_causes=True,
        patterns=("Cannot link to {word}, as it does not belong to the default network",
            "Cannot link to {word}, as it does not belong to the same network"),
        wider=("as it does not belong to the default network",),
        meaning=message("`--link` works only inside one network. Compose puts its containers on a network of the "
            "project's own, and `docker run` without --network uses the network bridge: give `docker run` the "
            "project's network (`docker network ls`), where names work without --link."),
        causes=("no-common-network-for-name", "default-bridge-has-no-names")),
    TextMeaning(id="docker-host-network-ports", program="docker",
        patterns=("Published ports are discarded when using host network mode",
            "published ports are discarded when using host network"),
        meaning=message("A container with `--network host` has no ports of its own to publish: its service listens on "
            "the host's addresses directly. Use the port that the service listens on."),
        causes=("host-network-ignores-ports",), shown_by=("host-network-ignores-ports",)),
    TextMeaning(id="docker-container-network-ports", program="docker",
        patterns=("conflicting options: port publishing and the container type network mode",
            "conflicting options: port exposing and the container type network mode"),
        meaning=message("A container that shares the network of another one (`--network container:NAME`) publishes "
            "nothing itself. Publish the port on the container that owns the network."),
        causes=("container-shares-network-of-stopped-container", "shared-namespace-left")),
    TextMeaning(id="docker-unsupported-gateway-mode", program="dockerd",
        patterns=("unsupported value nat-unprotected", "unknown gateway mode nat-unprotected"),
        meaning=message("The network option `gateway_mode_ipv4=nat-unprotected` needs Docker 28. Update the engine, or "
            "leave the option out.")),
    TextMeaning(id="docker-daemon-unreachable", program="docker",
        patterns=("Cannot connect to the Docker daemon at *. Is the docker daemon running",
            "Cannot connect to the Docker daemon. Is the docker daemon running on this host",
            "Couldn't connect to Docker daemon", "dial unix {path}docker.sock: connect: {refused}",
            "dial unix {path}docker.sock: connect: {no_file}", "failed to connect to the docker API at",
            "error during connect: this error may indicate that the docker daemon is not running",
            "docker.errors.DockerException: Error while fetching server API version"),
        meaning=message("No dockerd answered on its socket: it did not run, or `docker` used another address "
            "(DOCKER_HOST, a context). `systemctl status docker` and its journal say why it ended."),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config"), shown_by=("docker-daemon-not-running",)),
    TextMeaning(id="docker-socket-denied", program="docker",
        patterns=("permission denied while trying to connect to the Docker daemon socket",
            "Got permission denied while trying to connect to the Docker daemon socket",
            "permission denied while trying to connect to the docker API",
            "dial unix {path}docker.sock: connect: permission denied"),
        meaning=message("This user may not talk to dockerd: run the command as root, or as a member of the group "
            "docker. The message says nothing about the network.")),
)  # fmt: skip

DOCKER = (
    TextMeaning(id="docker-forwarding-disabled", program="docker",
        patterns=("IPv4 forwarding is disabled. Networking will not work", "IPv4 forwarding is disabled"),
        meaning=message("net.ipv4.ip_forward was 0 when docker looked, so the kernel forwards nothing between "
            "containers and the outside. Something set it to 0 after dockerd had set it to 1, most often a sysctl "
            "file."), causes=("ip-forward-off", "sysctl-file-forces-forward-off", "interface-forwarding-off",
            "ip-forward-not-persisted"), shown_by=("ip-forward-off", "interface-forwarding-off")),
    TextMeaning(id="docker-bridge-nf-disabled", program="docker", kind="routine",
        patterns=("bridge-nf-call-iptables is disabled", "bridge-nf-call-ip6tables is disabled"),
        meaning=message("Frames between two containers on one bridge do not pass iptables, because br_netfilter is not "
            "loaded or is switched off. A container that connects to a published port of another container on its own "
            "network then needs docker-proxy, and `icc=false` has no effect."), causes=("br-netfilter-off-hairpin",
            "icc-off-without-br-netfilter"), shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter")),
    TextMeaning(id="docker-start-exit-status", program="docker",
        patterns=("Cannot start container {container}: (exit status {number})",),
        meaning=message("A program that dockerd called for the start ended with an error. Before Docker 1.10 this was "
            "most often iptables: links and published ports need Docker's chains, and firewalld or another program had "
            "deleted them. A restart of dockerd makes them again."), causes=("firewalld-restart-wipes-docker",
            "docker-filter-chain-missing", "docker-nat-chain-missing")),
    TextMeaning(id="docker-programming-failed", program="dockerd", general=True,
        patterns=("driver failed programming external connectivity on endpoint {container}",
            "failed to set up container networking", "failed programming external connectivity"),
        meaning=message("dockerd could not set up the published ports of this container, so it did not start the "
            "container. The end of the message says why."), causes=("docker-nat-chain-missing",
            "docker-filter-chain-missing", "port-allocated-by-other-container",
            "published-port-held-by-other-process")),
    TextMeaning(id="docker-proxy-program-missing", program="dockerd",
        patterns=('exec: "docker-proxy": executable file not found', "userland-proxy-path * invalid",
            "failed to find docker-proxy binary", "fork/exec {path}docker-proxy: {no_file}",
            "invalid userland-proxy-path"),
        meaning=message("dockerd does not find its program docker-proxy, which it starts for each published port. The "
            "program belongs to the same package as dockerd; userland-proxy-path in daemon.json names its folder, and "
            "with `userland-proxy` false dockerd needs no such program."),
        command="command -v docker-proxy; ls /usr/libexec/docker /usr/bin/docker-proxy; cat /etc/docker/daemon.json",
        shows=message("the program has no path")),
    TextMeaning(id="docker-nat-chain-gone", program="dockerd",
        patterns=("iptables * -t nat -A DOCKER * No chain/target/match by that name",
            "iptables * -t nat -I DOCKER * No chain/target/match by that name",
            "iptables * -t nat -A DOCKER * Chain 'DOCKER' does not exist",
            "iptables * -t nat * Couldn't load target `DOCKER'",
            "iptables * -t nat -A DOCKER * Couldn't load target* {no_file}",
            "Unable to enable DNAT rule: * -A DOCKER * No chain/target/match by that name"),
        meaning=message("The chain DOCKER of the nat table was gone when dockerd wrote a rule, so no port could be "
            "published. Somebody had flushed the rules that dockerd had made. `hairpin restore` shows which rules are "
            "missing now."), causes=("docker-nat-chain-missing", "firewalld-restart-wipes-docker",
            "iptables-service-restart-wipes", "firewall-manager-flushed-rules", "nft-conf-flush-ruleset",
            "iptables-check-bug", "masquerade-missing"), shown_by=("docker-nat-chain-missing",)),
    TextMeaning(id="docker-filter-chain-gone", program="dockerd",
        patterns=("iptables * -t filter -A DOCKER * No chain/target/match by that name",
            "iptables * -t filter -I DOCKER* No chain/target/match by that name",
            "iptables * -t filter -A DOCKER* does not exist",
            "iptables * -I DOCKER-ISOLATION* No chain/target/match by that name",
            "iptables * -A DOCKER-ISOLATION* No chain/target/match by that name",
            "iptables * -A DOCKER-FORWARD* No chain/target/match by that name",
            "iptables * -I FORWARD * -j DOCKER* No chain/target/match by that name",
            "iptables * -I FORWARD * -j DOCKER* does not exist",
            "Unable to enable ACCEPT OUTGOING rule: * No chain/target/match by that name",
            "iptables * -I DOCKER-ISOLATION* does not exist", "iptables * -A DOCKER-ISOLATION* does not exist",
            "setting up isolation * No chain/target/match by that name"),
        meaning=message("One of dockerd's chains in the filter table was gone when dockerd wrote a rule: somebody had "
            "flushed the rules that dockerd had made. Without the chain, no container with a published port starts. "
            "`hairpin restore` shows which rules are missing now."), causes=("docker-filter-chain-missing",
            "filter-forward-jump-missing", "firewalld-restart-wipes-docker", "iptables-service-restart-wipes",
            "firewall-manager-flushed-rules", "nft-conf-flush-ruleset", "docker-nat-chain-missing",
            "iptables-check-bug"), shown_by=("docker-filter-chain-missing",)),
    TextMeaning(id="docker-setup-iptables-failed", program="dockerd", general=True,
        patterns=("Failed to Setup IP tables", "Failed to program NAT chain", "Unable to enable SKIP DNAT rule",
            "Failed to program FILTER chain", "failed to create NAT chain", "failed to create FILTER chain",
            "Unable to enable NAT rule", "failed to add jump rules", "setting up DOCKER-FORWARD"),
        meaning=message("dockerd could not write its rules for a network, so the network was not made. The end of the "
            "message is the answer of iptables. The reason is flushed chains, a missing kernel module, or a busy "
            "lock."), causes=("docker-nat-chain-missing", "docker-filter-chain-missing",
            "firewalld-restart-wipes-docker", "firewall-manager-flushed-rules", "kernel-module-missing",
            "xtables-lock-contention", "iptables-check-bug")),
    TextMeaning(id="docker-nat-inject-failed", program="dockerd",
        patterns=("Failed to inject DOCKER in PREROUTING chain", "Failed to inject DOCKER in OUTPUT chain",
            "Failed to inject {chain} in {chain} chain"),
        meaning=message("dockerd made its chain, and the chain was gone a moment later, while dockerd added the jump "
            "to it. A firewall manager was reloading the rules at the same time. firewalld has to be up before dockerd "
            "starts."), causes=("firewalld-restart-wipes-docker", "docker-nat-chain-missing",
            "firewall-manager-flushed-rules", "iptables-check-bug", "mixed-firewall-managers"),
        shown_by=("docker-nat-chain-missing",)),
    TextMeaning(id="docker-all-ports-allocated", program="dockerd",
        patterns=("all ports are allocated", "Range already full", "no available port in range"),
        meaning=message("No port of the requested range is free on this host. Containers or processes hold all of "
            "these ports."), causes=("port-allocated-by-other-container", "docker-proxy-stale",
            "published-port-held-by-other-process")),
    TextMeaning(id="docker-ipv6-listen", program="dockerd",
        patterns=("listen tcp6 [::]:{port}: socket: address family not supported by protocol",
            "listen tcp6 * address family not supported by protocol",
            "failed to bind host port * address family not supported by protocol"),
        meaning=message("dockerd tries to listen on IPv6 as well, but IPv6 is switched off in this kernel "
            "(ipv6.disable=1). Publish on an IPv4 address, or update docker."), causes=("ipv6-disabled-listen-fails",)),
)  # fmt: skip

DOCKERD = (
    TextMeaning(id="iptables-no-rights", program="iptables",
        patterns=("can't initialize iptables table `{table}': Permission denied",
            "Could not fetch rule set generation id: Permission denied",
            "can't initialize ip6tables table `{table}': Permission denied",
            "iptables * (nf_tables): Could not fetch rule set generation id"),
        meaning=message("iptables was called without root's rights (CAP_NET_ADMIN), so it could neither read nor write "
            "rules. The message says nothing about the rules.")),
    TextMeaning(id="dockerd-modprobe-br-netfilter", program="dockerd", kind="routine",
        patterns=("Running modprobe bridge br_netfilter failed with message", "Module br_netfilter not found"),
        meaning=message("dockerd could not load br_netfilter. Without it, frames between two containers of one bridge "
            "do not pass iptables: `icc=false` has no effect, and a container that connects to a published port of "
            "another container on its own network needs docker-proxy."), causes=("br-netfilter-off-hairpin",
            "icc-off-without-br-netfilter", "kernel-module-missing"), shown_by=("br-netfilter-off-hairpin",
            "icc-off-without-br-netfilter")),
    TextMeaning(id="dockerd-icc-needs-br-netfilter", program="dockerd", other_causes=True,
        patterns=("cannot restrict inter-container communication",),
        meaning=message("dockerd or the network has `icc=false` (or runs without docker-proxy). iptables can enforce "
            "this only for frames that br_netfilter shows it; the kernel has not loaded br_netfilter, so dockerd "
            "refuses to make the network. `ls /proc/sys/net/bridge` tells whether the module is loaded; if dockerd "
            "itself runs in a container, load the module on the host of that container."),
        causes=("icc-off-without-br-netfilter", "br-netfilter-off-hairpin", "kernel-module-missing")),
    TextMeaning(id="dockerd-resolver-timeout", program="dockerd", about="flow", printed_by="source", passing=True,
        patterns=("[resolver] read from DNS server failed, * i/o timeout",
            "[resolver] failed to query external DNS server* i/o timeout",
            "[resolver] connect failed: dial udp * {unreachable}",
            "[resolver] failed to query external DNS server* {unreachable}",
            "[resolver] failed to query DNS server* i/o timeout"),
        meaning=message("A container asked Docker's name server for a name. Docker's name server passed the query on "
            "to the host's name server, which did not answer in time. A firewall drops the packets, or the container's "
            "network does not reach the address of the host's name server."), causes=("dns-upstream-unreachable",
            "masquerade-missing", "ip-forward-off", "no-route-to-client", "filter-forward-jump-missing",
            "forward-policy-drop", "host-default-route-missing", "input-drops-host-service"), verdicts=("dropped",
            "unanswered")),
    TextMeaning(id="dockerd-resolver-refused", program="dockerd", about="flow", printed_by="source", passing=True,
        patterns=("[resolver] read from DNS server failed, * {refused}",
            "[resolver] failed to query external DNS server* {refused}", "[resolver] connect failed: dial * {refused}"),
        meaning=message("A container asked Docker's name server for a name. Docker's name server passes such a query "
            "on to the name servers of resolv.conf, and nothing listens at the address that it used. An address such "
            "as 127.0.0.53 in resolv.conf works on the host only, not in containers."),
        causes=("dns-upstream-unreachable", "loopback-is-the-container", "host-service-not-running"),
        verdicts=("refused", "rejected")),
    TextMeaning(id="dockerd-no-external-nameservers", program="dockerd", kind="routine",
        patterns=("No non-localhost DNS nameservers are left in resolv.conf. Using default external servers",),
        meaning=message("The host's resolv.conf names only addresses of the host itself, so dockerd gives containers "
            "the name servers 8.8.8.8 and 8.8.4.4. If containers cannot reach these, they resolve no name: set `dns` "
            "in daemon.json."), causes=("dns-upstream-unreachable",)),
    TextMeaning(id="dockerd-overlay-neighbour", program="dockerd",
        patterns=("could not resolve peer *: timed out resolving peer by querying the cluster",
            "could not resolve peer", "failed to add neighbor entry * overlay",
            "Neighbor entry already present for IP {address}, mac *"),
        meaning=message("dockerd does not know which host has an address of the overlay network. The dockerd of the "
            "other host is out of reach on TCP and UDP 7946, or has left the swarm."), causes=("overlay-peer-missing",
            "vxlan-port-blocked"), shown_by=("overlay-peer-missing", "vxlan-port-blocked")),
    TextMeaning(id="dockerd-sandbox-vxlan", program="dockerd",
        patterns=("error creating vxlan interface: file exists",),
        meaning=message("A VXLAN device with this network's id already existed, so the container could not join the "
            "overlay network. Another program or an unclean end had left the device. `ip -d link show type vxlan` "
            "shows the devices that exist now."), causes=("overlay-devices-lost", "overlay-peer-missing")),
    TextMeaning(id="dockerd-no-iptables-hint", program="dockerd", kind="routine",
        patterns=("WARNING: iptables is disabled", "^iptables is disabled", "Not using iptables because"),
        meaning=message("dockerd runs with the option `iptables` set to false, so it writes no rules. Ports "
            "are published by NAT, and containers are masqueraded, only if other rules do so."),
        causes=("docker-daemon-iptables-false", "masquerade-missing", "dnat-rule-missing"),
        shown_by=("docker-daemon-iptables-false",)),
    TextMeaning(id="dockerd-zone-conflict", program="dockerd",
        patterns=("ZONE_CONFLICT: '{link}' already bound to a zone",
            "ZONE_CONFLICT: '{link}' already bound to '{word}'", "ZONE_CONFLICT: remove_interface(*, {link})"),
        meaning=message("firewalld had Docker's bridge in a zone other than `docker`, so dockerd could not add the "
            "bridge to its zone and did not start. `firewall-cmd --get-zone-of-interface=docker0` says which zone has "
            "the bridge now."), causes=("docker-daemon-not-running", "firewalld-zone-conflict",
            "firewalld-bridge-in-wrong-zone")),
    TextMeaning(id="dockerd-flag-and-file", program="dockerd",
        patterns=("the following directives are specified both as a flag and in the configuration file: {word}",
            "unable to configure the Docker daemon with file {path}: *",
            "the following directives don't match any configuration option: {word}",
            "unable to configure the Docker daemon with file {path}: invalid character *"),
        meaning=message("dockerd did not start, because daemon.json had an error or named an option that dockerd's "
            "command line also has. `dockerd --validate` says whether the file is correct now."),
        causes=("daemon-does-not-start-config", "docker-daemon-not-running")),
    TextMeaning(id="dockerd-start-limit", program="systemd", general=True,
        patterns=("docker.service: Start request repeated too quickly",
            "Failed to start Docker Application Container Engine", "Job for docker.service failed because"),
        meaning=message("dockerd did not start, or it ended. Its own log lines before this one (`journalctl -u "
            "docker`) say why."), causes=("docker-daemon-not-running", "daemon-does-not-start-config",
            "firewalld-zone-conflict")),
    TextMeaning(id="dockerd-ended", program="systemd", kind="routine", general=True,
        patterns=("docker.service: Failed with result",),
        meaning=message("dockerd ended with an error, or a signal ended it. systemd starts it again, unless it ends "
            "too often."), causes=("docker-daemon-not-running", "daemon-does-not-start-config",
            "firewalld-zone-conflict")),
    TextMeaning(id="dockerd-controller-failed", program="dockerd", general=True,
        patterns=("Error initializing network controller", "error initializing network controller",
            "failed to start daemon:"),
        meaning=message("dockerd did not start, because it could not set up its networks. The end of the message says "
            "why."), causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict",
            "kernel-module-missing", "address-pool-exhausted")),
    TextMeaning(id="dockerd-bridge-exists", program="dockerd",
        patterns=("failed to start daemon: * conflicts with network * (*): networks have same bridge name",
            "failed to start daemon: conflicts with network * (*): networks have same bridge name",
            'Error creating default "bridge" network: * conflicts with network * (*): networks have same bridge name'),
        meaning=message("A start of dockerd that failed had left a second record of docker0 in dockerd's own file of "
            "networks, so this start failed. If dockerd runs now, a later start has succeeded."),
        causes=("docker-daemon-not-running",)),
)  # fmt: skip
