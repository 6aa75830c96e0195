"""What `docker` prints when a container or a network cannot be started, or is started with a warning."""

from hairpin.explain.meaning import TextMeaning
from hairpin.message import message

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
            "Frames between two containers of one bridge do not pass iptables, because br_netfilter is not loaded or "
            "is switched off. Published ports asked for from a container of the same network then need docker-proxy, "
            "and `icc=false` has no effect."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="docker-programming-failed", program="dockerd", general=True,
        patterns=(
            "driver failed programming external connectivity on endpoint {container}",
            "failed to set up container networking", "failed programming external connectivity",
        ),
        meaning=message(
            "dockerd could not set up the published ports of this container, so it was not started. The end of the "
            "message says why."
        ),
        causes=(
            "docker-nat-chain-missing", "docker-filter-chain-missing", "port-allocated-by-other-container",
            "published-port-held-by-other-process",
        ),
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
            "The chain DOCKER of the nat table was gone when dockerd wrote a rule: somebody had flushed the rules "
            "after dockerd had made them, so no port could be published. `hairpin restore` shows which rules are "
            "missing now."
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
            "A chain of dockerd's in the filter table was gone when dockerd wrote a rule: somebody had flushed the "
            "rules after dockerd had made them. No container with a published port starts without it; `hairpin "
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
            "what iptables answered: chains that somebody flushed, a kernel module that is missing, or a busy lock."
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
            "dockerd made its chain and found it gone a moment later, while it added the jump to it. A firewall "
            "manager was reloading the rules at the same time; firewalld has to be up before dockerd starts."
        ),
        causes=(
            "firewalld-restart-wipes-docker", "docker-nat-chain-missing", "firewall-manager-flushed-rules",
            "iptables-check-bug", "mixed-firewall-managers",
        ),
        shown_by=("docker-nat-chain-missing",),
    ),
    TextMeaning(
        id="docker-proxy-address-in-use", program="dockerd", about="port",
        patterns=(
            "Error starting userland proxy: listen tcp* {address}:{port}: bind: {in_use}",
            "Error starting userland proxy: listen udp* {address}:{port}: bind: {in_use}",
            "Error starting userland proxy: * {in_use}", "failed to bind host port for {address}:{port}:* {in_use}",
            "failed to bind host port {address}:{port}/*: {in_use}", "listen tcp* {address}:{port}: bind: {in_use}",
            "listen udp* {address}:{port}: bind: {in_use}", "listen tcp* :{port}: bind: {in_use}",
            "ports are not available: exposing port * {address}:{port}*: {in_use}",
            "cannot start a stopped process * bind: {in_use}", "exposing port TCP {address}:{port} -> *: {in_use}",
        ),
        meaning=message(
            "Another process listens on this port of the host already, so docker cannot take it. `ss -lntup` names the "
            "process: another program, or a docker-proxy that was left over."
        ),
        causes=(
            "published-port-held-by-other-process", "docker-proxy-stale", "ephemeral-port-collision",
            "port-allocated-by-other-container",
        ),
        shown_by=("published-port-held-by-other-process", "port-allocated-by-other-container"),
    ),
    TextMeaning(
        id="docker-port-allocated", program="dockerd", about="port",
        patterns=(
            "Bind for {address}:{port} failed: port is already allocated",
            "Bind for :::{port} failed: port is already allocated", "port is already allocated",
            "Bind for {address}:{port}: unexpected error Port {port} is already in use",
        ),
        meaning=message(
            "dockerd has given this port of the host to another container. That container runs, or dockerd has not "
            "given the port back after an unclean end."
        ),
        causes=("port-allocated-by-other-container", "docker-proxy-stale", "published-port-held-by-other-process"),
        shown_by=("port-allocated-by-other-container", "published-port-held-by-other-process"),
    ),
    TextMeaning(
        id="docker-all-ports-allocated", program="dockerd",
        patterns=("all ports are allocated", "Range already full", "no available port in range"),
        meaning=message(
            "No port of the range that was asked for is free on this host. Containers or processes hold all of them."
        ),
        causes=("port-allocated-by-other-container", "docker-proxy-stale", "published-port-held-by-other-process"),
    ),
    TextMeaning(
        id="docker-address-not-here", program="dockerd", about="port",
        patterns=(
            "listen tcp* {address}:{port}: bind: {not_here}", "listen udp* {address}:{port}: bind: {not_here}",
            "failed to bind host port for {address}:{port}* {not_here}", "failed to bind host port * {not_here}",
            "Error starting userland proxy: * {not_here}", "exposing port TCP {address}:{port} -> *: {not_here}",
        ),
        meaning=message(
            "The address in the port's mapping is not on this host, or was not yet when the container was started. A "
            "cloud's public address is at its gateway: publish on the private one."
        ),
        causes=("publish-address-not-on-host", "reboot-ordering", "cloud-address-changed", "host-address-missing"),
        shown_by=("publish-address-not-on-host",),
    ),
    TextMeaning(
        id="docker-ipv6-listen", program="dockerd",
        patterns=(
            "listen tcp6 [::]:{port}: socket: address family not supported by protocol",
            "listen tcp6 * address family not supported by protocol",
            "failed to bind host port * address family not supported by protocol",
        ),
        meaning=message(
            "dockerd wants to listen on IPv6 as well, and IPv6 is switched off in this kernel (ipv6.disable=1). "
            "Publish on an IPv4 address, or update docker."
        ),
        causes=("ipv6-disabled-listen-fails",),
    ),
    TextMeaning(
        id="docker-privileged-port", program="docker",
        patterns=(
            "listen tcp* {address}:{port}: bind: permission denied", "cannot expose privileged port {port}",
            "error while calling PortManager.AddPort(): * permission denied",
        ),
        meaning=message(
            "A rootless engine may not listen on a port below net.ipv4.ip_unprivileged_port_start, which is 1024 by "
            "default. Publish a higher port, or let root publish this one."
        ),
        causes=("privileged-port-rootless",),
    ),
)  # fmt: skip
