"""What dockerd writes when it does not start, and into its log while it runs."""

from hairpin.explain.meaning import Sample, TextMeaning
from hairpin.message import message

DOCKERD = (
    TextMeaning(
        id="dockerd-no-predefined-network",
        program="dockerd",
        patterns=(
            "list bridge addresses failed: * no available network", "PredefinedLocalScopeDefaultNetworks List: *",
        ),
        meaning=message(
            "dockerd found no free subnet for its default bridge, since routes of the host cover all of its "
            "pools (a VPN with a route for everything does that), and it did not start. Give docker0 an address "
            "with the option `bip`."
        ),
        causes=("address-pool-exhausted", "bridge-subnet-overlaps-route", "docker-daemon-not-running"),
        samples=(
            Sample(
                "Error initializing network controller: list bridge addresses failed: "
                "PredefinedLocalScopeDefaultNetworks List: [172.17.0.0/16 172.18.0.0/16]: no available network",
                "docker/for-linux#599",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-zone-conflict",
        program="dockerd",
        patterns=(
            "ZONE_CONFLICT: '{link}' already bound to a zone", "ZONE_CONFLICT: '{link}' already bound to '{word}'",
            "ZONE_CONFLICT: remove_interface(*, {link})", "ZONE_CONFLICT",
        ),
        meaning=message(
            "firewalld has Docker's bridge in another zone than the zone `docker`, so dockerd cannot add it and "
            "does not start. Take the bridge out of that zone: `firewall-cmd --permanent --zone=ZONE "
            "--remove-interface=docker0`."
        ),
        causes=("docker-daemon-not-running", "firewalld-zone-conflict", "firewalld-bridge-in-wrong-zone"),
        samples=(
            Sample(
                'failed to start daemon: Error initializing network controller: Error creating default "bridge" '
                "network: Failed to program NAT chain: ZONE_CONFLICT: 'docker0' already bound to a zone",
                "docker/for-linux#1163",
            ),
            Sample("Error: ZONE_CONFLICT: remove_interface(trusted, docker0): zoi='docker'", "moby/moby#41609"),
        ),
    ),
    TextMeaning(
        id="dockerd-nat-table-missing",
        program="iptables",
        patterns=(
            "can't initialize iptables table `{table}': Table does not exist",
            "can't initialize ip6tables table `{table}': Table does not exist",
            "can't initialize iptables table `{table}': iptables who? (do you need to insmod?)",
            "can't initialize ip6tables table `{table}'",
        ),
        meaning=message(
            "The kernel has no such iptables table: its module (iptable_nat, ip6table_nat …) is not there or "
            "cannot be loaded. After an upgrade of the kernel a reboot is due; in a container or a VM the host "
            "has to load it."
        ),
        causes=("kernel-module-missing", "two-iptables-backends-in-use"),
        samples=(
            Sample(
                "failed to create NAT chain DOCKER: iptables failed: iptables -t nat -N DOCKER: iptables v1.8.4 "
                "(legacy): can't initialize iptables table `nat': Table does not exist (do you need to insmod?)",
                "docker/for-linux#1070",
            ),
        ),
    ),
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
        id="dockerd-ipset-missing",
        program="dockerd",
        patterns=(
            "creating ipset {word}: invalid argument",
            "kernel modules ip_set, ip_set_hash_net and netfilter_xt_set are required", "creating ipset {word}: *",
        ),
        meaning=message(
            "Docker 28.0.0 needs the kernel modules ip_set, ip_set_hash_net and xt_set, and this kernel does not "
            "have them. Docker 28.0.1 needs none of them."
        ),
        causes=("kernel-module-missing",),
        samples=(
            Sample(
                "creating ipset docker-ext-bridges-v4: invalid argument (kernel modules ip_set, ip_set_hash_net "
                "and netfilter_xt_set are required)",
                "moby/moby#49524",
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
        samples=(
            Sample(
                "Running modprobe bridge br_netfilter failed with message: modprobe: WARNING: Module "
                "br_netfilter not found in directory /lib/modules/4.9.0",
                "moby/libnetwork#1767",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-flag-and-file",
        program="dockerd",
        patterns=(
            "the following directives are specified both as a flag and in the configuration file: {word}",
            "unable to configure the Docker daemon with file {path}: *",
            "the following directives don't match any configuration option: {word}",
            "invalid character * in string literal * daemon.json",
        ),
        meaning=message(
            "dockerd does not start, because daemon.json has an error or names an option that its command line "
            "has too. Take it out of one of the two, and start dockerd."
        ),
        causes=("daemon-does-not-start-config", "docker-daemon-not-running"),
        samples=(
            Sample(
                "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following "
                "directives are specified both as a flag and in the configuration file: hosts: (from flag: "
                "[fd://], from file: [tcp://0.0.0.0:2375])",
                "docker/for-win#564",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-start-limit",
        program="systemd",
        patterns=(
            "docker.service: Start request repeated too quickly",
            "Failed to start Docker Application Container Engine", "Job for docker.service failed because",
        ),
        meaning=message(
            "dockerd did not start or ended. Its own lines just before, `journalctl -u docker`, say why."
        ),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict"),
        general=True,
        samples=(
            Sample("docker.service: Start request repeated too quickly.", "systemd, src/core/unit.c"),
        ),
    ),
    TextMeaning(
        id="dockerd-ended",
        program="systemd",
        patterns=("docker.service: Failed with result",),
        meaning=message(
            "dockerd ended with an error, or a signal ended it. systemd starts it again, unless it ends too often."
        ),
        causes=("docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict"),
        kind="routine",
        general=True,
        samples=(
            Sample("docker.service: Failed with result 'exit-code'.", "systemd, src/core/unit.c"),
        ),
    ),
    TextMeaning(
        id="dockerd-controller-failed",
        program="dockerd",
        patterns=(
            "Error initializing network controller", "error initializing network controller",
            "failed to start daemon:",
        ),
        meaning=message(
            "dockerd did not start, because it could not set up its networks. The end of the message says why."
        ),
        causes=(
            "docker-daemon-not-running", "daemon-does-not-start-config", "firewalld-zone-conflict",
            "kernel-module-missing", "address-pool-exhausted",
        ),
        general=True,
        samples=(
            Sample("failed to start daemon: Error initializing network controller: …", "moby, cmd/dockerd/daemon.go"),
        ),
    ),
    TextMeaning(
        id="dockerd-bridge-exists",
        program="dockerd",
        patterns=("networks have same bridge name",),
        meaning=message(
            "dockerd's own file of networks has two for docker0, left by an unclean end, and it does not start. "
            "Stop dockerd, move /var/lib/docker/network/files/local-kv.db away, and start it."
        ),
        causes=("docker-daemon-not-running",),
        samples=(
            Sample(
                'Error creating default "bridge" network: cannot create network '
                "fa74b0de61a17ffe68b9a8f7c1cd698692fb56f6151a7898d66a30350ca0085f (docker0): conflicts with "
                "network bb9e0aab24dd1f4e61f8e7a46d4801875ade36af79d7d868c9a6ddf55070d4d7 (docker0): networks "
                "have same bridge name",
                "moby/moby#17083",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-iptables-missing",
        program="dockerd",
        patterns=(
            "failed to find iptables",
            'failed to locate iptables: exec: "iptables": executable file not found in $PATH', "Iptables not found",
            "iptables: command not found", 'exec: "iptables": executable file not found in $PATH',
            "could not find iptables", "iptables is not installed",
            'exec: "iptables-save": executable file not found',
        ),
        meaning=message(
            "The engine does not find the program iptables, so it writes no rules. Install the package, or give "
            "the service a PATH that has /usr/sbin."
        ),
        causes=("iptables-binary-shadowed", "docker-daemon-iptables-false", "masquerade-missing"),
        samples=(
            Sample(
                'failed to locate iptables: exec: "iptables": executable file not found in $PATH',
                "openwrt/packages#22255",
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
            "error adding neighbor entry",
        ),
        meaning=message(
            "dockerd does not know on which host an address of an overlay network is. The other host's dockerd "
            "is not reached on TCP and UDP 7946, or has left the swarm."
        ),
        causes=("overlay-peer-missing", "vxlan-port-blocked"),
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
            "subnet sandbox join failed for * error creating vxlan interface: *",
        ),
        meaning=message(
            "A VXLAN device with this network's id is there already, left by another program or by an unclean "
            "end, so the container cannot join the overlay network. Delete the device that `ip -d link show type "
            "vxlan` shows."
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
        patterns=("iptables is disabled", "--iptables=false", "Not using iptables because"),
        meaning=message(
            "dockerd runs with the option `iptables` false: it writes no rules, so nothing is published by NAT "
            "and containers are not masqueraded. Somebody has to write these rules himself."
        ),
        causes=("docker-daemon-iptables-false", "masquerade-missing", "dnat-rule-missing"),
        kind="routine",
        samples=(
            Sample("WARNING: iptables is disabled", "moby, daemon/info_unix.go"),
        ),
    ),
)  # fmt: skip
