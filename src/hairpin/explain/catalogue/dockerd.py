"""What dockerd writes into its log while it runs, and modprobe for it."""

from hairpin.explain.meaning import Sample, TextMeaning
from hairpin.message import message

DOCKERD = (
    TextMeaning(
        id="iptables-no-rights",
        program="iptables",
        patterns=(
            "can't initialize iptables table `{table}': Permission denied",
            "Could not fetch rule set generation id: Permission denied",
            "can't initialize ip6tables table `{table}': Permission denied",
            "iptables * (nf_tables): Could not fetch rule set generation id",
        ),
        meaning=message(
            "iptables was called without root's rights (CAP_NET_ADMIN), so it read and wrote nothing. It says "
            "nothing about the rules."
        ),
        samples=(
            Sample(
                "iptables v1.8.7 (nf_tables): Could not fetch rule set generation id: Permission denied (you "
                "must be root)",
                "kaysond/trafficjam#39",
            ),
        ),
    ),
    TextMeaning(
        id="modprobe-module-missing",
        program="modprobe",
        patterns=(
            "Module {module} not found in directory {path}",
            "modprobe: can't change directory to '{path}': {no_file}", "modprobe: FATAL: Module {module} not found",
            "modprobe: module {module} not found in modules.dep", "modprobe: ERROR: could not insert '{module}'",
            "modprobe: can't load module {module}",
        ),
        meaning=message(
            "The kernel that runs has no module of that name on disk: the module is built in, the kernel was "
            "replaced by an upgrade and not booted yet, or the modules are not installed (linux-modules-extra). "
            "It matters if a rule needs it."
        ),
        causes=("kernel-module-missing", "kernel-match-missing"),
        kind="routine",
        shown_by=("kernel-module-missing",),
        about="thing",
        samples=(
            Sample(
                "modprobe: FATAL: Module ip_tables not found in directory /lib/modules/5.10.0-8-amd64",
                "scaleway/kernel-tools#228",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-modprobe-br-netfilter",
        program="dockerd",
        patterns=("Running modprobe bridge br_netfilter failed with message", "Module br_netfilter not found"),
        meaning=message(
            "dockerd could not load br_netfilter. Without it, frames between two containers of one bridge do not "
            "pass iptables: `icc=false` has no effect, and published ports asked for from the same network need "
            "docker-proxy."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter", "kernel-module-missing"),
        kind="routine",
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
        samples=(
            Sample(
                "Running modprobe bridge br_netfilter failed with message: modprobe: WARNING: Module "
                "br_netfilter not found in directory /lib/modules/4.9.0",
                "moby/libnetwork#1767",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-resolver-timeout",
        program="dockerd",
        patterns=(
            "[resolver] read from DNS server failed, * i/o timeout",
            "[resolver] failed to query external DNS server* i/o timeout",
            "[resolver] connect failed: dial udp * {unreachable}",
            "[resolver] failed to query external DNS server* {unreachable}",
            "[resolver] failed to query DNS server* i/o timeout",
        ),
        meaning=message(
            "A container asked Docker's name server for a name, and the name server of the host behind it did "
            "not answer in time. A firewall drops the packets, or the server's address is not reached from the "
            "container's network."
        ),
        causes=(
            "dns-upstream-unreachable", "masquerade-missing", "ip-forward-off", "no-route-to-client",
            "filter-forward-jump-missing", "forward-policy-drop", "host-default-route-missing",
            "input-drops-host-service",
        ),
        passing=True,
        about="flow",
        printed_by="source",
        verdicts=("dropped", "unanswered"),
        samples=(
            Sample(
                "[resolver] read from DNS server failed, read udp 172.18.0.3:53841->8.8.8.8:53: i/o timeout",
                "docker/for-linux#179",
            ),
            Sample(
                'time="2024-03-01T10:00:00.1Z" level=error msg="[resolver] failed to query external DNS server" '
                'client-addr="udp:172.18.0.3:41234" dns-server="udp:1.1.1.1:53" error="read udp '
                '172.18.0.3:41234->1.1.1.1:53: i/o timeout" question=";example.com.\\tIN\\t A"',
                "moby, libnetwork/resolver.go",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-resolver-refused",
        program="dockerd",
        patterns=(
            "[resolver] read from DNS server failed, * {refused}",
            "[resolver] failed to query external DNS server* {refused}",
            "[resolver] connect failed: dial * {refused}",
        ),
        meaning=message(
            "A container asked Docker's name server for a name, and nothing listens at the address of the name "
            "server behind it. An address such as 127.0.0.53 in resolv.conf is the host's own and no container's."
        ),
        causes=("dns-upstream-unreachable", "loopback-is-the-container", "host-service-not-running"),
        passing=True,
        about="flow",
        printed_by="source",
        verdicts=("refused", "rejected"),
        samples=(
            Sample(
                "[resolver] read from DNS server failed, read udp 172.18.0.2:50934->172.31.0.2:53: read: "
                "connection refused",
                "docker/for-linux#392",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-no-external-nameservers",
        program="dockerd",
        patterns=("No non-localhost DNS nameservers are left in resolv.conf. Using default external servers",),
        meaning=message(
            "The host's resolv.conf has only addresses of the host itself, so dockerd gives containers 8.8.8.8 "
            "and 8.8.4.4. Where these are not reached, containers resolve no name: set `dns` in daemon.json."
        ),
        causes=("dns-upstream-unreachable",),
        kind="routine",
        samples=(
            Sample(
                "No non-localhost DNS nameservers are left in resolv.conf. Using default external servers: "
                "[nameserver 8.8.8.8 nameserver 8.8.4.4]",
                "moby, libnetwork/resolvconf",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-overlay-neighbour",
        program="dockerd",
        patterns=(
            "could not resolve peer *: timed out resolving peer by querying the cluster", "could not resolve peer",
            "failed to add neighbor entry * overlay", "Neighbor entry already present for IP {address}, mac *",
        ),
        meaning=message(
            "dockerd does not know on which host an address of an overlay network is. The other host's dockerd "
            "is not reached on TCP and UDP 7946, or has left the swarm."
        ),
        causes=("overlay-peer-missing", "vxlan-port-blocked"),
        shown_by=("overlay-peer-missing", "vxlan-port-blocked"),
        samples=(
            Sample(
                'could not resolve peer "10.0.0.5": timed out resolving peer by querying the cluster',
                "moby, libnetwork/drivers/overlay",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-sandbox-vxlan",
        program="dockerd",
        patterns=(
            "error creating vxlan interface: file exists",
        ),
        meaning=message(
            "A VXLAN device with this network's id was there already, left by another program or by an unclean end, "
            "so the container could not join the overlay network. `ip -d link show type vxlan` shows those that are "
            "there now."
        ),
        causes=("overlay-devices-lost", "overlay-peer-missing"),
        samples=(
            Sample(
                'subnet sandbox join failed for "10.0.1.0/24": error creating vxlan interface: file exists',
                "moby, libnetwork/drivers/overlay/ov_network.go",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-no-iptables-hint",
        program="dockerd",
        patterns=("WARNING: iptables is disabled", "^iptables is disabled", "Not using iptables because"),
        meaning=message(
            "dockerd runs with the option `iptables` false: it writes no rules, so nothing is published by NAT and "
            "containers are not masqueraded, unless other rules do both."
        ),
        causes=("docker-daemon-iptables-false", "masquerade-missing", "dnat-rule-missing"),
        kind="routine",
        shown_by=("docker-daemon-iptables-false",),
        samples=(
            Sample("WARNING: iptables is disabled", "moby, daemon/info_unix.go"),
        ),
    ),
)  # fmt: skip
