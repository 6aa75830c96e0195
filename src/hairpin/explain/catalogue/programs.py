"""Texts of engines that lack a program of their host, or the right to start a container: helpers that are not
installed, AppArmor, seccomp, and dockerd inside of another container (LXC)."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

PROGRAMS = (
    TextMeaning(
        id="podman-helper-missing", program="podman",
        patterns=(
            'could not find "netavark" in one of *', 'could not find "aardvark-dns" in one of *',
            'could not find "pasta" in one of *', 'could not find "slirp4netns" in one of *',
            'could not find "rootlessport" in one of *', 'could not find "gvproxy" in one of *',
            'could not find "catatonit" in one of *',
            "To resolve this error, set the helper_binaries_dir key in the",
        ),
        meaning=message(
            "Podman does not find its helper program: the package of that program is not installed, or the program is "
            "in a folder that helper_binaries_dir of containers.conf does not name. `podman info` shows the helpers "
            "that Podman has found."
        ),
        command="podman info; ls /usr/lib/podman /usr/libexec/podman",
        shows=message("the program is in neither folder"),
    ),
    TextMeaning(
        id="netavark-program-missing", program="netavark",
        patterns=(
            "netavark: {no_file} (os error 2)", "netavark (exit code {number}): {no_file} (os error 2)",
            "netavark: iptables: {no_file}", "netavark: ip6tables: {no_file}",
            "netavark (exit code {number}): iptables: {no_file}", "netavark (exit code {number}): ip6tables: {no_file}",
            "netavark: nftables error: unable to execute *: {no_file}",
            "netavark (exit code {number}): nftables error: unable to execute *: {no_file}",
            "netavark: *unable to execute nft: {no_file}",
        ),
        meaning=message(
            "netavark calls the program iptables (or nft), and this program is not installed: the package iptables or "
            "nftables is missing. Some distributions only suggest this package with Podman. `command -v iptables nft` "
            "shows which program exists; firewall_driver in containers.conf chooses between the two."
        ),
        command="command -v iptables nft; podman info | grep -A 9 networkBackend",
        shows=message("one of the two programs has no path"),
    ),
    TextMeaning(
        id="aardvark-missing", program="netavark",
        patterns=(
            "dns disabled because aardvark-dns path does not exist", "aardvark-dns binary not found",
            "aardvark-dns: {no_file}", "dns disabled because aardvark-dns path does not exists",
        ),
        meaning=message(
            "Podman's name server, the program aardvark-dns, is not installed, so containers of the network do not "
            "know each other's names. `podman info` shows its path below networkBackendInfo, or no path."
        ),
        command="podman info | grep -A 9 networkBackend; ls /usr/lib/podman /usr/libexec/podman",
        shows=message("no line has the path of aardvark-dns"),
    ),
    TextMeaning(
        id="engine-program-missing", program="dockerd",
        patterns=(
            'exec: "nft": executable file not found', 'exec: "ip6tables": executable file not found',
            'exec: "ipset": executable file not found', 'exec: "dnsmasq": executable file not found',
            'exec: "conntrack": executable file not found', 'exec: "newuidmap": executable file not found',
            'exec: "newgidmap": executable file not found', 'exec: "rootlesskit": executable file not found',
            'exec: "pasta": executable file not found', 'exec: "vpnkit": executable file not found',
            'exec: "apparmor_parser": executable file not found', 'exec: "netavark": executable file not found',
            "unable to do port forwarding: socat not found", "[FileExisting-conntrack]: conntrack not found",
            "conntrack to be installed in root's path",
        ),
        meaning=message(
            "The engine does not find a program of the host that it needs: the package of that program is not "
            "installed, or the service's PATH lacks its folder (/usr/sbin). newuidmap belongs to the package uidmap, "
            "nft to nftables, and pasta to passt."
        ),
        command="command -v iptables nft ipset newuidmap slirp4netns pasta conntrack",
        shows=message("the program has no path"),
    ),
    TextMeaning(
        id="runc-sysctl-denied", program="runc",
        patterns=(
            "open sysctl {word} file: reopen fd {number}: permission denied",
            "open sysctl {word} file: * permission denied", "error during container init: open sysctl {word} file: *",
            "reopen fd {number}: permission denied",
        ),
        meaning=message(
            "runc may not write a sysctl of the container. A newer runc (1.3.3, also in newer packages of "
            "containerd.io) opens /proc/sys in a way that the AppArmor profile of an LXC container (Proxmox, Incus) "
            'does not allow. The log of the outer host has `apparmor="DENIED"`; an update of its LXC profile, or '
            "the older version, starts containers again."
        ),
        command="runc --version; dmesg | grep -i apparmor",
        shows=message('runc is 1.3.3 or newer, and a line has apparmor="DENIED"'),
    ),
    TextMeaning(
        id="runc-sysctl-unwritable", program="runc",
        patterns=(
            "write sysctl key {word}: open *: {no_file}", "write sysctl key {word}: open *: read-only file system",
            "write sysctl key {word}: open *: permission denied", "write sysctl key {word}: *",
            'sysctl "{word}" not allowed in host network namespace',
            'sysctl "{word}" is not in a separate kernel namespace',
        ),
        meaning=message(
            "The container asks for a sysctl that it cannot have, so it is not started. With the host's network, no "
            "sysctl of net may be set for a container alone. Otherwise the kernel lacks the sysctl (IPv6 switched "
            "off, a module not loaded), or /proc/sys is read-only because the engine itself runs in a container."
        ),
        command="docker inspect --format '{{.HostConfig.NetworkMode}} {{json .HostConfig.Sysctls}}' $(docker ps -aq)",
        shows=message("a container on the host's network has sysctls, or a sysctl is named that the kernel lacks"),
    ),
    TextMeaning(
        id="container-sysctl-read-only", program="sysctl", printed_by="client",
        patterns=(
            'sysctl: setting key "{word}": Read-only file system', "sysctl: error setting key '{word}': Read-only file",
            'sysctl: setting key "{word}", ignoring: Read-only file system',
            'sysctl: setting key "{word}": Permission denied',
            "/proc/sys/net/{path}: Read-only file system", "open /proc/sys/net/{path}: read-only file system",
        ),
        meaning=message(
            "A process in a container may not change this sysctl: /proc/sys is read-only there, even with NET_ADMIN. "
            "The container's own options set it before its start (`--sysctl`, `sysctls:` in compose), for its own "
            "network namespace only."
        ),
        command="docker inspect --format '{{.Name}} {{json .HostConfig.Sysctls}}' $(docker ps -aq)",
        shows=message("the container's options do not name the sysctl"),
    ),
    TextMeaning(
        id="apparmor-profile-failed", program="runc",
        patterns=(
            "apparmor failed to apply profile: *", "apply apparmor profile: *",
            "AppArmor enabled on system but the docker-default profile could not be loaded: *",
            "Could not check if docker-default AppArmor profile was loaded: *",
            "apparmor: config provided but apparmor not supported", "Loading AppArmor profile failed *",
            "running `apparmor_parser *` failed with output: *", "error loading apparmor profile *",
        ),
        meaning=message(
            "The engine could not give the container its AppArmor profile, so the container was not started. Either "
            "the program apparmor_parser (package apparmor) is missing, or the engine runs in a container (LXC) or "
            "under a profile that forbids the change. `aa-status` and `dmesg` on the outermost host show which."
        ),
        command="command -v apparmor_parser; sudo aa-status; dmesg | grep -i apparmor",
        shows=message('apparmor_parser has no path, or a line has apparmor="DENIED"'),
    ),
    TextMeaning(
        id="nested-engine-denied", program="runc",
        patterns=(
            'mounting "proc" to rootfs at "/proc": * permission denied',
            'mounting "proc" to rootfs at "/proc": * {not_allowed}', 'mounting "proc" to rootfs *{not_allowed}',
            'mounting "proc" to rootfs *permission denied',
            'error mounting "proc" to rootfs *', 'error mounting "sysfs" to rootfs *: {not_allowed}',
            "unable to join session keyring: *", "create session key: *", "error jailing process inside rootfs: *",
            "failed to mount overlay: {not_allowed}", "Failed to mount cgroup at *: {not_allowed}",
        ),
        meaning=message(
            "The engine itself runs in a container, and that container (LXC, or an unprivileged one of another engine) "
            "may not make containers of its own. Proxmox has the features nesting and keyctl for this, and Incus and "
            "LXD have security.nesting; a dockerd in Docker needs --privileged."
        ),
        command="systemd-detect-virt; ls -d /dev/lxd /run/.containerenv /.dockerenv",
        shows=message("the machine is itself a container (lxc, docker)"),
    ),
    TextMeaning(
        id="runc-cgroup-failed", program="runc",
        patterns=(
            "cgroups: cgroup mountpoint does not exist", "unable to apply cgroup configuration: *",
            "bpf_prog_query(BPF_CGROUP_DEVICE) failed: *", "no cgroup mount found in mountinfo",
            'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups',
            "unable to start unit *.scope: *", "cannot set up cgroup namespace: *",
        ),
        meaning=message(
            "runc could not put the container into a cgroup, so the container was not started; this is before any "
            "network. The engine and runc are older than the kernel's cgroup v2, systemd does not answer, or the "
            "engine runs in a container that may not make cgroups."
        ),
        command="runc --version; docker info --format '{{.CgroupDriver}} {{.CgroupVersion}}'; mount -t cgroup,cgroup2",
        shows=message("there is no cgroup mount, or runc is older than 1.0.0-rc93 beside cgroup v2"),
    ),
    TextMeaning(
        id="rootless-namespace-denied", program="rootlesskit",
        patterns=(
            "failed to start the child: fork/exec /proc/self/exe: *", "fork/exec /proc/self/exe: {not_allowed}",
            "fork/exec /proc/self/exe: no space left on device", "cannot clone: {not_allowed}",
            "failed to setup UID/GID map: *", "newuidmap: write to uid_map failed: {not_allowed}",
            "newuidmap: uid range [* not allowed", "cannot re-exec process", "user namespaces are not enabled in",
        ),
        meaning=message(
            "A rootless engine may not make a user namespace. Ubuntu 24.04 and later forbid it to programs without an "
            "AppArmor profile (kernel.apparmor_restrict_unprivileged_userns); else user.max_user_namespaces is 0, or "
            "/etc/subuid lacks a range for the user."
        ),
        command="sysctl kernel.apparmor_restrict_unprivileged_userns user.max_user_namespaces; grep $USER /etc/subuid",
        shows=message("a sysctl is not as wanted (0, and not 0), or no line has the user"),
    ),
    TextMeaning(
        id="seccomp-too-old", program="", printed_by="client", other_causes=True,
        patterns=(
            "getaddrinfo() thread failed to start", "pthread_create failed: {not_allowed}",
            "failed to create new OS thread (have {number} already; errno=1)", "clone3: {not_allowed}",
        ),
        meaning=message(
            "The container's programs use newer system calls (clone3, clock_gettime64) than the seccomp filter of this "
            "engine knows, and the filter refuses them: names, threads or clocks fail, although the network works. A "
            "newer engine and a newer libseccomp2 know these calls."
        ),
        command="docker version; dpkg -l libseccomp2",
        shows=message("dockerd is older than 20.10.10, or libseccomp2 is older than 2.5"),
    ),
)  # fmt: skip
"""Entries about missing programs and missing rights."""
