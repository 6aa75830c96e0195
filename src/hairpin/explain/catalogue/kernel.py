"""Texts of the kernel and of ip, and of the managers of links, services and compose."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

KERNEL = (
    TextMeaning(id="conntrack-full", program="kernel", passing=True,
        patterns=("nf_conntrack: table full, dropping packet", "ip_conntrack: table full, dropping packet",
            "nf_conntrack: *table full, dropping packet"),
        meaning=message("The connection table held net.netfilter.nf_conntrack_max entries, so the kernel dropped the "
            "first packet of each new connection. Raise this limit, or find the program that opens so many "
            "connections."), causes=("conntrack-table-full",), shown_by=("conntrack-table-full",)),
    TextMeaning(id="conntrack-helper", program="kernel", kind="routine",
        patterns=("nf_conntrack: default automatic helper assignment has been turned off for security reasons",),
        meaning=message("The kernel no longer recognises the second connection of FTP, SIP and similar protocols by "
            "itself. Such a protocol needs a rule with `-j CT --helper` in the raw table. Other traffic is not "
            "affected."), causes=("conntrack-helper-missing",)),
    TextMeaning(id="neighbour-overflow", program="kernel", passing=True,
        patterns=("neighbour: arp_cache: neighbor table overflow", "neighbour: ndisc_cache: neighbor table overflow",
            "Neighbour table overflow", "neighbor table overflow", "arp_cache: neighbor table overflow"),
        meaning=message("The neighbour table (ARP or IPv6) was full, so new addresses on a link were not reached. "
            "Raise net.ipv4.neigh.default.gc_thresh3, or find the program that asks for so many addresses."),
        causes=("neighbour-table-overflow",), shown_by=("neighbour-table-overflow",)),
    TextMeaning(id="ip-no-buffer-space", program="ip", passing=True,
        patterns=("RTNETLINK answers: No buffer space available", "sendto: No buffer space available",
            "sendmsg: No buffer space available"),
        meaning=message("The kernel had no room for another entry, most often because the table of neighbours is full. "
            "See net.ipv4.neigh.default.gc_thresh3 and `ip -s neigh`."), causes=("neighbour-table-overflow",),
        shown_by=("neighbour-table-overflow",)),
    TextMeaning(id="martian-source", program="kernel", about="thing",
        patterns=("martian source {address} from {address}, on dev {link}", "martian source"),
        meaning=message("The kernel dropped a packet because its source address is not possible on that link: the "
            "route back leads elsewhere (rp_filter), or the address is a loopback address. The line names destination, "
            "source and link in this order."), causes=("rp-filter-strict", "userland-proxy-off-no-route-localnet",
            "container-rp-filter-strict", "src-valid-mark-off", "route-diverts-traffic",
            "bridge-subnet-overlaps-route"), shown_by=("rp-filter-strict", "userland-proxy-off-no-route-localnet",
            "container-rp-filter-strict", "src-valid-mark-off")),
    TextMeaning(id="martian-destination", program="kernel",
        patterns=("martian destination {address} from {address}, dev {link}", "martian destination"),
        meaning=message("The kernel dropped a packet because its destination address is not allowed on that link, such "
            "as 127.0.0.1 with route_localnet off."), causes=("userland-proxy-off-no-route-localnet",),
        shown_by=("userland-proxy-off-no-route-localnet",)),
    TextMeaning(id="link-not-ready", program="kernel", kind="harmless",
        patterns=("ADDRCONF(NETDEV_UP): {link}: link is not ready",
            "ADDRCONF(NETDEV_CHANGE): {link}: link is not ready",
            "ADDRCONF(NETDEV_CHANGE): {link}: link becomes ready"),
        meaning=message("IPv6 waits for the link's carrier, and the kernel logs when the carrier is there. A bridge "
            "has no carrier until its first container starts, and a container's link has none until its other end is "
            "up. Therefore each start logs this line.")),
    TextMeaning(id="bridge-port-disabled", program="kernel", kind="routine", about="thing",
        patterns=("{link}: port {number}({link}) entered disabled state",),
        meaning=message("A container's veth was detached from the bridge or switched off. This is normal when a "
            "container stops. If the container still runs, something else has done it."),
        causes=("veth-detached-from-bridge", "veth-down", "manager-claims-container-links"),
        shown_by=("veth-detached-from-bridge", "veth-down")),
    TextMeaning(id="bridge-own-address", program="kernel",
        patterns=("received packet on {link} with own address as source address",),
        meaning=message("A frame with the bridge's own hardware address came in through a port of the bridge. The "
            "network behind the port has a loop, or another machine has the same hardware address."),
        causes=("bridge-port-blocked", "neighbour-entry-wrong")),
    TextMeaning(id="bridge-without-netfilter", program="kernel", kind="routine",
        patterns=("bridge: filtering via arp/ip/ip6tables is no longer available by default",),
        meaning=message("The kernel loaded the bridge module without br_netfilter. Frames between containers on one "
            "bridge do not pass iptables until dockerd or another program loads br_netfilter."),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"), shown_by=("br-netfilter-off-hairpin",
        "icc-off-without-br-netfilter")),
    TextMeaning(id="unregister-netdevice", program="kernel",
        patterns=("unregister_netdevice: waiting for {link} to become free. Usage count",),
        meaning=message("The kernel cannot delete a network namespace, because something still holds a link of that "
            "namespace. New containers may hang until the kernel has deleted the namespace. This is a bug of the "
            "kernel: the wait ends by itself or with a reboot.")),
    TextMeaning(id="syn-flooding", program="kernel", about="port", passing=True,
        patterns=("Possible SYN flooding on port {port}", "Possible SYN flooding on port {address}:{port}",
            "possible SYN flooding on port {port}"),
        meaning=message("The queue of connections that wait for this port's service was full. The service accepts too "
            "slowly, or there are too many clients. While the queue is full, the kernel drops connections or answers "
            "them with SYN cookies."), causes=("service-backlog-full", "service-process-stopped"),
        shown_by=("service-backlog-full", "service-process-stopped")),
    TextMeaning(id="link-down", program="kernel", kind="routine", about="thing",
        patterns=("{link}: Link is Down", "{link}: NIC Link is Down", "{link}: link down", "{link}: Lost carrier",
            "{link}: carrier lost"),
        meaning=message("The network card lost its link: check the cable, the switch or the virtual network. No packet "
            "passes the card until the link is up."), causes=("host-link-down", "host-link-missing",
            "host-default-route-missing"), shown_by=("host-link-down", "host-link-missing")),
    TextMeaning(id="rtnetlink-file-exists", program="ip",
        patterns=("RTNETLINK answers: File exists",),
        meaning=message("The route, address or rule already exists, perhaps with another gateway or link. `ip route "
            "show` lists the routes."), causes=("route-diverts-traffic", "bridge-subnet-overlaps-route",
            "client-inside-container-subnet")),
    TextMeaning(id="rtnetlink-unreachable", program="ip",
        patterns=("RTNETLINK answers: Network is unreachable", "Error: Nexthop has invalid gateway"),
        meaning=message("The gateway of the route is in no network of this host: the link is down, or the link has no "
            "address in the gateway's network."), causes=("host-default-route-missing", "host-address-missing",
            "host-prefix-length-wrong", "host-link-down", "container-default-route-missing")),
    TextMeaning(id="link-queue-stuck", program="kernel", about="thing", passing=True,
        patterns=("NETDEV WATCHDOG: {link} ({word}): transmit queue {number} timed out",
            "{link}: NETDEV WATCHDOG: CPU: {number}: transmit queue {number} timed out",
            "NETDEV WATCHDOG: CPU: {number}: transmit queue {number} timed out"),
        meaning=message("The network card or its driver sent nothing for seconds, so the kernel reset it. Packets were "
            "lost during that time. Rules and routes are not at fault; `ip -s link` and `ethtool -S LINK` show the "
            "card's errors."), causes=("host-link-down",)),
    TextMeaning(id="ipvs-no-destination", program="kernel", passing=True,
        patterns=("IPVS: {word}: FWM {number} {word} - no destination available",
            "IPVS: {word}: {word} {address}:{port} - no destination available",
            "IPVS: {word}: {word} [*]:{port} - no destination available"),
        meaning=message("A packet came for a service of a swarm or of kube-proxy (IPVS), and no task or pod of this "
            "service was ready, so the kernel dropped the packet. `docker service ps SERVICE` or `kubectl get "
            "endpoints` shows the ready ones."), causes=("swarm-service-not-running", "swarm-ingress-sandbox-broken",
            "service-not-listening")),
    TextMeaning(id="tcp-memory", program="kernel", passing=True,
        patterns=("TCP: out of memory -- consider tuning tcp_mem", "TCP: too many orphaned sockets"),
        meaning=message("The kernel had no memory left for TCP (net.ipv4.tcp_mem), or too many connections had no "
            "process any more, so it reset some connections. `cat /proc/net/sockstat` shows how much memory is used, "
            "and `ss -tm` shows which connections use it.")),
    TextMeaning(id="tcp-time-wait", program="kernel", kind="harmless",
        patterns=("TCP: time wait bucket table overflow",),
        meaning=message("The kernel deleted ended connections earlier than usual, because more than "
            "net.ipv4.tcp_max_tw_buckets of them were waiting in TIME-WAIT. New connections are not refused because of "
            "this.")),
    TextMeaning(id="rtnetlink-not-permitted", program="ip",
        patterns=("RTNETLINK answers: {not_allowed}",),
        meaning=message("`ip` was called without root's rights over this network namespace (CAP_NET_ADMIN), so nothing "
            "was changed. A container has this right only if it was made with --cap-add NET_ADMIN.")),
    TextMeaning(id="rtnetlink-no-process", program="ip",
        patterns=("RTNETLINK answers: No such process",),
        meaning=message("The route or rule that should be deleted or changed does not exist in this form: it has "
            "another gateway, link, metric or table. `ip route show table all` and `ip rule` list all routes and "
            "rules.")),
    TextMeaning(id="rtnetlink-not-supported", program="ip", other_causes=True,
        patterns=("RTNETLINK answers: Operation not supported", "Error: Unknown device type"),
        meaning=message("The kernel has no such kind of link, route or rule, because it could not load the module "
            "(veth, bridge, vxlan, wireguard, dummy …). After an upgrade of the kernel, reboot: compare `uname -r` "
            "with `ls /lib/modules`."), causes=("kernel-module-missing",)),
    TextMeaning(id="link-kind-unsupported", program="kernel", other_causes=True,
        patterns=("failed to make veth pair: operation not supported", "System error: operation not supported",
            "adding interface {link} to bridge {link} failed: operation not supported",
            "failed to create veth* Operation not supported", "Failed to create veth pair * Not supported",
            "failed to create bridge {word}: could not add {word}: operation not supported",
            "failed to create bridge interface {link}: operation not supported",
            "Error creating default {word} network: operation not supported",
            "could not add {word}: operation not supported", "CONFIG_VETH: missing", "CONFIG_BRIDGE: missing"),
        meaning=message("The kernel has no veth or no bridge, and containers on a bridge need both. A self-built "
            "kernel or a board's kernel lacks the option (CONFIG_VETH, CONFIG_BRIDGE) or the file of the module; an "
            "upgrade may have replaced the modules of the running kernel."), causes=("kernel-module-missing",)),
    TextMeaning(id="link-not-there", program="ip", about="thing", other_causes=True,
        patterns=('Cannot find device "{link}"', 'Device "{link}" does not exist',
            "{link}: error fetching interface information: Device not found"),
        meaning=message("This network namespace has no link of this name. The link got another name at the last boot, "
            "its driver is missing, or it is in a container. dockerd makes docker0 when it starts, and br-… when it "
            "makes a network; `ip -br link` lists the links."), causes=("bridge-missing", "host-link-missing",
            "container-interface-missing"), shown_by=("bridge-missing", "host-link-missing")),
    TextMeaning(id="duplicate-address", program="kernel",
        patterns=("IPv6 duplicate address {address} used by * detected", "IPv6 duplicate address {address} detected",
            "duplicate address detected"),
        meaning=message("Another machine on the link already has this address, so this machine does not use it."),
        causes=("host-address-missing", "neighbour-entry-wrong", "container-address-not-assigned")),
)  # fmt: skip

MANAGERS = (
    TextMeaning(id="networkmanager-detached", program="NetworkManager", kind="routine", about="thing",
        patterns=("({link}): failed to detach bridge port {link}", "device ({link}): detached bridge port {link}",
            "device ({link}): bridge port {link} was detached", "bridge port {link} detached"),
        meaning=message("NetworkManager manages a container's bridge as its own and removes ports from it. Tell "
            "NetworkManager to ignore the containers' links: "
            "`unmanaged-devices=interface-name:docker*;interface-name:br-*;interface-name:veth*`."),
        causes=("manager-claims-container-links", "veth-detached-from-bridge"), shown_by=("veth-detached-from-bridge",
        "manager-claims-container-links")),
    TextMeaning(id="networkmanager-veth-failed", program="NetworkManager", about="thing",
        patterns=("device ({link}): state change: ip-config -> failed (reason 'ip-config-unavailable'",
            "device (veth*): Activation: failed for connection", "device (docker0): state change: * -> failed",
            "device (br-*): state change: * -> failed", "device (veth*): state change: * -> failed"),
        meaning=message("NetworkManager asked for an address by DHCP on a container's link and got none. "
            "NetworkManager manages the link as its own and may switch it off: exclude the link with "
            "`unmanaged-devices`."), causes=("manager-claims-container-links", "container-link-down", "veth-down"),
        shown_by=("container-link-down", "veth-down", "manager-claims-container-links")),
    TextMeaning(id="networkd-claims", program="systemd-networkd", kind="harmless",
        patterns=("{link}: DHCPv4 address {address}/{number} acquired from {address}", "{link}: Gained carrier",
            "{link}: Link UP", "{link}: Link DOWN", "{link}: Configuring with {path}"),
        meaning=message("systemd-networkd logs a change of a link. If a .network file also matches a container's link, "
            "networkd may remove that link's address."), causes=("manager-claims-container-links",)),
    TextMeaning(id="networkd-foreign-routes", program="systemd-networkd", about="thing",
        patterns=("{link}: Could not set route: *", "{link}: Failed to set address", "{link}: Could not set address: *",
            "{link}: Could not drop address"),
        meaning=message("systemd-networkd could not set an address or a route from its files, so the link differs from "
            "the files."), causes=("host-default-route-missing", "host-address-missing",
            "manager-claims-container-links"), shown_by=("host-default-route-missing", "host-address-missing")),
    TextMeaning(id="dhcp-lease-lost", program="dhclient", about="thing",
        patterns=("No DHCPOFFERS received", "{link}: DHCP lease lost", "{link}: DHCPv4 connection to * lost",
            "dhcp4 ({link}): request timed out", "dhcp4 ({link}): state changed bound -> expire",
            "No working leases in persistent database"),
        meaning=message("The link got no address by DHCP, or lost its address. Clients then cannot reach the host "
            "through this link."), causes=("host-address-missing", "host-default-route-missing", "host-link-down"),
        shown_by=("host-address-missing", "host-default-route-missing", "host-link-down")),
    TextMeaning(id="sysctl-no-key", program="sysctl", kind="routine",
        patterns=("sysctl: cannot stat {path}net/bridge/bridge-nf-call-*", "sysctl: cannot stat {path}net/*: {no_file}",
            "Couldn't write '{word}' to 'net/bridge/bridge-nf-call-*",
            "sysctl: cannot stat {path}netfilter/nf_conntrack_max: {no_file}"),
        meaning=message("The kernel does not have this setting yet, because its module is not loaded: br_netfilter for "
            "bridge-nf-call-…, nf_conntrack for nf_conntrack_max. The line in the file has no effect unless the module "
            "is loaded first."), causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter",
            "kernel-module-missing"), shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter")),
    TextMeaning(id="sysctl-forward-zero", program="sysctl",
        patterns=("net.ipv4.ip_forward = 0", "net.ipv4.conf.all.forwarding = 0", "net.ipv4.ip_forward=0"),
        meaning=message("A sysctl file or a command set forwarding to 0. This replaced the value that dockerd had set, "
            "so the kernel forwarded nothing for containers."), causes=("ip-forward-off",
            "sysctl-file-forces-forward-off", "ip-forward-not-persisted", "interface-forwarding-file-conflict"),
        shown_by=("ip-forward-off",)),
    TextMeaning(id="fail2ban-ban", program="fail2ban", kind="routine",
        patterns=("[{word}] Ban {address}", "NOTICE [{word}] Ban {address}", "NOTICE [{word}] Restore Ban {address}"),
        meaning=message("fail2ban blocks this client because of a rule of its jail. `fail2ban-client status JAIL` "
            "lists the clients that are blocked now."), causes=("ban-list-hits-client-or-container",)),
    TextMeaning(id="container-unhealthy", program="compose", about="thing",
        patterns=("dependency failed to start: container {container} is unhealthy",
            "container {container} is unhealthy", 'container for service "{container}" is unhealthy',
            'for {container}  Container "{word}" is unhealthy'),
        meaning=message("The container runs, but its own health check says that its service does not work. `docker "
            "inspect` shows the output of the check."), causes=("container-unhealthy", "service-not-listening"),
        shown_by=("container-unhealthy",)),
    TextMeaning(id="container-exited", program="compose", about="thing",
        patterns=("dependency failed to start: container {container} exited ({number})",
            "{container} exited with code {number}", "Container {container} is not running",
            "Container {container} is restarting, wait until the container is running"),
        meaning=message("The container does not run, so nothing answers on its ports. `docker logs NAME` says why it "
            "ended."), causes=("container-not-running", "restart-policy-missing"), shown_by=("container-not-running",)),
    TextMeaning(id="container-ended-well", program="compose", kind="harmless",
        patterns=("{container} exited with code 0",),
        meaning=message("The container's program ended without an error, as a finished job does. The container's "
            "restart policy decides whether it is started again.")),
    TextMeaning(id="container-health-failed", program="dockerd", about="thing", passing=True,
        patterns=("Health check for container {container} error:",),
        meaning=message("A container's own health check failed: at that moment, the service in the container did not "
            "answer the check."), causes=("container-unhealthy", "service-not-listening", "service-process-stopped"),
        shown_by=("container-unhealthy",)),
    TextMeaning(id="swarm-no-leader", program="dockerd", passing=True,
        patterns=("The swarm does not have a leader", "memberlist: Suspect {word} has failed, no acks received",
            "memberlist: Failed to send ping: *", "agent: session failed"),
        meaning=message("The members of a cluster do not reach each other, or have no leader. Docker's swarm uses TCP "
            "2377 and TCP and UDP 7946. Swarm services keep running, but names and addresses of new containers are not "
            "announced."), causes=("vxlan-port-blocked", "overlay-peer-missing", "swarm-service-not-running")),
    TextMeaning(id="sshd-client-left", program="sshd", kind="harmless",
        patterns=("sshd[*]: error: kex_exchange_identification: read: {reset}",
            "sshd[*]: error: kex_exchange_identification: *",
            "sshd-session[*]: error: kex_exchange_identification: read: {reset}",
            "sshd[*]: error: kex_exchange_identification: Connection closed by remote host",
            "sshd-session[*]: error: kex_exchange_identification: Connection closed by remote host"),
        meaning=message("A client closed the connection before it logged in, as scanners and health checks do.")),
)  # fmt: skip
