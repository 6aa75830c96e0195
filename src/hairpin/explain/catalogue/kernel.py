"""The kernel's log texts about packets and links, and texts of `ip`."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

KERNEL = (
    TextMeaning(
        id="conntrack-full", program="kernel", passing=True,
        patterns=(
            "nf_conntrack: table full, dropping packet", "ip_conntrack: table full, dropping packet",
            "nf_conntrack: *table full, dropping packet",
        ),
        meaning=message(
            "The connection table held net.netfilter.nf_conntrack_max entries, so the kernel dropped the first packet "
            "of each new connection. Raise this limit, or find the program that opens so many connections."
        ),
        causes=("conntrack-table-full",), shown_by=("conntrack-table-full",),
    ),
    TextMeaning(
        id="conntrack-helper", program="kernel", kind="routine",
        patterns=("nf_conntrack: default automatic helper assignment has been turned off for security reasons",),
        meaning=message(
            "The kernel no longer recognises the second connection of FTP, SIP and similar protocols by itself. Such a "
            "protocol needs a rule with `-j CT --helper` in the raw table. Other traffic is not affected."
        ),
        causes=("conntrack-helper-missing",),
    ),
    TextMeaning(
        id="neighbour-overflow", program="kernel", passing=True,
        patterns=(
            "neighbour: arp_cache: neighbor table overflow", "neighbour: ndisc_cache: neighbor table overflow",
            "Neighbour table overflow", "neighbor table overflow", "arp_cache: neighbor table overflow",
        ),
        meaning=message(
            "The neighbour table (ARP or IPv6) was full, so new addresses on a link were not reached. Raise "
            "net.ipv4.neigh.default.gc_thresh3, or find the program that asks for so many addresses."
        ),
        causes=("neighbour-table-overflow",), shown_by=("neighbour-table-overflow",),
    ),
    TextMeaning(
        id="ip-no-buffer-space", program="ip", passing=True,
        patterns=(
            "RTNETLINK answers: No buffer space available", "sendto: No buffer space available",
            "sendmsg: No buffer space available",
        ),
        meaning=message(
            "The kernel had no room for another entry, most often because the table of neighbours is full. See "
            "net.ipv4.neigh.default.gc_thresh3 and `ip -s neigh`."
        ),
        causes=("neighbour-table-overflow",), shown_by=("neighbour-table-overflow",),
    ),
    TextMeaning(
        id="martian-source", program="kernel", about="thing",
        patterns=("martian source {address} from {address}, on dev {link}", "martian source"),
        meaning=message(
            "The kernel dropped a packet because its source address is not possible on that link: the route back leads "
            "elsewhere (rp_filter), or the address is a loopback address. The line names destination, source and link "
            "in this order."
        ),
        causes=(
            "rp-filter-strict", "userland-proxy-off-no-route-localnet", "container-rp-filter-strict",
            "src-valid-mark-off", "route-diverts-traffic", "bridge-subnet-overlaps-route",
        ),
        shown_by=(
            "rp-filter-strict", "userland-proxy-off-no-route-localnet", "container-rp-filter-strict",
            "src-valid-mark-off",
        ),
    ),
    TextMeaning(
        id="martian-destination", program="kernel",
        patterns=("martian destination {address} from {address}, dev {link}", "martian destination"),
        meaning=message(
            "The kernel dropped a packet because its destination address is not allowed on that link, such as "
            "127.0.0.1 with route_localnet off."
        ),
        causes=("userland-proxy-off-no-route-localnet",), shown_by=("userland-proxy-off-no-route-localnet",),
    ),
    TextMeaning(
        id="link-not-ready", program="kernel", kind="harmless",
        patterns=(
            "ADDRCONF(NETDEV_UP): {link}: link is not ready", "ADDRCONF(NETDEV_CHANGE): {link}: link is not ready",
            "ADDRCONF(NETDEV_CHANGE): {link}: link becomes ready",
        ),
        meaning=message(
            "IPv6 waits for the link's carrier, and the kernel logs when the carrier is there. A bridge has no carrier "
            "until its first container starts, and a container's link has none until its other end is up. Therefore "
            "each start logs this line."
        ),
    ),
    TextMeaning(
        id="bridge-port-disabled", program="kernel", kind="routine", about="thing",
        patterns=("{link}: port {number}({link}) entered disabled state",),
        meaning=message(
            "A container's veth was detached from the bridge or switched off. This is normal when a container stops. "
            "If the container still runs, something else has done it."
        ),
        causes=("veth-detached-from-bridge", "veth-down", "manager-claims-container-links"),
        shown_by=("veth-detached-from-bridge", "veth-down"),
    ),
    TextMeaning(
        id="bridge-own-address", program="kernel",
        patterns=("received packet on {link} with own address as source address",),
        meaning=message(
            "A frame with the bridge's own hardware address came in through a port of the bridge. The network behind "
            "the port has a loop, or another machine has the same hardware address."
        ),
        causes=("bridge-port-blocked", "neighbour-entry-wrong"),
    ),
    TextMeaning(
        id="bridge-without-netfilter", program="kernel", kind="routine",
        patterns=("bridge: filtering via arp/ip/ip6tables is no longer available by default",),
        meaning=message(
            "The kernel loaded the bridge module without br_netfilter. Frames between containers on one bridge do not "
            "pass iptables until dockerd or another program loads br_netfilter."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="unregister-netdevice", program="kernel",
        patterns=("unregister_netdevice: waiting for {link} to become free. Usage count",),
        meaning=message(
            "The kernel cannot delete a network namespace, because something still holds a link of that namespace. New "
            "containers may hang until the kernel has deleted the namespace. This is a bug of the kernel: the wait "
            "ends by itself or with a reboot."
        ),
    ),
    TextMeaning(
        id="syn-flooding", program="kernel", about="port", passing=True,
        patterns=(
            "Possible SYN flooding on port {port}", "Possible SYN flooding on port {address}:{port}",
            "possible SYN flooding on port {port}",
        ),
        meaning=message(
            "The queue of connections that wait for this port's service was full. The service accepts too slowly, or "
            "there are too many clients. While the queue is full, the kernel drops connections or answers them with "
            "SYN cookies."
        ),
        causes=("service-backlog-full", "service-process-stopped"),
        shown_by=("service-backlog-full", "service-process-stopped"),
    ),
    TextMeaning(
        id="link-down", program="kernel", kind="routine", about="thing",
        patterns=(
            "{link}: Link is Down", "{link}: NIC Link is Down", "{link}: link down", "{link}: Lost carrier",
            "{link}: carrier lost",
        ),
        meaning=message(
            "The network card lost its link: check the cable, the switch or the virtual network. No packet passes the "
            "card until the link is up."
        ),
        causes=("host-link-down", "host-link-missing", "host-default-route-missing"),
        shown_by=("host-link-down", "host-link-missing"),
    ),
    TextMeaning(
        id="rtnetlink-file-exists", program="ip",
        patterns=("RTNETLINK answers: File exists",),
        meaning=message(
            "The route, address or rule already exists, perhaps with another gateway or link. `ip route show` lists "
            "the routes."
        ),
        causes=("route-diverts-traffic", "bridge-subnet-overlaps-route", "client-inside-container-subnet"),
    ),
    TextMeaning(
        id="rtnetlink-unreachable", program="ip",
        patterns=("RTNETLINK answers: Network is unreachable", "Error: Nexthop has invalid gateway"),
        meaning=message(
            "The gateway of the route is in no network of this host: the link is down, or the link has no address in "
            "the gateway's network."
        ),
        causes=(
            "host-default-route-missing", "host-address-missing", "host-prefix-length-wrong", "host-link-down",
            "container-default-route-missing",
        ),
    ),
    TextMeaning(
        id="link-queue-stuck", program="kernel", about="thing", passing=True,
        patterns=(
            "NETDEV WATCHDOG: {link} ({word}): transmit queue {number} timed out",
            "{link}: NETDEV WATCHDOG: CPU: {number}: transmit queue {number} timed out",
            "NETDEV WATCHDOG: CPU: {number}: transmit queue {number} timed out",
        ),
        meaning=message(
            "The network card or its driver sent nothing for seconds, so the kernel reset it. Packets were lost during "
            "that time. Rules and routes are not at fault; `ip -s link` and `ethtool -S LINK` show the card's errors."
        ),
        causes=("host-link-down",),
    ),
    TextMeaning(
        id="ipvs-no-destination", program="kernel", passing=True,
        patterns=(
            "IPVS: {word}: FWM {number} {word} - no destination available",
            "IPVS: {word}: {word} {address}:{port} - no destination available",
            "IPVS: {word}: {word} [*]:{port} - no destination available",
        ),
        meaning=message(
            "A packet came for a service of a swarm or of kube-proxy (IPVS), and no task or pod of this service was "
            "ready, so the kernel dropped the packet. `docker service ps SERVICE` or `kubectl get endpoints` shows the "
            "ready ones."
        ),
        causes=("swarm-service-not-running", "swarm-ingress-sandbox-broken", "service-not-listening"),
    ),
    TextMeaning(
        id="tcp-memory", program="kernel", passing=True,
        patterns=("TCP: out of memory -- consider tuning tcp_mem", "TCP: too many orphaned sockets"),
        meaning=message(
            "The kernel had no memory left for TCP (net.ipv4.tcp_mem), or too many connections had no process any "
            "more, so it reset some connections. `cat /proc/net/sockstat` shows how much memory is used, and `ss -tm` "
            "shows which connections use it."
        ),
    ),
    TextMeaning(
        id="tcp-time-wait", program="kernel", kind="harmless",
        patterns=("TCP: time wait bucket table overflow",),
        meaning=message(
            "The kernel deleted ended connections earlier than usual, because more than net.ipv4.tcp_max_tw_buckets of "
            "them were waiting in TIME-WAIT. New connections are not refused because of this."
        ),
    ),
    TextMeaning(
        id="rtnetlink-not-permitted", program="ip",
        patterns=("RTNETLINK answers: {not_allowed}",),
        meaning=message(
            "`ip` was called without root's rights over this network namespace (CAP_NET_ADMIN), so nothing was "
            "changed. A container has this right only if it was made with --cap-add NET_ADMIN."
        ),
    ),
    TextMeaning(
        id="rtnetlink-no-process", program="ip",
        patterns=("RTNETLINK answers: No such process",),
        meaning=message(
            "The route or rule that should be deleted or changed does not exist in this form: it has another gateway, "
            "link, metric or table. `ip route show table all` and `ip rule` list all routes and rules."
        ),
    ),
    TextMeaning(
        id="rtnetlink-not-supported", program="ip", other_causes=True,
        patterns=("RTNETLINK answers: Operation not supported", "Error: Unknown device type"),
        meaning=message(
            "The kernel has no such kind of link, route or rule, because it could not load the module (veth, bridge, "
            "vxlan, wireguard, dummy …). After an upgrade of the kernel, reboot: compare `uname -r` with `ls "
            "/lib/modules`."
        ),
        causes=("kernel-module-missing",),
    ),
    TextMeaning(
        id="link-kind-unsupported", program="kernel", other_causes=True,
        patterns=(
            "failed to make veth pair: operation not supported", "System error: operation not supported",
            "adding interface {link} to bridge {link} failed: operation not supported",
            "failed to create veth* Operation not supported", "Failed to create veth pair * Not supported",
            "failed to create bridge {word}: could not add {word}: operation not supported",
            "failed to create bridge interface {link}: operation not supported",
            "Error creating default {word} network: operation not supported",
            "could not add {word}: operation not supported", "CONFIG_VETH: missing", "CONFIG_BRIDGE: missing",
        ),
        meaning=message(
            "The kernel has no veth or no bridge, and containers on a bridge need both. A self-built kernel or a "
            "board's kernel lacks the option (CONFIG_VETH, CONFIG_BRIDGE) or the file of the module; an upgrade may "
            "have replaced the modules of the running kernel."
        ),
        causes=("kernel-module-missing",),
    ),
    TextMeaning(
        id="link-not-there", program="ip", about="thing", other_causes=True,
        patterns=(
            'Cannot find device "{link}"', 'Device "{link}" does not exist',
            "{link}: error fetching interface information: Device not found",
        ),
        meaning=message(
            "This network namespace has no link of this name. The link got another name at the last boot, its driver "
            "is missing, or it is in a container. dockerd makes docker0 when it starts, and br-… when it makes a "
            "network; `ip -br link` lists the links."
        ),
        causes=("bridge-missing", "host-link-missing", "container-interface-missing"),
        shown_by=("bridge-missing", "host-link-missing"),
    ),
    TextMeaning(
        id="duplicate-address", program="kernel",
        patterns=(
            "IPv6 duplicate address {address} used by * detected", "IPv6 duplicate address {address} detected",
            "duplicate address detected",
        ),
        meaning=message("Another machine on the link already has this address, so this machine does not use it."),
        causes=("host-address-missing", "neighbour-entry-wrong", "container-address-not-assigned"),
    ),
)  # fmt: skip
