"""Log texts of dockerd and systemd when dockerd starts, fails to start, or runs."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DOCKERD = (
    TextMeaning(
        id="iptables-no-rights", program="iptables",
        patterns=(
            "can't initialize iptables table `{table}': Permission denied",
            "Could not fetch rule set generation id: Permission denied",
            "can't initialize ip6tables table `{table}': Permission denied",
            "iptables * (nf_tables): Could not fetch rule set generation id",
        ),
        meaning=message(
            "iptables was called without root's rights (CAP_NET_ADMIN), so it read and wrote nothing. The message says "
            "nothing about the rules."
        ),
    ),
    TextMeaning(
        id="dockerd-modprobe-br-netfilter", program="dockerd", kind="routine",
        patterns=("Running modprobe bridge br_netfilter failed with message", "Module br_netfilter not found"),
        meaning=message(
            "dockerd could not load br_netfilter. Without it, frames between two containers of one bridge do not pass "
            "iptables: `icc=false` has no effect, and published ports asked for from the same network need "
            "docker-proxy."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter", "kernel-module-missing"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="dockerd-icc-needs-br-netfilter", program="dockerd", other_causes=True,
        patterns=("cannot restrict inter-container communication",),
        meaning=message(
            "dockerd or the network has `icc=false` (or no docker-proxy), which iptables only does to frames that "
            "br_netfilter shows it, and the kernel has no br_netfilter loaded. dockerd therefore refuses to make the "
            "network. `ls /proc/sys/net/bridge` tells whether the module is there; inside of a container or a VM, its "
            "host has to load it."
        ),
        causes=("icc-off-without-br-netfilter", "br-netfilter-off-hairpin", "kernel-module-missing"),
    ),
    TextMeaning(
        id="dockerd-resolver-timeout", program="dockerd", about="flow", printed_by="source", passing=True,
        patterns=(
            "[resolver] read from DNS server failed, * i/o timeout",
            "[resolver] failed to query external DNS server* i/o timeout",
            "[resolver] connect failed: dial udp * {unreachable}",
            "[resolver] failed to query external DNS server* {unreachable}",
            "[resolver] failed to query DNS server* i/o timeout",
        ),
        meaning=message(
            "A container asked Docker's name server for a name, and the name server of the host behind it did not "
            "answer in time. A firewall drops the packets, or the server's address is not reached from the container's "
            "network."
        ),
        causes=(
            "dns-upstream-unreachable", "masquerade-missing", "ip-forward-off", "no-route-to-client",
            "filter-forward-jump-missing", "forward-policy-drop", "host-default-route-missing",
            "input-drops-host-service",
        ),
        verdicts=("dropped", "unanswered"),
    ),
    TextMeaning(
        id="dockerd-resolver-refused", program="dockerd", about="flow", printed_by="source", passing=True,
        patterns=(
            "[resolver] read from DNS server failed, * {refused}",
            "[resolver] failed to query external DNS server* {refused}", "[resolver] connect failed: dial * {refused}",
        ),
        meaning=message(
            "A container asked Docker's name server for a name, and nothing listens at the address of the name server "
            "behind it. An address such as 127.0.0.53 in resolv.conf is the host's own and no container's."
        ),
        causes=("dns-upstream-unreachable", "loopback-is-the-container", "host-service-not-running"),
        verdicts=("refused", "rejected"),
    ),
    TextMeaning(
        id="dockerd-no-external-nameservers", program="dockerd", kind="routine",
        patterns=("No non-localhost DNS nameservers are left in resolv.conf. Using default external servers",),
        meaning=message(
            "The host's resolv.conf has only addresses of the host itself, so dockerd gives containers 8.8.8.8 and "
            "8.8.4.4. Where these are not reached, containers resolve no name: set `dns` in daemon.json."
        ),
        causes=("dns-upstream-unreachable",),
    ),
    TextMeaning(
        id="dockerd-overlay-neighbour", program="dockerd",
        patterns=(
            "could not resolve peer *: timed out resolving peer by querying the cluster", "could not resolve peer",
            "failed to add neighbor entry * overlay", "Neighbor entry already present for IP {address}, mac *",
        ),
        meaning=message(
            "dockerd does not know on which host an address of an overlay network is. The other host's dockerd is not "
            "reached on TCP and UDP 7946, or has left the swarm."
        ),
        causes=("overlay-peer-missing", "vxlan-port-blocked"), shown_by=("overlay-peer-missing", "vxlan-port-blocked"),
    ),
    TextMeaning(
        id="dockerd-sandbox-vxlan", program="dockerd",
        patterns=("error creating vxlan interface: file exists",),
        meaning=message(
            "A VXLAN device with this network's id was there already, left by another program or by an unclean end, so "
            "the container could not join the overlay network. `ip -d link show type vxlan` shows those that are there "
            "now."
        ),
        causes=("overlay-devices-lost", "overlay-peer-missing"),
    ),
    TextMeaning(
        id="dockerd-no-iptables-hint", program="dockerd", kind="routine",
        patterns=("WARNING: iptables is disabled", "^iptables is disabled", "Not using iptables because"),
        meaning=message(
            "dockerd runs with the option `iptables` false: it writes no rules, so nothing is published by NAT and "
            "containers are not masqueraded, unless other rules do both."
        ),
        causes=("docker-daemon-iptables-false", "masquerade-missing", "dnat-rule-missing"),
        shown_by=("docker-daemon-iptables-false",),
    ),
    TextMeaning(
        id="dockerd-zone-conflict", program="dockerd",
        patterns=(
            "ZONE_CONFLICT: '{link}' already bound to a zone", "ZONE_CONFLICT: '{link}' already bound to '{word}'",
            "ZONE_CONFLICT: remove_interface(*, {link})",
        ),
        meaning=message(
            "firewalld had Docker's bridge in another zone than the zone `docker`, so dockerd could not add it and did "
            "not start. `firewall-cmd --get-zone-of-interface=docker0` says which zone has it now."
        ),
        causes=("docker-daemon-not-running", "firewalld-zone-conflict", "firewalld-bridge-in-wrong-zone"),
    ),
    TextMeaning(
        id="dockerd-flag-and-file", program="dockerd",
        patterns=(
            "the following directives are specified both as a flag and in the configuration file: {word}",
            "unable to configure the Docker daemon with file {path}: *",
            "the following directives don't match any configuration option: {word}",
            "unable to configure the Docker daemon with file {path}: invalid character *",
        ),
        meaning=message(
            "dockerd did not start, because daemon.json had an error or named an option that its command line has too. "
            "`dockerd --validate` says whether the file is right now."
        ),
        causes=("daemon-does-not-start-config", "docker-daemon-not-running"),
    ),
    TextMeaning(
        id="dockerd-start-limit", program="systemd", general=True,
        patterns=(
            "docker.service: Start request repeated too quickly", "Failed to start Docker Application Container Engine",
            "Job for docker.service failed because",
        ),
        meaning=message("dockerd did not start or ended. Its own lines just before, `journalctl -u docker`, say why."),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict"),
    ),
    TextMeaning(
        id="dockerd-ended", program="systemd", kind="routine", general=True,
        patterns=("docker.service: Failed with result",),
        meaning=message(
            "dockerd ended with an error, or a signal ended it. systemd starts it again, unless it ends too often."
        ),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict"),
    ),
    TextMeaning(
        id="dockerd-controller-failed", program="dockerd", general=True,
        patterns=(
            "Error initializing network controller", "error initializing network controller", "failed to start daemon:",
        ),
        meaning=message(
            "dockerd did not start, because it could not set up its networks. The end of the message says why."
        ),
        causes=(
            "docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict",
            "kernel-module-missing", "address-pool-exhausted",
        ),
    ),
    TextMeaning(
        id="dockerd-bridge-exists", program="dockerd",
        patterns=(
            "failed to start daemon: * conflicts with network * (*): networks have same bridge name",
            "failed to start daemon: conflicts with network * (*): networks have same bridge name",
            'Error creating default "bridge" network: * conflicts with network * (*): networks have same bridge name',
        ),
        meaning=message(
            "A start of dockerd that failed had left a second record of docker0 in dockerd's own file of networks, and "
            "this start failed because of that record. If dockerd runs now, a later start has succeeded."
        ),
        causes=("docker-daemon-not-running",),
    ),
)  # fmt: skip
