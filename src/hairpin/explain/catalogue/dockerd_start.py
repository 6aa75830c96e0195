"""What dockerd and systemd write when dockerd does not start, and when it cannot make what the kernel lacks."""

from hairpin.explain.meaning import Sample, TextMeaning
from hairpin.message import message

DOCKERD_START = (
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
        shown_by=("address-pool-exhausted",),
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
            "ZONE_CONFLICT: remove_interface(*, {link})",
        ),
        meaning=message(
            "firewalld had Docker's bridge in another zone than the zone `docker`, so dockerd could not add it and "
            "did not start. `firewall-cmd --get-zone-of-interface=docker0` says which zone has it now."
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
        id="dockerd-flag-and-file",
        program="dockerd",
        patterns=(
            "the following directives are specified both as a flag and in the configuration file: {word}",
            "unable to configure the Docker daemon with file {path}: *",
            "the following directives don't match any configuration option: {word}",
            "unable to configure the Docker daemon with file {path}: invalid character *",
        ),
        meaning=message(
            "dockerd did not start, because daemon.json had an error or named an option that its command line has "
            "too. `dockerd --validate` says whether the file is right now."
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
        patterns=("conflicts with network * (*): networks have same bridge name", "networks have same bridge name"),
        meaning=message(
            "A start of dockerd that failed had left a second record of docker0 in dockerd's own file of networks, "
            "and this start ended at it. A dockerd that runs now has got past it."
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
            'exec: "iptables": executable file not found in $PATH',
                        'exec: "iptables-save": executable file not found',
        ),
        meaning=message(
            "The engine does not find the program iptables, so it writes no rules. Install the package, or give "
            "the service a PATH that has /usr/sbin."
        ),
        causes=("iptables-binary-shadowed", "docker-daemon-iptables-false", "masquerade-missing"),
        shown_by=("iptables-binary-shadowed",),
        samples=(
            Sample(
                'failed to locate iptables: exec: "iptables": executable file not found in $PATH',
                "openwrt/packages#22255",
            ),
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
            "The kernel had no such iptables table: its module (iptable_nat, ip6table_nat …) was not there or could "
            "not be loaded. After an upgrade of the kernel a reboot is due; in a container or a VM the host has to "
            "load it."
        ),
        causes=("kernel-module-missing", "two-iptables-backends-in-use"),
        shown_by=("kernel-module-missing",),
        samples=(
            Sample(
                "failed to create NAT chain DOCKER: iptables failed: iptables -t nat -N DOCKER: iptables v1.8.4 "
                "(legacy): can't initialize iptables table `nat': Table does not exist (do you need to insmod?)",
                "docker/for-linux#1070",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-ipset-missing",
        program="dockerd",
        patterns=(
            "creating ipset {word}: invalid argument",
            "kernel modules ip_set, ip_set_hash_net and netfilter_xt_set are required",
        ),
        meaning=message(
            "Docker 28.0.0 needs the kernel modules ip_set, ip_set_hash_net and xt_set, and this kernel does not "
            "have them. Docker 28.0.1 needs none of them."
        ),
        causes=("kernel-module-missing",),
        shown_by=("kernel-module-missing",),
        samples=(
            Sample(
                "creating ipset docker-ext-bridges-v4: invalid argument (kernel modules ip_set, ip_set_hash_net "
                "and netfilter_xt_set are required)",
                "moby/moby#49524",
            ),
        ),
    ),
    TextMeaning(
        id="docker-veth-unsupported",
        program="dockerd",
        patterns=("failed to add the host (*) <=> sandbox (*) pair interfaces: operation not supported",),
        meaning=message(
            "The kernel could make no veth pair, so the container was not started: the module veth was not there. Most "
            "often the package of the running kernel was replaced by an upgrade, and a reboot into the new one is due."
        ),
        causes=("kernel-module-missing",),
        samples=(
            Sample(
                "failed to create endpoint web on network bridge: failed to add the host (veth9754872) <=> sandbox "
                "(veth6a875bb) pair interfaces: operation not supported",
                "moby, libnetwork/drivers/bridge/bridge_linux.go; moby/moby#39188",
            ),
        ),
    ),
    TextMeaning(
        id="dockerd-vxlan-unsupported",
        program="dockerd",
        patterns=(
            "error creating vxlan interface: operation not supported",
            "error creating vxlan interface: protocol not supported",
        ),
        meaning=message(
            "The kernel has no VXLAN, so no container can join an overlay network: the module vxlan was not there. "
            "Most often the package of the running kernel was replaced by an upgrade, and a reboot into the new one is "
            "due; some kernels of boards and clouds come without it (linux-modules-extra)."
        ),
        causes=("kernel-module-missing",),
        samples=(
            Sample(
                'subnet sandbox join failed for "10.0.1.0/24": error creating vxlan interface: operation not supported',
                "moby, libnetwork/drivers/overlay/ov_network.go",
            ),
        ),
    ),
)  # fmt: skip
