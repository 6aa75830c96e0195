"""Texts of `docker` about a container or a network that cannot start, or that starts with a warning."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DOCKER = (
    TextMeaning(
        id="docker-forwarding-disabled", program="docker",
        patterns=("IPv4 forwarding is disabled. Networking will not work", "IPv4 forwarding is disabled"),
        meaning=message(
            "net.ipv4.ip_forward was 0 when docker looked, so the kernel forwards nothing between containers and the "
            "outside. Something set it to 0 after dockerd had set it to 1, most often a sysctl file."
        ),
        causes=(
            "ip-forward-off", "sysctl-file-forces-forward-off", "interface-forwarding-off", "ip-forward-not-persisted",
        ),
        shown_by=("ip-forward-off", "interface-forwarding-off"),
    ),
    TextMeaning(
        id="docker-bridge-nf-disabled", program="docker", kind="routine",
        patterns=("bridge-nf-call-iptables is disabled", "bridge-nf-call-ip6tables is disabled"),
        meaning=message(
            "Frames between two containers on one bridge do not pass iptables, because br_netfilter is not loaded or "
            "is switched off. A container that connects to a published port of another container on its own network "
            "then needs docker-proxy, and `icc=false` has no effect."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="docker-start-exit-status", program="docker",
        patterns=("Cannot start container {container}: (exit status {number})",),
        meaning=message(
            "A program that dockerd called for the start ended with an error. Before Docker 1.10 this was most often "
            "iptables: links and published ports need Docker's chains, and firewalld or another program had deleted "
            "them. A restart of dockerd makes them again."
        ),
        causes=("firewalld-restart-wipes-docker", "docker-filter-chain-missing", "docker-nat-chain-missing"),
    ),
    TextMeaning(
        id="docker-programming-failed", program="dockerd", general=True,
        patterns=(
            "driver failed programming external connectivity on endpoint {container}",
            "failed to set up container networking", "failed programming external connectivity",
        ),
        meaning=message(
            "dockerd could not set up the published ports of this container, so it did not start the container. The "
            "end of the message says why."
        ),
        causes=(
            "docker-nat-chain-missing", "docker-filter-chain-missing", "port-allocated-by-other-container",
            "published-port-held-by-other-process",
        ),
    ),
    TextMeaning(
        id="docker-proxy-program-missing", program="dockerd",
        patterns=(
            'exec: "docker-proxy": executable file not found', "userland-proxy-path * invalid",
            "failed to find docker-proxy binary", "fork/exec {path}docker-proxy: {no_file}",
            "invalid userland-proxy-path",
        ),
        meaning=message(
            "dockerd does not find its program docker-proxy, which it starts for each published port. The program "
            "belongs to the same package as dockerd; userland-proxy-path in daemon.json names its folder, and with "
            "`userland-proxy` false dockerd needs no such program."
        ),
        command="command -v docker-proxy; ls /usr/libexec/docker /usr/bin/docker-proxy; cat /etc/docker/daemon.json",
        shows=message("the program has no path"),
    ),
    TextMeaning(
        id="docker-nat-chain-gone", program="dockerd",
        patterns=(
            "iptables * -t nat -A DOCKER * No chain/target/match by that name",
            "iptables * -t nat -I DOCKER * No chain/target/match by that name",
            "iptables * -t nat -A DOCKER * Chain 'DOCKER' does not exist",
            "iptables * -t nat * Couldn't load target `DOCKER'",
            "iptables * -t nat -A DOCKER * Couldn't load target* {no_file}",
            "Unable to enable DNAT rule: * -A DOCKER * No chain/target/match by that name",
        ),
        meaning=message(
            "The chain DOCKER of the nat table was gone when dockerd wrote a rule, so no port could be published. "
            "Somebody had flushed the rules that dockerd had made. `hairpin restore` shows which rules are missing "
            "now."
        ),
        causes=(
            "docker-nat-chain-missing", "firewalld-restart-wipes-docker", "iptables-service-restart-wipes",
            "firewall-manager-flushed-rules", "nft-conf-flush-ruleset", "iptables-check-bug", "masquerade-missing",
        ),
        shown_by=("docker-nat-chain-missing",),
    ),
    TextMeaning(
        id="docker-filter-chain-gone", program="dockerd",
        patterns=(
            "iptables * -t filter -A DOCKER * No chain/target/match by that name",
            "iptables * -t filter -I DOCKER* No chain/target/match by that name",
            "iptables * -t filter -A DOCKER* does not exist",
            "iptables * -I DOCKER-ISOLATION* No chain/target/match by that name",
            "iptables * -A DOCKER-ISOLATION* No chain/target/match by that name",
            "iptables * -A DOCKER-FORWARD* No chain/target/match by that name",
            "iptables * -I FORWARD * -j DOCKER* No chain/target/match by that name",
            "iptables * -I FORWARD * -j DOCKER* does not exist",
            "Unable to enable ACCEPT OUTGOING rule: * No chain/target/match by that name",
            "iptables * -I DOCKER-ISOLATION* does not exist", "iptables * -A DOCKER-ISOLATION* does not exist",
            "setting up isolation * No chain/target/match by that name",
        ),
        meaning=message(
            "One of dockerd's chains in the filter table was gone when dockerd wrote a rule: somebody had flushed the "
            "rules that dockerd had made. Without the chain, no container with a published port starts. `hairpin "
            "restore` shows which rules are missing now."
        ),
        causes=(
            "docker-filter-chain-missing", "filter-forward-jump-missing", "firewalld-restart-wipes-docker",
            "iptables-service-restart-wipes", "firewall-manager-flushed-rules", "nft-conf-flush-ruleset",
            "docker-nat-chain-missing", "iptables-check-bug",
        ),
        shown_by=("docker-filter-chain-missing",),
    ),
    TextMeaning(
        id="docker-setup-iptables-failed", program="dockerd", general=True,
        patterns=(
            "Failed to Setup IP tables", "Failed to program NAT chain", "Unable to enable SKIP DNAT rule",
            "Failed to program FILTER chain", "failed to create NAT chain", "failed to create FILTER chain",
            "Unable to enable NAT rule", "failed to add jump rules", "setting up DOCKER-FORWARD",
        ),
        meaning=message(
            "dockerd could not write its rules for a network, so the network was not made. The end of the message is "
            "the answer of iptables. The reason is flushed chains, a missing kernel module, or a busy lock."
        ),
        causes=(
            "docker-nat-chain-missing", "docker-filter-chain-missing", "firewalld-restart-wipes-docker",
            "firewall-manager-flushed-rules", "kernel-module-missing", "xtables-lock-contention", "iptables-check-bug",
        ),
    ),
    TextMeaning(
        id="docker-nat-inject-failed", program="dockerd",
        patterns=(
            "Failed to inject DOCKER in PREROUTING chain", "Failed to inject DOCKER in OUTPUT chain",
            "Failed to inject {chain} in {chain} chain",
        ),
        meaning=message(
            "dockerd made its chain, and the chain was gone a moment later, while dockerd added the jump to it. A "
            "firewall manager was reloading the rules at the same time. firewalld has to be up before dockerd starts."
        ),
        causes=(
            "firewalld-restart-wipes-docker", "docker-nat-chain-missing", "firewall-manager-flushed-rules",
            "iptables-check-bug", "mixed-firewall-managers",
        ),
        shown_by=("docker-nat-chain-missing",),
    ),
    TextMeaning(
        id="docker-all-ports-allocated", program="dockerd",
        patterns=("all ports are allocated", "Range already full", "no available port in range"),
        meaning=message(
            "No port of the requested range is free on this host. Containers or processes hold all of these ports."
        ),
        causes=("port-allocated-by-other-container", "docker-proxy-stale", "published-port-held-by-other-process"),
    ),
    TextMeaning(
        id="docker-ipv6-listen", program="dockerd",
        patterns=(
            "listen tcp6 [::]:{port}: socket: address family not supported by protocol",
            "listen tcp6 * address family not supported by protocol",
            "failed to bind host port * address family not supported by protocol",
        ),
        meaning=message(
            "dockerd tries to listen on IPv6 as well, but IPv6 is switched off in this kernel (ipv6.disable=1). "
            "Publish on an IPv4 address, or update docker."
        ),
        causes=("ipv6-disabled-listen-fails",),
    ),
)  # fmt: skip
