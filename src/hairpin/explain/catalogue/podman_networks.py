"""Texts of podman, netavark and the CNI plugins about networks, their addresses and links."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

PODMAN_NETWORKS = (
    TextMeaning(
        id="podman-subnet-taken", program="podman", other_causes=True,
        patterns=(
            "subnet * is already used on the host or by another config",
            "subnet * is being used by a network interface",
        ),
        meaning=message(
            "The requested subnet already belongs to a link or route of this host, or to another Podman network. `ip "
            "route` and `podman network ls` show which one. Choose another subnet."
        ),
        causes=("bridge-subnet-overlaps-route", "address-pool-exhausted"),
    ),
    TextMeaning(
        id="podman-pools-exhausted", program="podman", other_causes=True,
        patterns=("could not find free subnet from subnet pools",),
        meaning=message(
            "Podman found no free subnet for a new network. Each subnet in default_subnet_pools of containers.conf "
            "belongs to another network, or a route of the host covers it (a VPN's route for 10.0.0.0/8 covers all "
            "default pools); `ip route` shows such a route. Give the network a subnet with `--subnet`, or configure "
            "other pools."
        ),
        causes=("address-pool-exhausted", "bridge-subnet-overlaps-route"),
    ),
    TextMeaning(
        id="podman-address-taken", program="podman", other_causes=True,
        patterns=("requested ip address {address} is already allocated",),
        meaning=message(
            "The address that the container asks for (--ip, ipv4_address) belongs to another container, or is still "
            "recorded for a container that ended uncleanly. `podman network inspect NETWORK` shows which containers "
            "have addresses."
        ),
        causes=("container-not-running",),
    ),
    TextMeaning(
        id="podman-address-outside-subnet", program="podman", other_causes=True,
        patterns=("requested static ip {address} not in any subnet on network {word}",),
        meaning=message(
            "The address that the container asks for (--ip, ipv4_address) is in no subnet of its network. `podman "
            "network inspect NETWORK` shows the subnet; a network that was made earlier keeps its old subnet."
        ),
        causes=("container-not-running",),
    ),
    TextMeaning(
        id="podman-needs-bridge", program="podman", other_causes=True,
        patterns=(
            '"{word}" is not supported: invalid network mode',
            "networks and static ip/mac address can only be used with Bridge mode networking",
            "CNINetworks can only be used with Bridge mode networking",
        ),
        meaning=message(
            "A rootless container uses pasta or slirp4netns by default, and these know no networks, fixed addresses or "
            "aliases. Make the container on a bridge: `--network NAME`, or `--network bridge:ip=…`."
        ),
        causes=("no-common-network-for-name",),
    ),
    TextMeaning(
        id="podman-network-in-use", program="podman",
        patterns=('"{word}" has associated containers with it',),
        meaning=message(
            "Podman keeps a network as long as a container belongs to it, even if the container does not run. `podman "
            "ps -a --filter network=NAME` lists these containers. This does not stop packets."
        ),
    ),
    TextMeaning(
        id="netavark-link-unsupported", program="netavark", other_causes=True,
        patterns=(
            "netavark: create bridge: Netlink error: Operation not supported",
            "netavark: create veth pair: Netlink error: Operation not supported",
            "netavark: failed to configure bridge and veth interface: * Operation not supported (os error 95)",
            "netavark: failed to delete if {link}: * Operation not supported (os error 95)",
        ),
        meaning=message(
            "The kernel could not make a bridge or a veth pair, because it could not load the module. Usually an "
            "upgrade has replaced the package of the running kernel: reboot into the new kernel. Compare `uname -r` "
            "with `ls /lib/modules`."
        ),
        causes=("kernel-module-missing",),
    ),
    TextMeaning(
        id="netavark-dhcp-proxy-missing", program="netavark",
        patterns=(
            "unable to obtain lease: socket *nv-proxy.sock*: {no_file}",
            "is the netavark-dhcp-proxy.socket unit enabled",
        ),
        meaning=message(
            "A macvlan network without a subnet gets its addresses by DHCP, but Podman's DHCP client "
            "(netavark-dhcp-proxy) does not run; `systemctl status netavark-dhcp-proxy.socket` shows its state. With "
            "`--subnet`, the network needs no DHCP. Rootless Podman has no macvlan on the host's links."
        ),
    ),
    TextMeaning(
        id="netavark-no-lease", program="netavark", passing=True,
        patterns=(
            "netavark: unable to obtain lease: dhcp proxy error: *", "unable to obtain lease: get DHCP lease: *",
            "Could not find a lease within the timeout limit",
        ),
        meaning=message(
            "No DHCP server answered the container's new hardware address on the parent link. macvlan does not reach a "
            "DHCP server on this same host. Wi-Fi, many virtual switches and clouds do not carry a second hardware "
            "address; `tcpdump -ni PARENT port 67` shows whether a request leaves and an answer comes."
        ),
        causes=("macvlan-host-cannot-reach", "host-link-down"),
    ),
    TextMeaning(
        id="aardvark-upstream-failed", program="aardvark-dns", passing=True,
        patterns=(
            "aardvark-dns[*]: {number} dns request got empty response", "{number} dns request got empty response",
            "aardvark-dns[*]: * dns request failed: *", "{number} dns request failed: request timed out",
            "dns request failed: request timed out",
        ),
        meaning=message(
            "Podman's name server asked the name servers of the host's resolv.conf for a name that belongs to no "
            "container, and none of them answered in time. The host does not reach these servers, or a firewall drops "
            "the packets. To test a server on the host: `dig @SERVER example.com`."
        ),
        causes=("dns-upstream-unreachable", "host-default-route-missing"),
    ),
    TextMeaning(
        id="rootless-tun-missing", program="slirp4netns", other_causes=True,
        patterns=(
            'open("/dev/net/tun"): No such device', 'open("/dev/net/tun"): {no_file}',
            'open("/dev/net/tun"): Permission denied', 'open("/dev/net/tun"): {not_allowed}',
            "pasta failed with exit code {number}: Failed to open() /dev/net/tun: *",
        ),
        meaning=message(
            "A rootless container needs a tap device for its network, and the kernel gave none. Either the module tun "
            "is missing (after an upgrade of the kernel, reboot), or /dev/net/tun is not passed into the container in "
            "which Podman itself runs. `ls -l /dev/net/tun` shows the device; all users need to be able to read and "
            "write it."
        ),
        causes=("kernel-module-missing",),
    ),
    TextMeaning(
        id="cni-version", program="podman", other_causes=True,
        patterns=(
            'plugin {word} does not support config version "{word}"', 'incompatible CNI versions; config is "{word}"',
            "Error validating CNI config file {path}:",
        ),
        meaning=message(
            "The file of the network was written for a newer version of CNI than the plugins know. The network is not "
            "loaded, so names and ports of its containers fail. Install newer plugins (containernetworking-plugins) or "
            "netavark; `grep cniVersion` in /etc/cni/net.d shows the version; older plugins know versions up to 0.4.0."
        ),
        causes=("cni-plugin-missing",),
    ),
    TextMeaning(
        id="cni-cache-missing", program="podman", kind="harmless",
        patterns=(
            'error loading cached network config: network "{word}" not found',
            "falling back to loading from existing plugins on disk",
        ),
        meaning=message(
            "CNI keeps the configuration of each container's networks, and found none for this container: it has just "
            "been made, or its start failed earlier. Podman then reads the file of the network. The line before or "
            "behind it says what failed."
        ),
    ),
)  # fmt: skip
