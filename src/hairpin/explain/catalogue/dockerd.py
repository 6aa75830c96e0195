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
            "iptables was called without root's rights (CAP_NET_ADMIN), so it could neither read nor write rules. The "
            "message says nothing about the rules."
        ),
    ),
    TextMeaning(
        id="dockerd-modprobe-br-netfilter", program="dockerd", kind="routine",
        patterns=("Running modprobe bridge br_netfilter failed with message", "Module br_netfilter not found"),
        meaning=message(
            "dockerd could not load br_netfilter. Without it, frames between two containers of one bridge do not pass "
            "iptables: `icc=false` has no effect, and a container that connects to a published port of another "
            "container on its own network needs docker-proxy."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter", "kernel-module-missing"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="dockerd-icc-needs-br-netfilter", program="dockerd", other_causes=True,
        patterns=("cannot restrict inter-container communication",),
        meaning=message(
            "dockerd or the network has `icc=false` (or runs without docker-proxy). iptables can enforce this only for "
            "frames that br_netfilter shows it; the kernel has not loaded br_netfilter, so dockerd refuses to make the "
            "network. `ls /proc/sys/net/bridge` tells whether the module is loaded; if dockerd itself runs in a "
            "container, load the module on the host of that container."
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
            "A container asked Docker's name server for a name. Docker's name server passed the query on to the host's "
            "name server, which did not answer in time. A firewall drops the packets, or the container's network does "
            "not reach the address of the host's name server."
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
            "A container asked Docker's name server for a name. Docker's name server passes such a query on to the "
            "name servers of resolv.conf, and nothing listens at the address that it used. An address such as "
            "127.0.0.53 in resolv.conf works on the host only, not in containers."
        ),
        causes=("dns-upstream-unreachable", "loopback-is-the-container", "host-service-not-running"),
        verdicts=("refused", "rejected"),
    ),
    TextMeaning(
        id="dockerd-no-external-nameservers", program="dockerd", kind="routine",
        patterns=("No non-localhost DNS nameservers are left in resolv.conf. Using default external servers",),
        meaning=message(
            "The host's resolv.conf names only addresses of the host itself, so dockerd gives containers the name "
            "servers 8.8.8.8 and 8.8.4.4. If containers cannot reach these, they resolve no name: set `dns` in "
            "daemon.json."
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
            "dockerd does not know which host has an address of the overlay network. The dockerd of the other host is "
            "out of reach on TCP and UDP 7946, or has left the swarm."
        ),
        causes=("overlay-peer-missing", "vxlan-port-blocked"), shown_by=("overlay-peer-missing", "vxlan-port-blocked"),
    ),
    TextMeaning(
        id="dockerd-sandbox-vxlan", program="dockerd",
        patterns=("error creating vxlan interface: file exists",),
        meaning=message(
            "A VXLAN device with this network's id already existed, so the container could not join the overlay "
            "network. Another program or an unclean end had left the device. `ip -d link show type vxlan` shows the "
            "devices that exist now."
        ),
        causes=("overlay-devices-lost", "overlay-peer-missing"),
    ),
    TextMeaning(
        id="dockerd-no-iptables-hint", program="dockerd", kind="routine",
        patterns=("WARNING: iptables is disabled", "^iptables is disabled", "Not using iptables because"),
        meaning=message(
            "dockerd runs with the option `iptables` set to false, so it writes no rules. Unless other rules do it, no "
            "port is published by NAT and containers are not masqueraded."
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
            "firewalld had Docker's bridge in a zone other than `docker`, so dockerd could not add the bridge to its "
            "zone and did not start. `firewall-cmd --get-zone-of-interface=docker0` says which zone has the bridge "
            "now."
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
            "dockerd did not start, because daemon.json had an error or named an option that dockerd's command line "
            "also has. `dockerd --validate` says whether the file is correct now."
        ),
        causes=("daemon-does-not-start-config", "docker-daemon-not-running"),
    ),
    TextMeaning(
        id="dockerd-start-limit", program="systemd", general=True,
        patterns=(
            "docker.service: Start request repeated too quickly", "Failed to start Docker Application Container Engine",
            "Job for docker.service failed because",
        ),
        meaning=message(
            "dockerd did not start, or it ended. Its own log lines before this one (`journalctl -u docker`) say why."),
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
            "A start of dockerd that failed had left a second record of docker0 in dockerd's own file of networks, so "
            "this start failed. If dockerd runs now, a later start has succeeded."
        ),
        causes=("docker-daemon-not-running",),
    ),
)  # fmt: skip
