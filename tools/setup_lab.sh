#!/usr/bin/env bash
# Installs the engines and system programs that the lab and the kernel tests drive: packages of Debian or Ubuntu, only missing ones,
# as root. Prints nothing and returns at once if all are there.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

# Command and the package that brings it. The command decides, so an engine that was installed from elsewhere stays as it is.
PROGRAMS=(
    dockerd:docker.io docker:docker.io
    iptables:iptables nft:nftables ipset:ipset ebtables:ebtables conntrack:conntrack
    ip:iproute2 bridge:iproute2 tc:iproute2
    firewalld:firewalld firewall-cmd:firewalld ufw:ufw dbus-daemon:dbus
    curl:curl
    podman:podman conmon:conmon runc:runc /usr/lib/podman/netavark:netavark /usr/lib/podman/aardvark-dns:aardvark-dns
    /usr/lib/cni/portmap:containernetworking-plugins slirp4netns:slirp4netns newuidmap:uidmap catatonit:catatonit
    sshd:openssh-server ssh:openssh-client sudo:sudo
    sysctl:procps ps:procps modprobe:kmod nsenter:util-linux unshare:util-linux mount:mount
)
# Libraries, each with its package.
LIBRARIES=()
# What tests alone need: `setup_lab.sh tests`.  gcc compiles the launcher of the image, net-tools prints
# what people paste, and zstd packs a bundle.  The browser's driver, which pip brings, is linked with the library.
[ "${1:-}" != tests ] || { PROGRAMS+=(chromium:chromium gcc:gcc netstat:net-tools zstd:zstd); LIBRARIES+=(libatomic.so.1:libatomic1); }
# What a release and its trial need, instead of the lab's programs: `setup_lab.sh release`, `setup_lab.sh packages`.
RELEASE=(dpkg-deb:dpkg rpmbuild:rpm make:make xz:xz-utils tclsh:tcl)
case ${1:-} in
    release) PROGRAMS=("${RELEASE[@]}") ;;
    packages) PROGRAMS=("${RELEASE[@]}" lintian:lintian rpmlint:rpmlint debootstrap:debootstrap unshare:util-linux
                       qemu-aarch64-static:qemu-user-static) ;;
esac
# Services that these packages would start at once and at every boot. The lab starts its own, in namespaces: a development
# machine must not get a firewall or an sshd that nobody asked for.
SERVICES=(docker containerd firewalld ufw nftables ssh podman podman-restart)
# Services of these that systemd may also start by a socket.
SOCKETS=(docker ssh podman)

say() { printf 'setup-lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# busybox must be static: the lab packs it alone into an image.
has_static_busybox() {
    command -v busybox >/dev/null && ! ldd "$(command -v busybox)" 2>/dev/null | grep -q '=>'
}

has_library() { [[ $(ldconfig -p) == *"$1 "* ]]; }

missing_packages() {
    local program library
    for program in "${PROGRAMS[@]}"; do
        command -v "${program%%:*}" >/dev/null || echo "${program#*:}"
    done
    for library in "${LIBRARIES[@]}"; do
        has_library "${library%%:*}" || echo "${library#*:}"
    done
    [ "${PROGRAMS[*]}" = "${RELEASE[*]}" ] || has_static_busybox || echo busybox-static
}

has_service() {
    [ -e "/etc/init.d/$1" ] || [ -e "/lib/systemd/system/$1.service" ] || [ -e "/etc/systemd/system/$1.service" ]
}

install_packages() {
    local service units=() new=() status=0
    command -v apt-get >/dev/null ||
        die "this machine has no apt-get; install what brings these Debian packages' programs yourself: $*"
    [ "$(id -u)" = 0 ] || die "run this as root once, or install these packages first: $*"
    for service in "${SERVICES[@]}"; do
        has_service "$service" || new+=("$service")
    done
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    apt-get update -q >&2 || say "apt-get update failed in part; going on with the package lists that are there"
    if [ -d /run/systemd/system ]; then
        units=("${new[@]/%/.service}")
        for service in "${SOCKETS[@]}"; do
            [[ " ${new[*]} " != *" $service "* ]] || units+=("$service.socket")
        done
    fi
    if [ ${#units[@]} != 0 ]; then
        systemctl mask --runtime --quiet "${units[@]}"
        # shellcheck disable=SC2064  # expanded now, on purpose
        trap "systemctl unmask --runtime --quiet ${units[*]}" EXIT
    fi
    # On a machine with System V init, invoke-rc.d(8) reads RUNLEVEL; none of these services starts in runlevel 1.
    RUNLEVEL=1 apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$@" >&2 </dev/null || status=$?
    if [ ${#units[@]} != 0 ]; then
        systemctl unmask --runtime --quiet "${units[@]}"
        trap - EXIT
    fi
    for service in "${new[@]}"; do
        ! has_service "$service" || disable "$service"
    done
    [ "$status" = 0 ] || die "apt-get could not install: $*"
}

disable() {
    say "$1 is installed, not started, and switched off at boot"
    if command -v systemctl >/dev/null; then
        systemctl disable --quiet "$1.service" >&2 || say "could not switch off $1 at boot"
        # Not `systemctl cat`: it asks systemd, which need not run here.
        if [[ " ${SOCKETS[*]} " == *" $1 "* ]] && [ -e "/lib/systemd/system/$1.socket" ]; then
            systemctl disable --quiet "$1.socket" >&2 || say "could not switch off $1.socket"
        fi
    elif command -v update-rc.d >/dev/null && [ -e "/etc/init.d/$1" ]; then
        update-rc.d "$1" disable >&2 || say "could not switch off $1 at boot"
    fi
}

# Debian 13 ships the docker command apart from the daemon.
install_missing() {
    local packages
    mapfile -t packages < <(missing_packages | sort -u)
    [ ${#packages[@]} != 0 ] || return 0
    install_packages "${packages[@]}"
    command -v docker >/dev/null || install_packages docker-cli
    mapfile -t packages < <(missing_packages | sort -u)
    [ ${#packages[@]} = 0 ] || die "these packages are installed, but not every program or library of theirs is found: ${packages[*]}"
}

# Two makes at once in one checkout wait for each other.
exec 9<Makefile
flock 9
install_missing
