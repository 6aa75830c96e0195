"""What dockerd and systemd write when dockerd does not start, and when it cannot make what the kernel lacks."""

from hairpin.explain.meaning import TextMeaning
from hairpin.message import message

DOCKERD_START = (
    TextMeaning(
        id="dockerd-no-predefined-network", program="dockerd",
        patterns=(
            "list bridge addresses failed: * no available network", "PredefinedLocalScopeDefaultNetworks List: *",
        ),
        meaning=message(
            "dockerd found no free subnet for its default bridge, since routes of the host cover all of its pools (a "
            "VPN with a route for everything does that), and it did not start. Give docker0 an address with the option "
            "`bip`."
        ),
        causes=("address-pool-exhausted", "bridge-subnet-overlaps-route", "docker-daemon-not-running"),
        shown_by=("address-pool-exhausted",),
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
        patterns=("conflicts with network * (*): networks have same bridge name", "networks have same bridge name"),
        meaning=message(
            "A start of dockerd that failed had left a second record of docker0 in dockerd's own file of networks, and "
            "this start ended at it. A dockerd that runs now has got past it."
        ),
        causes=("docker-daemon-not-running",),
    ),
    TextMeaning(
        id="dockerd-iptables-missing", program="dockerd",
        patterns=(
            "failed to find iptables",
            'failed to locate iptables: exec: "iptables": executable file not found in $PATH', "Iptables not found",
            'exec: "iptables": executable file not found in $PATH', 'exec: "iptables-save": executable file not found',
        ),
        meaning=message(
            "The engine does not find the program iptables, so it writes no rules. Install the package, or give the "
            "service a PATH that has /usr/sbin."
        ),
        causes=("iptables-binary-shadowed", "docker-daemon-iptables-false", "masquerade-missing"),
        shown_by=("iptables-binary-shadowed",),
    ),
    TextMeaning(
        id="dockerd-nat-table-missing", program="iptables",
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
        causes=("kernel-module-missing", "two-iptables-backends-in-use"), shown_by=("kernel-module-missing",),
    ),
    TextMeaning(
        id="dockerd-ipset-missing", program="dockerd",
        patterns=(
            "creating ipset {word}: invalid argument",
            "kernel modules ip_set, ip_set_hash_net and netfilter_xt_set are required",
        ),
        meaning=message(
            "Docker 28.0.0 needs the kernel modules ip_set, ip_set_hash_net and xt_set, and this kernel does not have "
            "them. Docker 28.0.1 needs none of them."
        ),
        causes=("kernel-module-missing",), shown_by=("kernel-module-missing",),
    ),
    TextMeaning(
        id="docker-veth-unsupported", program="dockerd",
        patterns=("failed to add the host (*) <=> sandbox (*) pair interfaces: operation not supported",),
        meaning=message(
            "The kernel could make no veth pair, so the container was not started: the module veth was not there. Most "
            "often the package of the running kernel was replaced by an upgrade, and a reboot into the new one is due."
        ),
        causes=("kernel-module-missing",),
    ),
    TextMeaning(
        id="dockerd-vxlan-unsupported", program="dockerd",
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
    ),
)  # fmt: skip
