"""Texts of clients that reach no service: curl, wget, ssh, nc, ping, database tools, reverse proxies."""

from hairpin.explain.catalogue.errno_forms import HOST_DAEMONS, as_code, at_connect, in_clients, in_english_clients
from hairpin.message import message
from hairpin.pasted.forms.outcomes.errno import NO_ROUTE, NOT_HERE, REFUSED, TIMEOUT, UNREACHABLE
from hairpin.texts.meaning import TextMeaning

_NO_ADDRESS = (
    *in_english_clients(NOT_HERE), *at_connect(NOT_HERE), "NoRouteToHostException: {not_here}",
    "urlopen error [Errno 99]", "connect EADDRNOTAVAIL", "Failed to establish a new connection: [Errno 99]",
)  # fmt: skip
CLIENTS = (
    TextMeaning(
        id="client-timeout", program="curl", about="flow", printed_by="client", outcome="timeout",
        patterns=(
            *in_clients(TIMEOUT), "^{timeout}$", "^connect timeout$", "ERR_CONNECTION_TIMED_OUT", "curl: (28) *",
            "Failed to connect to {host} port {port} after * ms: Timeout was reached",
            "Failed to connect to {host} port {port}: Timeout was reached",
            "nc: connect to {host} port {port} * timed out: Operation now in progress", "wget: download timed out",
            "Unable to connect to {host}:{port}:* timed out",
            "upstream timed out (110: {timeout}) while connecting to upstream",
            "upstream connect error or disconnect/reset before headers* connection timeout",
            "is DOWN, reason: Layer4 timeout",
        ),
        meaning=message(
            "The client's packets, or the answers to them, were dropped on the way, and no error came back: a "
            "firewall's DROP, a missing route, forwarding that is off, or an address that nobody has. A refusal would "
            "have come at once."
        ),
        causes=(
            "filter-forward-jump-missing", "ip-forward-off", "interface-forwarding-off", "docker-user-drops",
            "forward-policy-drop", "ufw-forward-policy", "input-drops-host-service", "dnat-rule-missing",
            "nat-loopback-on-cloud-address", "no-route-to-client", "masquerade-missing", "rp-filter-strict",
        ),
    ),
    TextMeaning(
        id="client-refused", program="curl", about="flow", printed_by="client", outcome="refused",
        patterns=(
            *in_clients(REFUSED), "^{refused}$", "ERR_CONNECTION_REFUSED",
            "curl: (7) Failed to connect to {host} port {port}*: Couldn't connect to server",
            "curl: (7) Failed to connect to {host} port {port}*: Could not connect to server",
            "curl: (7) couldn't connect to host", "curl: (7) Failed to connect to {host} port {port}*",
            "Failed to connect to {host} port {port} after * ms: Couldn't connect to server",
            "Failed to connect to {host} port {port} after * ms: Could not connect to server",
            "connect to {address} port {port} from {address} port * failed: {refused}",
            "(UNKNOWN) [{address}] {port} (*) : {refused}",
            "telnet: can't connect to remote host ({address}): {refused}",
            "Connecting to {host} ({host})|{address}|:{port}... failed: {refused}",
            "Connexion à {host}|{address}|:{port}… échec : {refused}", "wget: can't connect to remote host: {refused}",
            "failed: {refused}.", 'is DOWN, reason: Layer4 connection problem, info: "{refused}',
        ),
        meaning=message(
            "The host answered that nobody listens on this port, or a firewall rejected the connection with a reset. "
            "The service does not run, listens on another port or address, or the port is not published."
        ),
        causes=(
            "service-not-listening", "port-not-published", "docker-proxy-missing", "service-listens-on-other-port",
            "published-on-loopback-only", "loopback-is-the-container", "container-not-running",
            "host-service-not-running", "service-listens-on-container-loopback", "host-service-listens-on-loopback",
        ),
    ),
    TextMeaning(
        id="client-unreachable", program="curl", about="flow", printed_by="client", outcome="no-route",
        patterns=(
            *in_clients(NO_ROUTE), "^{no_route}$", "ERR_ADDRESS_UNREACHABLE",
            "From {address} icmp_seq=* Destination Host Unreachable", "From {address} icmp_seq=* Packet filtered",
            "From {address} icmp_seq=* Destination Host Prohibited",
            "From {address} icmp_seq=* Destination Port Unreachable",
            "From {host} ({address}) icmp_seq=* Destination Host Unreachable",
            "来自 {address} icmp_seq=* 目标主机不可达", "来自 {address} icmp_seq=* 目标主机不可到达",
            "Destination Host Unreachable",
        ),
        meaning=message(
            "A host on the way sent an ICMP error, either because of a firewall's REJECT (the default of firewalld and "
            "RHEL), or because nobody answered ARP for the address. If the route is missing on the client itself, the "
            "error is `Network is unreachable`."
        ),
        causes=(
            "reject-rule-before-docker", "input-chain-drops-proxied-traffic", "firewalld-zone-blocks-port",
            "firewalld-bridge-in-wrong-zone", "dnat-rule-stale-address", "container-link-down", "arp-not-answered",
            "input-drops-host-service", "veth-detached-from-bridge",
        ),
    ),
    TextMeaning(
        id="client-no-network", program="curl", about="flow", printed_by="client", outcome="no-network",
        patterns=(
            *in_clients(UNREACHABLE), "^{unreachable}$", "ping: connect: {unreachable}", "ping: sendmsg: {unreachable}",
            "ping: sendto: {unreachable}", "traceroute: sendto: {unreachable}",
            "From {address} icmp_seq=* Destination Net Unreachable",
        ),
        meaning=message(
            "The kernel where this was typed has no route to the address: it has no default route, or no IPv6 address "
            "for an IPv6 target. In a container, the network is internal, or the default route is gone."
        ),
        causes=(
            "host-default-route-missing", "container-default-route-missing", "container-on-internal-network-only",
            "container-network-none", "host-link-down", "container-interface-missing",
            "ipv6-ra-ignored-when-forwarding",
        ),
        shown_by=(
            "host-default-route-missing", "container-default-route-missing", "host-link-down",
            "container-interface-missing",
        ),
    ),
    TextMeaning(
        id="client-reset", program="curl", about="flow", printed_by="client", outcome="reset",
        patterns=(
            "^{reset}$", "ERR_CONNECTION_RESET", "PR_CONNECT_RESET_ERROR", "curl: (56) Recv failure: {reset}",
            "curl: (35) * {reset}", "curl: (35) Recv failure: {reset}",
            "Recv failure: {reset}", "recv() failed (104: {reset}) while reading response header from upstream",
            "read: {reset}", "kex_exchange_identification: read: {reset}", "ssh_exchange_identification: read: {reset}",
            "Error reading from server: {reset}", "Read error ({reset}) in headers", "Send failure: {reset}",
        ),
        meaning=message(
            "The connection was opened and then reset. docker-proxy accepts connections to a published port before it "
            "knows whether the service answers: the service listens on 127.0.0.1, on another port, or not at all. If "
            "only long transfers break, conntrack may call a packet invalid."
        ),
        causes=(
            "service-listens-on-container-loopback", "service-listens-on-other-port", "service-not-listening",
            "conntrack-invalid-reset", "service-listens-on-one-container-address", "container-own-firewall",
        ),
    ),
    TextMeaning(
        id="ping-invalid-argument", program="ping", passing=True,
        patterns=("ping: sendto: Invalid argument", "ping: sendmsg: Invalid argument"),
        meaning=message(
            "The kernel refused the packet. Most often it had no room for another neighbour (ARP) entry: "
            "net.ipv4.neigh.default.gc_thresh3 is the limit."
        ),
        causes=("neighbour-table-overflow",), shown_by=("neighbour-table-overflow",),
    ),
    TextMeaning(
        id="ping-not-permitted", program="ping", about="flow", printed_by="client",
        patterns=(
            "ping: sendmsg: {not_allowed}", "ping: sendto: {not_allowed}", "sendto: {not_allowed}",
            "curl: (7) * {not_allowed}", "connect: {not_allowed}",
        ),
        meaning=message(
            "A firewall on the machine where this was typed drops its own outgoing packets: the chain OUTPUT, or its "
            "policy."
        ),
        causes=("output-policy-drop", "rule-decides-flow", "container-own-firewall"),
        shown_by=("output-policy-drop", "rule-decides-flow", "container-own-firewall"),
    ),
    TextMeaning(
        id="connect-no-own-address", program="", printed_by="client",
        patterns=tuple(each for each in _NO_ADDRESS if "{host}" in each or "{address}" in each),
        unless=("localhost", "[::1]", "(::1)", " ::1", "'::1'", '"::1"'),
        meaning=message(
            "The program has no source port or no source address for this target. All ports of "
            "net.ipv4.ip_local_port_range are in use for connections to this server (TIME_WAIT counts); or the target "
            "is an IPv6 address, and this container or host has no IPv6."
        ),
        command="ss -s; sysctl net.ipv4.ip_local_port_range; ip -6 addr",
        shows=message("as many connections as the range has ports, or no IPv6 address"),
    ),
    TextMeaning(
        id="connect-own-address", program="", about="flow", printed_by="client", patterns=_NO_ADDRESS,
        meaning=message(
            "The program asks localhost: 127.0.0.1 has refused it or was not tried, and the other address, ::1, does "
            "not exist in a container without IPv6. In a container, localhost is the container itself: the program "
            "needs the name of the container with the service, or the host's address."
        ),
        causes=("loopback-is-the-container", "service-not-listening"), verdicts=("refused", "rejected"),
    ),
    TextMeaning(
        id="bind-address-not-here", program="", printed_by="client",
        patterns=(
            "bind failed with errno {number}: {not_here}", "bind: {not_here}", "listen EADDRNOTAVAIL",
            "error while attempting to bind on address *{not_here}", "{not_here} - bind(2) for",
            "java.net.BindException: {not_here} (Bind failed)", 'could not bind IPv4 address "{address}": {not_here}',
            'could not bind IPv6 address "{address}": {not_here}', "bind() to {address}:{port} failed (99:",
            "({number}){not_here}: AH00072: make_sock: could not bind to address",
        ),
        meaning=message(
            "The program tries to listen at, or to send from, a local address that this host or container does not "
            "have."
        ),
        causes=(
            "publish-address-not-on-host", "host-address-missing", "container-address-not-assigned",
            "loopback-address-missing",
        ),
    ),
    TextMeaning(
        id="address-not-here", program="", printed_by="client", general=True,
        patterns=(*as_code(NOT_HERE), "{not_here}"), unless=HOST_DAEMONS,
        meaning=message(
            "The program tries to use a local address that this host or container does not have: to listen at it, or "
            "to connect from it. A connection to localhost fails like this in a container without IPv6, where ::1 does "
            "not exist, and localhost is the container itself."
        ),
        causes=(
            "publish-address-not-on-host", "loopback-is-the-container", "host-address-missing",
            "container-address-not-assigned",
            "loopback-address-missing",
        ),
    ),
)  # fmt: skip
