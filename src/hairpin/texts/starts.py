"""Errors of engines whose start, or whose container's start, failed, and their meanings.  The error is stored for a
container, or is a line in the engine's log.

``ENGINE_STARTS``: ports, addresses and subnets are not available, or rules cannot be made.  ``NETWORK_STARTS``: the
container's own network.  ``CONTAINER_STARTS``: the container's command, mounts, devices and address, which only causes
look up; ``explain`` does not use these entries.

Source: moby daemon/start.go, libnetwork/{portmapper,portallocator,ipam}, libnetwork/iptables/iptables.go; runc
libcontainer/init_linux.go; iptables/iptables.c, xshared.c, nft.c; libxtables/xtables.c; modprobe(8)
"""

from functools import cache

from hairpin.message import message
from hairpin.texts.index import EntryHit, TextIndex, index_of
from hairpin.texts.meaning import Failure, TextEntry, TextMeaning

_KERNEL_LACKS = Failure(
    message("the kernel lacks {part}, which the container's rules use"),
    message("load the module of the missing part or boot a kernel that has it, then {start}"),
)

ENGINE_STARTS = (
    TextMeaning(id="xtables-lock", program="iptables", passing=True, kept_by="xtables-lock-contention",
        patterns=("Another app is currently holding the xtables lock",
            "Another process is currently holding the xtables lock"),
        wider=("Can't open lock file {path}xtables.lock", "Fatal: can't open lock file {path}xtables.lock"),
        meaning=message("Another program was changing the rules and held the lock, so this change was not made. "
            "`iptables -w` waits for the lock. The rule is missing until its owner makes it again."),
        causes=("xtables-lock-contention",), shown_by=("xtables-lock-contention",),
        failure=Failure(message("a process held the xtables lock when rules for the container were to be made"),
        again=True)),
    TextMeaning(id="iptables-target-missing", program="iptables", kept_by="kernel-match-missing", subject="{target}",
        patterns=("Chain '{target}' does not exist", "Couldn't load target `{target}'"),
        meaning=message("iptables treated the target as a chain, because it found no extension for the target. "
            "iptables 1.8.0 and 1.8.1 have a bug that does this. With other versions, the extension's file or the "
            "kernel's module is missing."), causes=("iptables-check-bug", "kernel-match-missing",
            "kernel-module-missing"), shown_by=("kernel-match-missing", "kernel-module-missing", "iptables-check-bug"),
        failure=_KERNEL_LACKS),
    TextMeaning(id="iptables-match-missing", program="iptables", about="thing", kept_by="kernel-match-missing",
        subject="{module}",
        patterns=("Couldn't load match `{module}':{no_file}", "Couldn't load match `{module}'",
            "Extension {module} revision * not supported, missing kernel module"),
        wider=("Couldn't find match `{module}'", "Couldn't find target `{module}'"),
        meaning=message("The rule needs an extension that this kernel or this iptables does not have. After an upgrade "
            "of the kernel, reboot. Otherwise install the modules (linux-modules-extra, kernel-modules)."),
        causes=("kernel-match-missing", "kernel-module-missing"), shown_by=("kernel-match-missing",
        "kernel-module-missing"),
        failure=_KERNEL_LACKS),
    TextMeaning(id="nft-rule-append-failed", program="iptables", kept_by="kernel-match-missing",
        patterns=("RULE_APPEND failed (No such file or directory)", "RULE_INSERT failed (No such file or directory)"),
        wider=("RULE_APPEND failed (Operation not supported)", "RULE_APPEND failed (Invalid argument)",
            "RULE_INSERT failed (Invalid argument)"),
        meaning=message("The kernel does not have a part that the rule needs: the module of a match or a target. After "
            "an upgrade of the kernel, reboot."), causes=("kernel-match-missing", "kernel-module-missing",
            "docker-nat-chain-missing"), shown_by=("kernel-match-missing", "kernel-module-missing")),
    TextMeaning(id="nft-table-add-failed", program="iptables", kept_by="kernel-module-missing",
        patterns=("TABLE_ADD failed (Invalid argument): table {table}", "TABLE_ADD failed (Operation not supported)"),
        meaning=message("The kernel has no nf_tables, or lacks nf_tables for this address family, so iptables-nft "
            "could write no rule. The module nf_tables is missing. After an upgrade of the kernel, reboot."),
        causes=("kernel-module-missing",), shown_by=("kernel-module-missing",)),
    TextMeaning(id="nft-chain-add-failed", program="iptables", kept_by="kernel-module-missing",
        patterns=("CHAIN_ADD failed (No such file or directory)", "CHAIN_ADD failed (Operation not supported)",
            "Failed to initialize nft: Protocol not supported"),
        meaning=message("The kernel does not have the kind of base chain that iptables-nft needs: the module nf_tables "
            "or nft_chain_nat is missing. After an upgrade of the kernel, reboot."), causes=("kernel-module-missing",),
        shown_by=("kernel-module-missing",)),
    TextMeaning(id="dockerd-nat-table-missing", program="iptables", kept_by="kernel-module-missing", subject="{table}",
        patterns=("can't initialize iptables table `{table}': Table does not exist",
            "can't initialize ip6tables table `{table}': Table does not exist",
            "can't initialize iptables table `{table}': iptables who? (do you need to insmod?)",
            "can't initialize ip6tables table `{table}': ip6tables who? (do you need to insmod?)"),
        wider=("can't initialize ip6tables table `{table}'",),
        meaning=message("The kernel had no such iptables table: the table's module (iptable_nat, ip6table_nat …) was "
            "missing or could not be loaded. After an upgrade of the kernel, reboot. For a container or a VM, its host "
            "has to load the module."), causes=("kernel-module-missing", "two-iptables-backends-in-use"),
        shown_by=("kernel-module-missing",),
        failure=_KERNEL_LACKS),
    TextMeaning(id="modprobe-module-missing", program="modprobe", kind="routine", about="thing",
        kept_by="kernel-module-missing", subject="{module}",
        patterns=("Module {module} not found in directory {path}",),
        wider=("modprobe: can't change directory to '{path}': {no_file}", "modprobe: FATAL: Module {module} not found",
            "modprobe: module {module} not found in modules.dep", "modprobe: ERROR: could not insert '{module}'",
            "modprobe: can't load module {module}"),
        meaning=message("The running kernel has no module of that name on disk. The module is built into the kernel, "
            "an upgrade has replaced the kernel before a reboot, or the modules are not installed "
            "(linux-modules-extra). This matters only if a rule needs the module."), causes=("kernel-module-missing",
            "kernel-match-missing"), shown_by=("kernel-module-missing",)),
    TextMeaning(id="dockerd-ipset-missing", program="dockerd", kept_by="kernel-module-missing", subject="ip_set",
        patterns=("kernel modules ip_set, ip_set_hash_net and netfilter_xt_set are required",),
        wider=("creating ipset {word}: invalid argument",),
        meaning=message("Docker 28.0.0 needs the kernel modules ip_set, ip_set_hash_net and xt_set, and this kernel "
            "does not have them. Docker 28.0.1 needs none of them."), causes=("kernel-module-missing",),
        shown_by=("kernel-module-missing",)),
    TextMeaning(id="dockerd-vxlan-unsupported", program="dockerd", kept_by="kernel-module-missing", subject="vxlan",
        patterns=("error creating vxlan interface: operation not supported",
            "error creating vxlan interface: protocol not supported"),
        meaning=message("The kernel has no VXLAN, so no container can join an overlay network: the module vxlan was "
            "missing. Usually an upgrade has replaced the package of the running kernel: reboot into the new kernel. "
            "Some kernels of boards and clouds come without the module (linux-modules-extra)."),
        causes=("kernel-module-missing",)),
    TextMeaning(id="dockerd-iptables-missing", program="dockerd", kept_by="iptables-binary-shadowed",
        patterns=("failed to find iptables",
            'failed to locate iptables: exec: "iptables": executable file not found in $PATH', "Iptables not found",
            'exec: "iptables": executable file not found in $PATH'),
        wider=('exec: "iptables-save": executable file not found',),
        meaning=message("The engine does not find the program iptables, so it writes no rules. Install the package, or "
            "give the service a PATH that contains /usr/sbin."), causes=("iptables-binary-shadowed",
            "docker-daemon-iptables-false", "masquerade-missing"), shown_by=("iptables-binary-shadowed",)),
    TextMeaning(id="docker-pools-exhausted", program="dockerd", kept_by="address-pool-exhausted",
        patterns=("could not find an available, non-overlapping IPv4 address pool among the defaults",
            "could not find an available predefined network", "all predefined address pools have been fully subnetted"),
        wider=("could not find an available, non-overlapping IPv6 address pool among the defaults",
            "failed to parse pool request for address space"),
        meaning=message("dockerd has no free subnet for a new network. Its default pools hold about 30 subnets, and "
            "each subnet that a route of the host covers counts as taken (a VPN often takes all of them). "
            "`default-address-pools` in daemon.json gives dockerd more."), causes=("address-pool-exhausted",
            "bridge-subnet-overlaps-route", "route-diverts-traffic"), shown_by=("address-pool-exhausted",)),
    TextMeaning(id="dockerd-no-predefined-network", program="dockerd", kept_by="address-pool-exhausted",
        patterns=("list bridge addresses failed: * no available network", "PredefinedLocalScopeDefaultNetworks List: *",
            ": no available network"),
        meaning=message("dockerd found no free subnet for its default bridge, so it did not start: routes of the host "
            "cover all of its pools (a VPN with a route for everything does this). Give docker0 an address with the "
            "option `bip`."), causes=("address-pool-exhausted", "bridge-subnet-overlaps-route",
            "docker-daemon-not-running"), shown_by=("address-pool-exhausted",)),
    TextMeaning(id="docker-port-allocated", program="dockerd", about="port",
        patterns=("Bind for {address}:{port} failed: port is already allocated",
            "Bind for :::{port} failed: port is already allocated",
            "Bind for {address}:{port}: unexpected error Port {port} is already in use"),
        wider=("port is already allocated", "Bind for {address}:{port} failed: port is already"),
        meaning=message("dockerd has given this host port to another container. That container runs, or it ended "
            "uncleanly and dockerd still counts the port as taken."), causes=("port-allocated-by-other-container",
            "docker-proxy-stale", "published-port-held-by-other-process"),
        shown_by=("port-allocated-by-other-container", "published-port-held-by-other-process"),
        failure="of-host"),
    TextMeaning(id="docker-proxy-address-in-use", program="dockerd", about="port",
        patterns=("Error starting userland proxy: listen tcp* {address}:{port}: bind: {in_use}",
            "Error starting userland proxy: listen udp* {address}:{port}: bind: {in_use}",
            "failed to bind host port for {address}:{port}:* {in_use}",
            "failed to bind host port {address}:{port}/*: {in_use}", "listen tcp* {address}:{port}: bind: {in_use}",
            "listen udp* {address}:{port}: bind: {in_use}", "listen tcp* :{port}: bind: {in_use}",
            "ports are not available: exposing port * {address}:{port}*: {in_use}",
            "exposing port TCP {address}:{port} -> *: {in_use}", "listen udp* :{port}: bind: {in_use}"),
        wider=("Error starting userland proxy: * {in_use}", "cannot start a stopped process * bind: {in_use}"),
        meaning=message("Another process already listens on this host port, so docker cannot use the port. `ss -lntup` "
            "names the process: another program, or a docker-proxy that was left over."),
        causes=("published-port-held-by-other-process", "docker-proxy-stale", "ephemeral-port-collision",
        "port-allocated-by-other-container"), shown_by=("published-port-held-by-other-process",
        "port-allocated-by-other-container"),
        failure="of-host"),
    TextMeaning(id="docker-privileged-port", program="docker",
        patterns=("listen tcp* {address}:{port}: bind: permission denied", "cannot expose privileged port {port}",
            "listen udp* {address}:{port}: bind: permission denied", "listen tcp* :{port}: bind: permission denied",
            "Failed to bind port {port} (Permission denied) for option"),
        wider=("error while calling PortManager.AddPort(): * permission denied",
            "failed to start rootlessport process: fork/exec * permission denied"),
        meaning=message("A rootless engine may not listen on a port below net.ipv4.ip_unprivileged_port_start, which "
            "is 1024 by default. Publish a higher port, or let root publish this port."),
        causes=("privileged-port-rootless",),
        failure="of-host"),
    TextMeaning(id="docker-address-not-here", program="dockerd", about="port",
        patterns=("listen tcp* {address}:{port}: bind: {not_here}", "listen udp* {address}:{port}: bind: {not_here}",
            "failed to bind host port for {address}:{port}* {not_here}",
            "exposing port TCP {address}:{port} -> *: {not_here}"),
        wider=("failed to bind host port * {not_here}", "Error starting userland proxy: * {not_here}"),
        meaning=message("The address in the port's mapping is not on this host, or was not there yet when the "
            "container was started. A cloud's public address is on the cloud's gateway, not on the host: publish on "
            "the private address."), causes=("publish-address-not-on-host", "reboot-ordering", "cloud-address-changed",
            "host-address-missing"), shown_by=("publish-address-not-on-host",),
        failure="of-host"),
)  # fmt: skip

NETWORK_STARTS = (
    TextMeaning(id="docker-subnets-overlap", program="dockerd", other_causes=True,
        patterns=(
            "cannot program address {address}/{number} in sandbox interface because it conflicts with existing route",),
        meaning=message("The container has two networks whose subnets overlap, so dockerd did not give it the second "
            "address. `docker network inspect NETWORK` shows the subnets. One of the networks needs another subnet, or "
            "take the container off one of them."),
        failure=Failure(message("two of the container's networks have overlapping subnets, and {address} is in both"),
            message("recreate {name} with one of the two networks, or recreate one of the networks with another "
            "subnet"))),
    TextMeaning(id="netavark-dhcp-proxy-missing", program="netavark",
        patterns=("unable to obtain lease: socket *nv-proxy.sock*: {no_file}",
            "is the netavark-dhcp-proxy.socket unit enabled"),
        meaning=message("A macvlan network without a subnet gets its addresses by DHCP, but Podman's DHCP client "
            "(netavark-dhcp-proxy) does not run; `systemctl status netavark-dhcp-proxy.socket` shows its state. With "
            "`--subnet`, the network needs no DHCP. Rootless Podman has no macvlan on the host's links."),
        causes=("container-not-running",),
        failure=Failure(message("Podman's DHCP client, netavark-dhcp-proxy, does not run"),
            message("let systemd start it: `systemctl enable --now netavark-dhcp-proxy.socket`; then {start}"))),
    TextMeaning(id="netavark-firewall-driver-unknown", program="netavark", other_causes=True,
        patterns=("Must provide a valid firewall backend, got {word}",),
        meaning=message("netavark has no such firewall driver. `firewall_driver` in containers.conf or the variable "
            "NETAVARK_FW names it. Recent releases of netavark have no driver iptables any more."),
        causes=("container-not-running",),
        failure=Failure(message("netavark has no firewall driver {word}, which containers.conf names"),
            message("set firewall_driver in containers.conf to a driver that netavark has (nftables), then {start}"))),
    TextMeaning(id="docker-address-outside-subnet", program="dockerd", other_causes=True,
        patterns=("no configured subnet contains IP address {address}",
            "no configured subnet or ip-range contain the IP address {address}",
            "no configured subnet or ip range contains IP address {address}",
            "Invalid address {address}: It does not belong to any of this network's subnets"),
        meaning=message("The address that the container asks for (--ip, ipv4_address) is in no subnet of the network, "
            "or outside of its --ip-range. `docker network inspect NETWORK` shows both. A network that was made before "
            "a change of the compose file keeps its old subnet."), causes=("container-not-running",),
        failure=Failure(message("the container's fixed address {address} is in no subnet of its network"),
            message("recreate {name} with an address of that subnet, or recreate its network with a subnet that "
            "contains the address"))),
    TextMeaning(id="docker-address-not-free", program="dockerd", other_causes=True,
        patterns=("user specified IP address is supported on user defined networks only",
            "user specified IP address is supported only when connecting to networks with user configured subnets"),
        meaning=message("A container may ask for an address (--ip, ipv4_address) only on a network that a user made "
            "with a subnet of its own (--subnet). The networks bridge, host and none do not allow it, and neither does "
            "a network whose subnet dockerd chose."), causes=("container-not-running",),
        failure=Failure(message("the container asks for a fixed address on a network that was made without --subnet"),
            message("recreate {name} without the address, or on a network that was made with --subnet"))),
    TextMeaning(id="docker-parent-busy", program="dockerd", other_causes=True,
        patterns=("failed to create the {word} port: device or resource busy",),
        meaning=message("The kernel made no macvlan or ipvlan link, because the parent is a port of a bridge or of a "
            "bond, or already carries links of the other kind. `ip -d link show` tells what the parent belongs to. Use "
            "the bridge itself, or a VLAN of the link, as the parent."), causes=("container-not-running",),
        failure=Failure(message("the kernel makes no macvlan or ipvlan link on the network's parent, because the "
            "parent has another use"), message("recreate the network of {name} with another parent: the bridge, or a "
            "VLAN of the link"))),
    TextMeaning(id="docker-parent-unsupported", program="dockerd", other_causes=True,
        patterns=("failed to create the {module} port: operation not supported",),
        meaning=message("The kernel could not load macvlan or ipvlan, so the container was not started. Some kernels "
            "of boards and clouds have the module in a separate package (linux-modules-extra). After an upgrade of the "
            "kernel, reboot."), causes=("kernel-module-missing",),
        failure=Failure(message("the kernel could not load its module {module}"), message("load the module (modprobe "
            "{module}) or boot a kernel that has it, then {start}"))),
    TextMeaning(id="docker-veth-unsupported", program="dockerd", kept_by="kernel-module-missing", subject="veth",
        patterns=("failed to add the host (*) <=> sandbox (*) pair interfaces: operation not supported",),
        meaning=message("The kernel could make no veth pair, so the container was not started: the module veth was "
            "missing. Usually an upgrade has replaced the package of the running kernel: reboot into the new kernel."),
        causes=("kernel-module-missing",),
        failure="of-host"),
    TextMeaning(id="docker-network-missing", program="dockerd",
        patterns=("Error response from daemon: network {word} not found",
            "failed to set up container networking: network {word} not found", "^network {word} not found",
            ": network {word} not found", ", network {word} not found"),
        wider=("Error: No such network: {word}", "network {word} declared as external, but could not be found"),
        meaning=message("The container should join a network that does not exist: nobody has created it yet, or it was "
            "removed. Compose does not create a network that its file calls `external: true`."),
        command="docker network ls", shows=message("no line has the network's name, or only a name with the project's "
            "name before it"),
        failure="of-host"),
    TextMeaning(id="docker-network-not-loaded", program="dockerd",
        patterns=("failed to create endpoint {container} on network {word}: network * does not exist",),
        meaning=message("dockerd lists this network, but did not load it when dockerd last started. The log of that "
            "start says why, such as ZONE_CONFLICT."), causes=("container-not-running", "firewalld-zone-conflict"),
        failure="of-host"),
    TextMeaning(id="docker-joined-container-stopped", program="dockerd", about="thing",
        patterns=("cannot join network of a non running container: {container}",
            "joining network namespace of container: No such container: {container}",
            "cannot join network namespace of a non running container: {container}"),
        wider=("cannot join network of a non running container",
            "joining network namespace of container: No such container",
            "cannot join network namespace of a non running container",
            "No such container: * joining network namespace of container"),
        meaning=message("This container shares the network of another container, which did not run when this one was "
            "started. The other container has to run first."), causes=("shared-namespace-left",
            "container-shares-network-of-stopped-container", "container-not-running"),
        shown_by=("container-not-running", "shared-namespace-left"),
        failure="of-host"),
)  # fmt: skip

CONTAINER_STARTS = (
    TextEntry(id="engine-chain-gone",
        patterns=("No chain/target/match by that name", "-A DOCKER * Chain 'DOCKER' does not exist",
            "iptables * Couldn't load target `DOCKER*'"),
        failure=Failure(message("a chain, a match or a target that the container's rules need did not exist"),
        again=True)),
    TextEntry(id="container-runtime-missing", subject="{runtime}{word}{capability}",
        patterns=('exec: "{runtime}": executable file not found', "unknown or invalid runtime name: {word}",
            "could not select device driver * [[{capability}]]"),
        failure=Failure(message("this host lacks {what}, which the container asks for"), message("install the missing "
            "part and restart the engine, or recreate {name} without it"))),
    # ``unless``: such an error is about the missing program iptables, which the engine needs
    TextEntry(id="container-command-missing", subject="{quoted}",
        patterns=('exec: "{quoted}": executable file not found', 'exec "{quoted}": executable file not found',
            'exec: "{quoted}":* no such file', 'exec "{quoted}":* no such file'), unless=("external connectivity",
            "bridge driver"),
        failure=Failure(message("the container's command {command} is not in the image"),
            message("correct the command or the entrypoint, and recreate {name}. A mount may cover the file, or a "
            "script lacks its interpreter"))),
    TextEntry(id="container-command-not-executable", subject="{quoted}",
        patterns=('exec: "{quoted}":* permission denied', 'exec: "{quoted}":* is a directory',
            'exec "{quoted}":* permission denied', 'exec "{quoted}":* is a directory'),
        failure=Failure(message("the container's command {command} is not executable"), message("make the command "
            "executable (chmod +x, in the image or in the mounted folder), then start {name}"))),
    TextEntry(id="container-architecture",
        patterns=("exec format error",),
        failure=Failure(message("the container's program is for another architecture than this host's, or it is a "
            "script that lacks the first line (#!)"), message("recreate {name} with an image for this host's "
            "architecture (--platform)"))),
    TextEntry(id="container-device-missing", subject="{file}",
        patterns=('custom device "{file}": no such file', 'custom device "{file}": not a device'),
        failure=Failure(message("device {device} does not exist on this host, or is not a device"),
            message("connect the device or load its driver, or recreate {name} without it"))),
    TextEntry(id="container-device-denied",
        patterns=("{device}: operation not permitted", "{device}: permission denied"),
        failure=Failure(message("the container was not permitted to use {device}"),
            message("give {name} the right: --device {device}"))),
    TextEntry(id="container-mount", subject="{file}{quoted}",
        patterns=("bind source path does not exist: {file}", 'error mounting "{quoted}" to rootfs',
            "error while mounting volume '{file}':", "failed to mount local volume: mount {file}:"),
        failure=Failure(message("{source} cannot be mounted: it does not exist, or one side is a folder and the other "
            "is a file"), message("create the missing source or make both sides the same kind (file or folder), then "
            "start {name}"))),
    TextEntry(id="container-owner-missing",
        patterns=("No such container: {container}", "joining network namespace of container: {container}"),
        failure="of-host"),
    TextEntry(id="container-address-taken", unless=("bind:",),
        patterns=("^Address already in use$", ": Address already in use$",
            "requested ip address {address} is already allocated"),
        failure="of-host"),
    TextEntry(id="container-user-missing",
        patterns=("unable to find user {user}",),
        failure=Failure(message("the container's user {user} is not in the image"), message("recreate {name} with a "
            "user that the image has, or with a number (--user)"))),
    TextEntry(id="disk-full", unless=("inotify", "cgroup"),
        patterns=("no space left on device",),
        failure=Failure(message("no space was left on a disk"), message("free some space (df -h; docker system df), "
            "then start {name}"))),
)  # fmt: skip

_STARTS: tuple[TextEntry, ...] = (*ENGINE_STARTS, *NETWORK_STARTS, *CONTAINER_STARTS)


def failure_told(error: str) -> EntryHit[TextEntry] | None:
    """Return the meaning of a container's stored error, or None."""
    return _failures().find(error)


def cause_told(text: str) -> tuple[str, str]:
    """Return the id of the cause that the words mean, and the subject of the words.

    Id and subject are empty if no cause is known."""
    found = _causes().find(text)
    return (found.entry.kept_by, found.subject) if found is not None else ("", "")


@cache
def _failures() -> TextIndex[TextEntry]:
    return index_of((each for each in _STARTS if each.failure is not None), wider=False)


@cache
def _causes() -> TextIndex[TextEntry]:
    return index_of((each for each in _STARTS if each.kept_by), wider=False)
