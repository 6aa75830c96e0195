"""Texts of podman, netavark, aardvark-dns, the CNI plugins, containerd and rootless helpers."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

PODMAN = (
    TextMeaning(
        id="cni-chain-gone", program="podman",
        patterns=(
            "Error deleting network: running [*iptables * -t nat -D POSTROUTING * Chain 'CNI-*' does not exist",
            "running [*iptables -t nat * CNI-* does not exist",
            "running [*iptables -t nat * CNI-* No chain/target/match by that name",
            "running [*iptables -t nat * Couldn't load target `CNI-",
        ),
        meaning=message(
            "Podman's rules (CNI) for this container were gone when it started or ended: a firewall's restart had "
            "flushed them. Its published ports do not work until the rules are back. `hairpin restore` shows which "
            "rules are missing now."
        ),
        causes=("podman-rules-missing", "firewalld-restart-wipes-docker", "firewall-manager-flushed-rules"),
        shown_by=("podman-rules-missing",),
    ),
    TextMeaning(
        id="netavark-rules-failed", program="netavark",
        patterns=(
            "netavark: code: {number}, msg: iptables: *", "netavark: iptables: *", "netavark: nftables error",
            "netavark: unable to append rule * to table", "netavark: * No chain/target/match by that name",
            "netavark: (*iptables* does not exist",
        ),
        meaning=message(
            "netavark could not write the rules of a container, so the container's ports are not published. The end of "
            "the message is the answer of iptables or nft."
        ),
        causes=(
            "podman-rules-missing", "kernel-module-missing", "kernel-match-missing", "firewall-manager-flushed-rules",
            "xtables-lock-contention",
        ),
    ),
    TextMeaning(
        id="aardvark-port-53", program="netavark",
        patterns=(
            "aardvark-dns failed to start: * failed to bind udp listener on {address}:{port}",
            "failed to bind udp listener on {address}:{port}", "aardvark-dns failed to start",
            "aardvark-dns runs in a different netns",
        ),
        meaning=message(
            "Podman's name server could not listen on port 53 of the network's gateway, because another name server "
            "(dnsmasq, systemd-resolved, named) held the port. `ss -lnup 'sport = 53'` names that program; "
            "`dns_bind_port` in containers.conf gives Podman's name server another port."
        ),
        causes=("dns-port-53-conflict", "published-port-held-by-other-process"),
    ),
    TextMeaning(
        id="podman-port-in-use", program="podman", about="port",
        patterns=(
            "rootlessport listen tcp {address}:{port}: bind: {in_use}",
            "cannot listen on the TCP port: listen tcp4 :{port}: bind: {in_use}",
            "cannot listen on the UDP port: listen udp4 :{port}: bind: {in_use}",
            "Failed to bind port {port} (*) for option", "Couldn't open TCP socket for port {port}",
            "couldn't listen on requested TCP ports",
        ),
        meaning=message(
            "Another process or container already listens on this port of the host, so podman cannot publish the port. "
            "`ss -lntup` names the process."
        ),
        causes=("published-port-held-by-other-process", "port-allocated-by-other-container"),
        shown_by=("published-port-held-by-other-process", "port-allocated-by-other-container"),
    ),
    TextMeaning(
        id="cni-network-missing", program="podman",
        patterns=(
            "unable to find network with name or ID {word}", 'CNI network "{word}" not found',
            "no CNI network providers found", "Network plugin returns error: cni plugin not initialized",
            "network plugin is not ready: cni config uninitialized", "no valid networks found in {path}cni/net.d",
            "no networks found in {path}cni/net.d",
        ),
        meaning=message(
            "The engine finds no configuration of the network that the container should join. Make the network again, "
            "or install the CNI configuration of the cluster."
        ),
    ),
    TextMeaning(
        id="containerd-cni-not-loaded", program="containerd", kind="harmless",
        patterns=(
            "failed to load cni during init, please check CRI plugin status before setting up network for pods",
            "cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized",
        ),
        meaning=message(
            "containerd found no CNI network at its start. Kubernetes needs a CNI network, but Docker makes its "
            "networks itself. containerd logs this at each start of a Docker host, and nothing is wrong."
        ),
    ),
    TextMeaning(
        id="cni-plugin-missing", program="containerd",
        patterns=(
            'failed to find plugin "{word}" in path', 'failed to find plugin "{word}"',
            'could not find "{word}" in one of', "could not find {word} in one of",
            'needs CNI plugin "{word}" to be installed in CNI_PATH', "stat {path}cni/bin/{word}: {no_file}",
            "fork/exec {path}cni/bin/{word}: {no_file}", "failed to find plugin {word} in path",
            "failed to find CNI plugin", "Constraint *plugins.cni.version.*",
        ),
        meaning=message(
            "The CNI program of that name is not installed, so no container gets a network. Install the package with "
            "the CNI plugins (containernetworking-plugins), or netavark."
        ),
        causes=("cni-plugin-missing",),
    ),
    TextMeaning(
        id="cni-sandbox-failed", program="containerd", general=True,
        patterns=(
            "failed to setup network for sandbox", "failed to create pod sandbox: * network",
            'plugin type="{word}" failed (add): ',
        ),
        meaning=message(
            "A container got no network, so it was not started. The end of the message says which CNI plugin failed, "
            "and why."
        ),
        causes=(
            "kernel-module-missing", "iptables-binary-shadowed", "bridge-address-missing", "address-pool-exhausted",
        ),
    ),
    TextMeaning(
        id="cni-bridge-address", program="containerd",
        patterns=('"{link}" already has an IP address different from {address}',),
        meaning=message(
            "The bridge is left over from another network configuration and has another address than the plugin "
            "expects. The plugin makes the bridge itself. Compare `ip address show` with the network's file to see "
            "which address is right."
        ),
        causes=("bridge-address-missing", "host-prefix-length-wrong", "container-subnet-on-two-hosts"),
    ),
    TextMeaning(
        id="cni-addresses-exhausted", program="containerd",
        patterns=(
            "no IP addresses available in range set: {address}-{address}", "no IP addresses available in network",
            "failed to allocate for range *: no IP addresses available",
            "IPAM error: failed to find free IP in range: {address} - {address}",
        ),
        meaning=message(
            "Every address of the network is taken, often by containers that ended uncleanly. The files of taken "
            "addresses are in /var/lib/cni/networks."
        ),
        causes=("address-pool-exhausted",),
    ),
    TextMeaning(
        id="rootless-slirp-missing", program="podman",
        patterns=(
            "could not find slirp4netns, the network namespace can't be configured",
            "could not find pasta, the network namespace can't be configured", "setting up Pasta: could not find pasta",
            'exec: "slirp4netns": executable file not found in $PATH',
        ),
        meaning=message(
            "The program that provides the network of a rootless container is not installed. Install passt (pasta) or "
            "slirp4netns."
        ),
    ),
    TextMeaning(
        id="pasta-failed", program="podman",
        patterns=(
            "pasta failed with exit code {number}:", "No routable interface for IPv4",
            "Couldn't pick external interface", "External interface not usable",
            "No external routable interface for IPv4",
        ),
        meaning=message(
            "pasta found no link of the host with a default route, so the rootless container has no way out. Give the "
            "host a default route, or name the link with `--network pasta:-i,LINK`."
        ),
        causes=("host-default-route-missing", "host-address-missing", "host-link-down"),
        shown_by=("host-default-route-missing",),
    ),
    TextMeaning(
        id="podman-no-user-session", program="podman", kind="routine",
        patterns=(
            "manager is set to systemd but there is no systemd user session available",
            "For using systemd, you may need to login using an user session",
            "For using systemd, you may need to log in using a user session",
            "you can enable lingering with: `loginctl enable-linger {number}` (possibly as root)",
        ),
        meaning=message(
            "Podman ran for a user without a systemd session, as with su, sudo or cron. Without lingering, the "
            "containers of this user end with the user's last session."
        ),
        causes=("rootless-session-ended", "container-not-running"),
        shown_by=("rootless-session-ended",),
    ),
    TextMeaning(
        id="podman-refreshing-container", program="podman", kind="routine",
        patterns=(
            "Refreshing container {word}: acquiring lock {number} for container {word}: file exists",
            "Refreshing container {word}: error acquiring lock {number} for container {word}: file exists",
        ),
        meaning=message(
            "The folder with Podman's run-time state is new, as after a boot, or after the last session of a user "
            "without lingering. The containers that ran before have ended."
        ),
        causes=("container-not-running", "rootless-session-ended"),
    ),
)  # fmt: skip
