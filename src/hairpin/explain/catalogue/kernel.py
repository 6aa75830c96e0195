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
            "of each new connection. Raise that number, or find what opens so many connections."
        ),
        causes=("conntrack-table-full",), shown_by=("conntrack-table-full",),
    ),
    TextMeaning(
        id="conntrack-helper", program="kernel", kind="routine",
        patterns=("nf_conntrack: default automatic helper assignment has been turned off for security reasons",),
        meaning=message(
            "The kernel no longer follows the second connection of FTP, SIP and the like by itself. Such a protocol "
            "needs a rule with `-j CT --helper` in the raw table; no other traffic is concerned."
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
            "The table of neighbours (ARP, or IPv6's) was full, so new addresses on a link were not reached. Raise "
            "net.ipv4.neigh.default.gc_thresh3, or find what asks for so many addresses."
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
            "The kernel dropped a packet because its source address cannot come from that link: the route back leads "
            "elsewhere (rp_filter), or it is a loopback address. The line names destination, source and link in this "
            "order."
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
            "The kernel dropped a packet for an address that may not be sent to by that link, such as 127.0.0.1 with "
            "route_localnet off."
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
            "IPv6 waits for the link's carrier, and logs when the carrier is there. A bridge has no carrier until its "
            "first container starts, and a container's link has none until its other end is up: each start logs this."
        ),
    ),
    TextMeaning(
        id="bridge-port-disabled", program="kernel", kind="routine", about="thing",
        patterns=("{link}: port {number}({link}) entered disabled state",),
        meaning=message(
            "A container's veth was detached from the bridge or switched off. A container's stop does this; if the "
            "container still runs, something else has done it."
        ),
        causes=("veth-detached-from-bridge", "veth-down", "manager-claims-container-links"),
        shown_by=("veth-detached-from-bridge", "veth-down"),
    ),
    TextMeaning(
        id="bridge-own-address", program="kernel",
        patterns=("received packet on {link} with own address as source address",),
        meaning=message(
            "A frame came in by a port of the bridge with the bridge's own hardware address: the network behind has a "
            "loop, or two machines have the same hardware address."
        ),
        causes=("bridge-port-blocked", "neighbour-entry-wrong"),
    ),
    TextMeaning(
        id="bridge-without-netfilter", program="kernel", kind="routine",
        patterns=("bridge: filtering via arp/ip/ip6tables is no longer available by default",),
        meaning=message(
            "The bridge module was loaded without br_netfilter. Frames between containers of one bridge then do not "
            "pass iptables until dockerd or somebody else loads it."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="unregister-netdevice", program="kernel",
        patterns=("unregister_netdevice: waiting for {link} to become free. Usage count",),
        meaning=message(
            "The kernel cannot delete a network namespace, since something still holds a link of that namespace; new "
            "containers may hang meanwhile. This is a bug of the kernel: the wait ends by itself or with a reboot."
        ),
    ),
    TextMeaning(
        id="syn-flooding", program="kernel", about="port", passing=True,
        patterns=(
            "Possible SYN flooding on port {port}", "Possible SYN flooding on port {address}:{port}",
            "possible SYN flooding on port {port}",
        ),
        meaning=message(
            "The queue of connections that wait for this port's service was full: the service accepts too slowly, or "
            "clients are too many. Connections are dropped or answered with cookies meanwhile."
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
            "The network card lost its link: cable, switch or virtual network. Nothing passes by it until it is up."
        ),
        causes=("host-link-down", "host-link-missing", "host-default-route-missing"),
        shown_by=("host-link-down", "host-link-missing"),
    ),
    TextMeaning(
        id="rtnetlink-file-exists", program="ip",
        patterns=("RTNETLINK answers: File exists",),
        meaning=message(
            "The route, address or rule was there already, perhaps with another gateway or link. `ip route show` shows "
            "it."
        ),
        causes=("route-diverts-traffic", "bridge-subnet-overlaps-route", "client-inside-container-subnet"),
    ),
    TextMeaning(
        id="rtnetlink-unreachable", program="ip",
        patterns=("RTNETLINK answers: Network is unreachable", "Error: Nexthop has invalid gateway"),
        meaning=message(
            "The gateway of the route is in no network of this host: the link is down, or has no address in the "
            "gateway's network."
        ),
        causes=(
            "host-default-route-missing", "host-address-missing", "host-prefix-length-wrong", "host-link-down",
            "container-default-route-missing",
        ),
    ),
    TextMeaning(
        id="duplicate-address", program="kernel",
        patterns=(
            "IPv6 duplicate address {address} used by * detected", "IPv6 duplicate address {address} detected",
            "duplicate address detected",
        ),
        meaning=message("Another machine on the link has this address already, so this one does not use it."),
        causes=("host-address-missing", "neighbour-entry-wrong", "container-address-not-assigned"),
    ),
)  # fmt: skip
