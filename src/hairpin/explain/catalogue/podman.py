"""Texts of Podman, netavark, CNI and containerd, and of engines that lack a program of their host or the right to
start a container (AppArmor, seccomp, an engine in a container)."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

PODMAN = (
    TextMeaning(id="cni-chain-gone", program="podman",
        patterns=("Error deleting network: running [*iptables * -t nat -D POSTROUTING * Chain 'CNI-*' does not exist",
            "running [*iptables -t nat * CNI-* does not exist",
            "running [*iptables -t nat * CNI-* No chain/target/match by that name",
            "running [*iptables -t nat * Couldn't load target `CNI-"),
        meaning=message("Podman's rules (CNI) for this container were gone when it started or ended: a firewall's "
            "restart had flushed them. Its published ports do not work until the rules are back. `hairpin restore` "
            "shows which rules are missing now."), causes=("podman-rules-missing", "firewalld-restart-wipes-docker",
            "firewall-manager-flushed-rules"), shown_by=("podman-rules-missing",)),
    TextMeaning(id="netavark-rules-failed", program="netavark",
        patterns=("netavark: code: {number}, msg: iptables: *", "netavark: iptables: *", "netavark: nftables error",
            "netavark: unable to append rule * to table", "netavark: * No chain/target/match by that name",
            "netavark: (*iptables* does not exist"),
        meaning=message("netavark could not write the rules of a container, so the container's ports are not "
            "published. The end of the message is the answer of iptables or nft."), causes=("podman-rules-missing",
            "kernel-module-missing", "kernel-match-missing", "firewall-manager-flushed-rules",
            "xtables-lock-contention")),
    TextMeaning(id="aardvark-port-53", program="netavark",
        patterns=("aardvark-dns failed to start: * failed to bind udp listener on {address}:{port}",
            "failed to bind udp listener on {address}:{port}", "aardvark-dns failed to start",
            "aardvark-dns runs in a different netns"),
        meaning=message("Podman's name server could not listen on port 53 of the network's gateway, because another "
            "name server (dnsmasq, systemd-resolved, named) held the port. `ss -lnup 'sport = 53'` names that program; "
            "`dns_bind_port` in containers.conf gives Podman's name server another port."),
        causes=("dns-port-53-conflict", "published-port-held-by-other-process")),
    TextMeaning(id="podman-port-in-use", program="podman", about="port",
        patterns=("rootlessport listen tcp {address}:{port}: bind: {in_use}",
            "cannot listen on the TCP port: listen tcp4 :{port}: bind: {in_use}",
            "cannot listen on the UDP port: listen udp4 :{port}: bind: {in_use}",
            "Failed to bind port {port} (*) for option", "Couldn't open TCP socket for port {port}",
            "couldn't listen on requested TCP ports"),
        meaning=message("Another process or container already listens on this port of the host, so podman cannot "
            "publish the port. `ss -lntup` names the process."), causes=("published-port-held-by-other-process",
            "port-allocated-by-other-container"), shown_by=("published-port-held-by-other-process",
            "port-allocated-by-other-container")),
    TextMeaning(id="cni-network-missing", program="podman",
        patterns=("unable to find network with name or ID {word}", 'CNI network "{word}" not found',
            "no CNI network providers found", "Network plugin returns error: cni plugin not initialized",
            "network plugin is not ready: cni config uninitialized", "no valid networks found in {path}cni/net.d",
            "no networks found in {path}cni/net.d"),
        meaning=message("The engine finds no configuration of the network that the container should join. Make the "
            "network again, or install the CNI configuration of the cluster.")),
    TextMeaning(id="containerd-cni-not-loaded", program="containerd", kind="harmless",
        patterns=("failed to load cni during init, please check CRI plugin status before setting up network for pods",
            "cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized"),
        meaning=message("containerd found no CNI network at its start. Kubernetes needs a CNI network, but Docker "
            "makes its networks itself. containerd logs this at each start of a Docker host, and nothing is wrong.")),
    TextMeaning(id="cni-plugin-missing", program="containerd",
        patterns=('failed to find plugin "{word}" in path', 'failed to find plugin "{word}"',
            'could not find "{word}" in one of', "could not find {word} in one of",
            'needs CNI plugin "{word}" to be installed in CNI_PATH', "stat {path}cni/bin/{word}: {no_file}",
            "fork/exec {path}cni/bin/{word}: {no_file}", "failed to find plugin {word} in path",
            "failed to find CNI plugin", "Constraint *plugins.cni.version.*"),
        meaning=message("The CNI program of that name is not installed, so no container gets a network. Install the "
            "package with the CNI plugins (containernetworking-plugins), or netavark."),
        causes=("cni-plugin-missing",)),
    TextMeaning(id="cni-sandbox-failed", program="containerd", general=True,
        patterns=("failed to setup network for sandbox", "failed to create pod sandbox: * network",
            'plugin type="{word}" failed (add): '),
        meaning=message("A container got no network, so it was not started. The end of the message says which CNI "
            "plugin failed, and why."), causes=("kernel-module-missing", "iptables-binary-shadowed",
            "bridge-address-missing", "address-pool-exhausted")),
    TextMeaning(id="cni-bridge-address", program="containerd",
        patterns=('"{link}" already has an IP address different from {address}',),
        meaning=message("The bridge is left over from another network configuration and has another address than the "
            "plugin expects. The plugin makes the bridge itself. Compare `ip address show` with the network's file to "
            "see which address is right."), causes=("bridge-address-missing", "host-prefix-length-wrong",
            "container-subnet-on-two-hosts")),
    TextMeaning(id="cni-addresses-exhausted", program="containerd",
        patterns=("no IP addresses available in range set: {address}-{address}", "no IP addresses available in network",
            "failed to allocate for range *: no IP addresses available",
            "IPAM error: failed to find free IP in range: {address} - {address}"),
        meaning=message("Every address of the network is taken, often by containers that ended uncleanly. The files of "
            "taken addresses are in /var/lib/cni/networks."), causes=("address-pool-exhausted",)),
    TextMeaning(id="rootless-slirp-missing", program="podman",
        patterns=("could not find slirp4netns, the network namespace can't be configured",
            "could not find pasta, the network namespace can't be configured", "setting up Pasta: could not find pasta",
            'exec: "slirp4netns": executable file not found in $PATH'),
        meaning=message("The program that provides the network of a rootless container is not installed. Install passt "
            "(pasta) or slirp4netns.")),
    TextMeaning(id="pasta-failed", program="podman",
        patterns=("pasta failed with exit code {number}:", "No routable interface for IPv4",
            "Couldn't pick external interface", "External interface not usable",
            "No external routable interface for IPv4"),
        meaning=message("pasta found no link of the host with a default route, so the rootless container has no way "
            "out. Give the host a default route, or name the link with `--network pasta:-i,LINK`."),
        causes=("host-default-route-missing", "host-address-missing", "host-link-down"),
        shown_by=("host-default-route-missing",)),
    TextMeaning(id="podman-no-user-session", program="podman", kind="routine",
        patterns=("manager is set to systemd but there is no systemd user session available",
            "For using systemd, you may need to login using an user session",
            "For using systemd, you may need to log in using a user session",
            "you can enable lingering with: `loginctl enable-linger {number}` (possibly as root)"),
        meaning=message("Podman ran for a user without a systemd session, as with su, sudo or cron. Without lingering, "
            "the containers of this user end with the user's last session."), causes=("rootless-session-ended",
            "container-not-running"), shown_by=("rootless-session-ended",)),
    TextMeaning(id="podman-refreshing-container", program="podman", kind="routine",
        patterns=("Refreshing container {word}: acquiring lock {number} for container {word}: file exists",
            "Refreshing container {word}: error acquiring lock {number} for container {word}: file exists"),
        meaning=message("The folder with Podman's run-time state is new, as after a boot, or after the last session of "
            "a user without lingering. The containers that ran before have ended."), causes=("container-not-running",
            "rootless-session-ended")),
)  # fmt: skip

PODMAN_NETWORKS = (
    TextMeaning(id="podman-subnet-taken", program="podman", other_causes=True,
        patterns=("subnet * is already used on the host or by another config",
            "subnet * is being used by a network interface"),
        meaning=message("The requested subnet already belongs to a link or route of this host, or to another Podman "
            "network. `ip route` and `podman network ls` show which one. Choose another subnet."),
        causes=("bridge-subnet-overlaps-route", "address-pool-exhausted")),
    TextMeaning(id="podman-pools-exhausted", program="podman", other_causes=True,
        patterns=("could not find free subnet from subnet pools",),
        meaning=message("Podman found no free subnet for a new network. Each subnet in default_subnet_pools of "
            "containers.conf belongs to another network, or a route of the host covers it (a VPN's route for "
            "10.0.0.0/8 covers all default pools); `ip route` shows such a route. Give the network a subnet with "
            "`--subnet`, or configure other pools."), causes=("address-pool-exhausted",
            "bridge-subnet-overlaps-route")),
    TextMeaning(id="podman-address-taken", program="podman", other_causes=True,
        patterns=("requested ip address {address} is already allocated",),
        meaning=message("The address that the container asks for (--ip, ipv4_address) belongs to another container, or "
            "is still recorded for a container that ended uncleanly. `podman network inspect NETWORK` shows which "
            "containers have addresses."), causes=("container-not-running",)),
    TextMeaning(id="podman-address-outside-subnet", program="podman", other_causes=True,
        patterns=("requested static ip {address} not in any subnet on network {word}",),
        meaning=message("The address that the container asks for (--ip, ipv4_address) is in no subnet of its network. "
            "`podman network inspect NETWORK` shows the subnet; a network that was made earlier keeps its old subnet."),
        causes=("container-not-running",)),
    TextMeaning(id="podman-needs-bridge", program="podman", other_causes=True,
        patterns=('"{word}" is not supported: invalid network mode',
            "networks and static ip/mac address can only be used with Bridge mode networking",
            "CNINetworks can only be used with Bridge mode networking"),
        meaning=message("A rootless container uses pasta or slirp4netns by default, and these know no networks, fixed "
            "addresses or aliases. Make the container on a bridge: `--network NAME`, or `--network bridge:ip=…`."),
        causes=("no-common-network-for-name",)),
    TextMeaning(id="podman-network-in-use", program="podman",
        patterns=('"{word}" has associated containers with it',),
        meaning=message("Podman keeps a network as long as a container belongs to it, even if the container does not "
            "run. `podman ps -a --filter network=NAME` lists these containers. This does not stop packets.")),
    TextMeaning(id="netavark-link-unsupported", program="netavark", other_causes=True,
        patterns=("netavark: create bridge: Netlink error: Operation not supported",
            "netavark: create veth pair: Netlink error: Operation not supported",
            "netavark: failed to configure bridge and veth interface: * Operation not supported (os error 95)",
            "netavark: failed to delete if {link}: * Operation not supported (os error 95)"),
        meaning=message("The kernel could not make a bridge or a veth pair, because it could not load the module. "
            "Usually an upgrade has replaced the package of the running kernel: reboot into the new kernel. Compare "
            "`uname -r` with `ls /lib/modules`."), causes=("kernel-module-missing",)),
    TextMeaning(id="netavark-no-lease", program="netavark", passing=True,
        patterns=("netavark: unable to obtain lease: dhcp proxy error: *", "unable to obtain lease: get DHCP lease: *",
            "Could not find a lease within the timeout limit"),
        meaning=message("No DHCP server answered the container's new hardware address on the parent link. macvlan does "
            "not reach a DHCP server on this same host. Wi-Fi, many virtual switches and clouds do not carry a second "
            "hardware address; `tcpdump -ni PARENT port 67` shows whether a request leaves and an answer comes."),
        causes=("macvlan-host-cannot-reach", "host-link-down")),
    TextMeaning(id="aardvark-upstream-failed", program="aardvark-dns", passing=True,
        patterns=("aardvark-dns[*]: {number} dns request got empty response", "{number} dns request got empty response",
            "aardvark-dns[*]: * dns request failed: *", "{number} dns request failed: request timed out",
            "dns request failed: request timed out"),
        meaning=message("Podman's name server asked the name servers of the host's resolv.conf for a name that belongs "
            "to no container, and none of them answered in time. The host does not reach these servers, or a firewall "
            "drops the packets. To test a server on the host: `dig @SERVER example.com`."),
        causes=("dns-upstream-unreachable", "host-default-route-missing")),
    TextMeaning(id="rootless-tun-missing", program="slirp4netns", other_causes=True,
        patterns=('open("/dev/net/tun"): No such device', 'open("/dev/net/tun"): {no_file}',
            'open("/dev/net/tun"): Permission denied', 'open("/dev/net/tun"): {not_allowed}',
            "pasta failed with exit code {number}: Failed to open() /dev/net/tun: *"),
        meaning=message("A rootless container needs a tap device for its network, and the kernel gave none. Either the "
            "module tun is missing (after an upgrade of the kernel, reboot), or /dev/net/tun is not passed into the "
            "container in which Podman itself runs. `ls -l /dev/net/tun` shows the device; all users need to be able "
            "to read and write it."), causes=("kernel-module-missing",)),
    TextMeaning(id="cni-version", program="podman", other_causes=True,
        patterns=('plugin {word} does not support config version "{word}"',
            'incompatible CNI versions; config is "{word}"', "Error validating CNI config file {path}:"),
        meaning=message("The file of the network was written for a newer version of CNI than the plugins know. The "
            "network is not loaded, so names and ports of its containers fail. Install newer plugins "
            "(containernetworking-plugins) or netavark; `grep cniVersion` in /etc/cni/net.d shows the version; older "
            "plugins know versions up to 0.4.0."), causes=("cni-plugin-missing",)),
    TextMeaning(id="cni-cache-missing", program="podman", kind="harmless",
        patterns=('error loading cached network config: network "{word}" not found',
            "falling back to loading from existing plugins on disk"),
        meaning=message("CNI keeps the configuration of each container's networks, and found none for this container: "
            "it has just been made, or its start failed earlier. Podman then reads the file of the network. The line "
            "before or behind it says what failed.")),
)  # fmt: skip

PROGRAMS = (
    TextMeaning(id="podman-helper-missing", program="podman",
        patterns=('could not find "netavark" in one of *', 'could not find "aardvark-dns" in one of *',
            'could not find "pasta" in one of *', 'could not find "slirp4netns" in one of *',
            'could not find "rootlessport" in one of *', 'could not find "gvproxy" in one of *',
            'could not find "catatonit" in one of *', "To resolve this error, set the helper_binaries_dir key in the"),
        meaning=message("Podman does not find its helper program: the package of that program is not installed, or the "
            "program is in a folder that helper_binaries_dir of containers.conf does not name. `podman info` shows the "
            "helpers that Podman has found."),
        command="podman info; ls /usr/lib/podman /usr/libexec/podman",
        shows=message("the program is in neither folder")),
    TextMeaning(id="netavark-program-missing", program="netavark",
        patterns=("netavark: {no_file} (os error 2)", "netavark (exit code {number}): {no_file} (os error 2)",
            "netavark: iptables: {no_file}", "netavark: ip6tables: {no_file}",
            "netavark (exit code {number}): iptables: {no_file}", "netavark (exit code {number}): ip6tables: {no_file}",
            "netavark: nftables error: unable to execute *: {no_file}",
            "netavark (exit code {number}): nftables error: unable to execute *: {no_file}",
            "netavark: *unable to execute nft: {no_file}"),
        meaning=message("netavark calls the program iptables (or nft), and this program is not installed: the package "
            "iptables or nftables is missing. Some distributions only suggest this package with Podman. `command -v "
            "iptables nft` shows which program exists; firewall_driver in containers.conf chooses between the two."),
        command="command -v iptables nft; podman info | grep -A 9 networkBackend",
        shows=message("one of the two programs has no path")),
    TextMeaning(id="aardvark-missing", program="netavark",
        patterns=("dns disabled because aardvark-dns path does not exist", "aardvark-dns binary not found",
            "aardvark-dns: {no_file}", "dns disabled because aardvark-dns path does not exists"),
        meaning=message("Podman's name server, the program aardvark-dns, is not installed, so containers of the "
            "network do not know each other's names. `podman info` shows its path below networkBackendInfo, or no "
            "path."),
        command="podman info | grep -A 9 networkBackend; ls /usr/lib/podman /usr/libexec/podman",
        shows=message("no line has the path of aardvark-dns")),
    TextMeaning(id="engine-program-missing", program="dockerd",
        patterns=('exec: "nft": executable file not found', 'exec: "ip6tables": executable file not found',
            'exec: "ipset": executable file not found', 'exec: "dnsmasq": executable file not found',
            'exec: "conntrack": executable file not found', 'exec: "newuidmap": executable file not found',
            'exec: "newgidmap": executable file not found', 'exec: "rootlesskit": executable file not found',
            'exec: "pasta": executable file not found', 'exec: "vpnkit": executable file not found',
            'exec: "apparmor_parser": executable file not found', 'exec: "netavark": executable file not found',
            "unable to do port forwarding: socat not found", "[FileExisting-conntrack]: conntrack not found",
            "conntrack to be installed in root's path"),
        meaning=message("The engine does not find a program of the host that it needs: the package of that program is "
            "not installed, or the service's PATH lacks its folder (/usr/sbin). newuidmap belongs to the package "
            "uidmap, nft to nftables, and pasta to passt."),
        command="command -v iptables nft ipset newuidmap slirp4netns pasta conntrack",
        shows=message("the program has no path")),
    TextMeaning(id="runc-sysctl-denied", program="runc",
        patterns=("open sysctl {word} file: reopen fd {number}: permission denied",
            "open sysctl {word} file: * permission denied", "error during container init: open sysctl {word} file: *",
            "reopen fd {number}: permission denied"),
        meaning=message("runc may not write a sysctl of the container. A newer runc (1.3.3, also in newer packages of "
            "containerd.io) opens /proc/sys in a way that the AppArmor profile of an LXC container (Proxmox, Incus) "
            'does not allow. The log of the outer host has `apparmor="DENIED"`; an update of its LXC profile, or '
            "the older version, starts containers again."),
        command="runc --version; dmesg | grep -i apparmor", shows=message('runc is 1.3.3 or newer, and a line has '
            'apparmor="DENIED"')),
    TextMeaning(id="runc-sysctl-unwritable", program="runc",
        patterns=("write sysctl key {word}: open *: {no_file}",
            "write sysctl key {word}: open *: read-only file system",
            "write sysctl key {word}: open *: permission denied", "write sysctl key {word}: *",
            'sysctl "{word}" not allowed in host network namespace',
            'sysctl "{word}" is not in a separate kernel namespace'),
        meaning=message("The container asks for a sysctl that it cannot have, so it is not started. With the host's "
            "network, no sysctl of net may be set for a container alone. Otherwise the kernel lacks the sysctl (IPv6 "
            "switched off, a module not loaded), or /proc/sys is read-only because the engine itself runs in a "
            "container."),
        command="docker inspect --format '{{.HostConfig.NetworkMode}} {{json .HostConfig.Sysctls}}' $(docker ps -aq)",
            shows=message("a container on the host's network has sysctls, or a sysctl is named that the kernel lacks")),
    TextMeaning(id="container-sysctl-read-only", program="sysctl", printed_by="client",
        patterns=('sysctl: setting key "{word}": Read-only file system',
            "sysctl: error setting key '{word}': Read-only file",
            'sysctl: setting key "{word}", ignoring: Read-only file system',
            'sysctl: setting key "{word}": Permission denied', "/proc/sys/net/{path}: Read-only file system",
            "open /proc/sys/net/{path}: read-only file system"),
        meaning=message("A process in a container may not change this sysctl: /proc/sys is read-only there, even with "
            "NET_ADMIN. The container's own options set it before its start (`--sysctl`, `sysctls:` in compose), for "
            "its own network namespace only."),
        command="docker inspect --format '{{.Name}} {{json .HostConfig.Sysctls}}' $(docker ps -aq)",
            shows=message("the container's options do not name the sysctl")),
    TextMeaning(id="apparmor-profile-failed", program="runc",
        patterns=("apparmor failed to apply profile: *", "apply apparmor profile: *",
            "AppArmor enabled on system but the docker-default profile could not be loaded: *",
            "Could not check if docker-default AppArmor profile was loaded: *",
            "apparmor: config provided but apparmor not supported", "Loading AppArmor profile failed *",
            "running `apparmor_parser *` failed with output: *", "error loading apparmor profile *"),
        meaning=message("The engine could not give the container its AppArmor profile, so the container was not "
            "started. Either the program apparmor_parser (package apparmor) is missing, or the engine runs in a "
            "container (LXC) or under a profile that forbids the change. `aa-status` and `dmesg` on the outermost host "
            "show which."),
        command="command -v apparmor_parser; sudo aa-status; dmesg | grep -i apparmor",
            shows=message('apparmor_parser has no path, or a line has apparmor="DENIED"')),
    TextMeaning(id="nested-engine-denied", program="runc",
        patterns=('mounting "proc" to rootfs at "/proc": * permission denied',
            'mounting "proc" to rootfs at "/proc": * {not_allowed}', 'mounting "proc" to rootfs *{not_allowed}',
            'mounting "proc" to rootfs *permission denied', 'error mounting "proc" to rootfs *',
            'error mounting "sysfs" to rootfs *: {not_allowed}', "unable to join session keyring: *",
            "create session key: *", "error jailing process inside rootfs: *", "failed to mount overlay: {not_allowed}",
            "Failed to mount cgroup at *: {not_allowed}"),
        meaning=message("The engine itself runs in a container, and that container (LXC, or an unprivileged one of "
            "another engine) may not make containers of its own. Proxmox has the features nesting and keyctl for this, "
            "and Incus and LXD have security.nesting; a dockerd in Docker needs --privileged."),
        command="systemd-detect-virt; ls -d /dev/lxd /run/.containerenv /.dockerenv",
            shows=message("the machine is itself a container (lxc, docker)")),
    TextMeaning(id="runc-cgroup-failed", program="runc",
        patterns=("cgroups: cgroup mountpoint does not exist", "unable to apply cgroup configuration: *",
            "bpf_prog_query(BPF_CGROUP_DEVICE) failed: *", "no cgroup mount found in mountinfo",
            'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups',
            "unable to start unit *.scope: *", "cannot set up cgroup namespace: *"),
        meaning=message("runc could not put the container into a cgroup, so the container was not started; this is "
            "before any network. The engine and runc are older than the kernel's cgroup v2, systemd does not answer, "
            "or the engine runs in a container that may not make cgroups."),
        command="runc --version; docker info --format '{{.CgroupDriver}} {{.CgroupVersion}}'; mount -t cgroup,cgroup2",
            shows=message("there is no cgroup mount, or runc is older than 1.0.0-rc93 beside cgroup v2")),
    TextMeaning(id="rootless-namespace-denied", program="rootlesskit",
        patterns=("failed to start the child: fork/exec /proc/self/exe: *", "fork/exec /proc/self/exe: {not_allowed}",
            "fork/exec /proc/self/exe: no space left on device", "cannot clone: {not_allowed}",
            "failed to setup UID/GID map: *", "newuidmap: write to uid_map failed: {not_allowed}",
            "newuidmap: uid range [* not allowed", "cannot re-exec process", "user namespaces are not enabled in"),
        meaning=message("A rootless engine may not make a user namespace. Ubuntu 24.04 and later forbid it to programs "
            "without an AppArmor profile (kernel.apparmor_restrict_unprivileged_userns); else user.max_user_namespaces "
            "is 0, or /etc/subuid lacks a range for the user."),
        command="sysctl kernel.apparmor_restrict_unprivileged_userns user.max_user_namespaces; grep $USER /etc/subuid",
            shows=message("a sysctl is not as wanted (0, and not 0), or no line has the user")),
    TextMeaning(id="seccomp-too-old", program="", printed_by="client", other_causes=True,
        patterns=("getaddrinfo() thread failed to start", "pthread_create failed: {not_allowed}",
            "failed to create new OS thread (have {number} already; errno=1)", "clone3: {not_allowed}"),
        meaning=message("The container's programs use newer system calls (clone3, clock_gettime64) than the seccomp "
            "filter of this engine knows, and the filter refuses them: names, threads or clocks fail, although the "
            "network works. A newer engine and a newer libseccomp2 know these calls."),
        command="docker version; dpkg -l libseccomp2", shows=message("dockerd is older than 20.10.10, or libseccomp2 "
            "is older than 2.5")),
)  # fmt: skip
"""Entries about missing programs and missing rights."""
