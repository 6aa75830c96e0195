"""Texts of clients that reach no service: curl, wget, ssh, nc, ping, database tools, reverse proxies."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

CLIENTS = (
    TextMeaning(
        id="client-timeout", program="curl", about="flow", printed_by="client", outcome="timeout",
        patterns=(
            "^{timeout}$", "^connect timeout$", "ERR_CONNECTION_TIMED_OUT", "curl: (28) *", "curl: (7) *{timeout}",
            "(110){timeout}: AH00957",
            "Failed to connect to {host} port {port} after * ms: Timeout was reached",
            "Failed to connect to {host} port {port}* {timeout}",
            "Failed to connect to {host} port {port}: Timeout was reached",
            "ssh: connect to host {host} port {port}: {timeout}", "connect to {address} port {port} failed: {timeout}",
            "nc: connect to {host} port {port} (*) failed: {timeout}",
            "nc: connect to {host} port {port} * timed out: Operation now in progress", "Ncat: {timeout}",
            "telnet: Unable to connect to remote host: {timeout}", "telnet: connect to address {address}: {timeout}",
            "Connecting to {host}|{address}|:{port}... failed: {timeout}",
            "Connecting to {address}:{port}... failed: {timeout}", "wget: download timed out",
            "wget: can't connect to remote host ({address}): {timeout}",
            "Could not connect to Redis at {host}:{port}: {timeout}",
            'connection to server at "{host}"*, port {port} failed: {timeout}',
            "could not connect to server: {timeout}",
            "ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' (110)",
            "Can't connect to MySQL server on '{host}' (110", "Unable to connect to {host}:{port}:* timed out",
            "connect() failed (110: {timeout}) while connecting to upstream",
            "upstream timed out (110: {timeout}) while connecting to upstream",
            "connect to {host} port {port}: {timeout}", "Immediate connect fail for {address}: {timeout}",
            "connect: {timeout}", "upstream connect error or disconnect/reset before headers* connection timeout",
            "is DOWN, reason: Layer4 timeout", "connect to {host}:{port} failed: {timeout}",
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
            "^{refused}$", "curl: (7) *{refused}", "ERR_CONNECTION_REFUSED",
            "curl: (7) Failed to connect to {host} port {port}*: Couldn't connect to server",
            "curl: (7) Failed to connect to {host} port {port}*: Could not connect to server",
            "curl: (7) couldn't connect to host", "curl: (7) Failed to connect to {host} port {port}*",
            "Failed to connect to {host} port {port}* {refused}",
            "Failed to connect to {host} port {port} after * ms: Couldn't connect to server",
            "Failed to connect to {host} port {port} after * ms: Could not connect to server",
            "connect to {address} port {port} failed: {refused}",
            "connect to {address} port {port} from {address} port * failed: {refused}",
            "ssh: connect to host {host} port {port}: {refused}", "connect to host {host} port {port}: {refused}",
            "nc: connect to {host} port {port} (*) failed: {refused}", "(UNKNOWN) [{address}] {port} (*) : {refused}",
            "Ncat: {refused}", "telnet: Unable to connect to remote host: {refused}",
            "telnet: connect to address {address}: {refused}",
            "telnet: can't connect to remote host ({address}): {refused}",
            "Connecting to {host}|{address}|:{port}... failed: {refused}",
            "Connecting to {host} ({host})|{address}|:{port}... failed: {refused}",
            "Connecting to {address}:{port}... failed: {refused}",
            "Connexion à {host}|{address}|:{port}… échec : {refused}",
            "wget: can't connect to remote host ({address}): {refused}",
            "wget: can't connect to remote host: {refused}", "Could not connect to Redis at {host}:{port}: {refused}",
            'connection to server at "{host}"*, port {port} failed: {refused}',
            "could not connect to server: {refused}",
            "ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' (111)",
            "Can't connect to MySQL server on '{host}' (111", "Can't connect to server on '{host}' (111)",
            "connect() failed (111: {refused}) while connecting to upstream", "(111){refused}: AH00957",
            "connect: {refused}", "MongoNetworkError: connect ECONNREFUSED {address}:{port}", "failed: {refused}.",
            "error: dial tcp {address}:{port}: connect: {refused}",
            'is DOWN, reason: Layer4 connection problem, info: "{refused}',
            "connect to {host}:{port} failed: {refused}",
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
            "^{no_route}$", "curl: (7) *{no_route}", "ERR_ADDRESS_UNREACHABLE",
            "Failed to connect to {host} port {port}* {no_route}",
            "connect to {address} port {port} failed: {no_route}",
            "ssh: connect to host {host} port {port}: {no_route}", "connect to host {host} port {port}: {no_route}",
            "nc: connect to {host} port {port} (*) failed: {no_route}", "Ncat: {no_route}",
            "telnet: Unable to connect to remote host: {no_route}",
            "Connecting to {host}|{address}|:{port}... failed: {no_route}",
            "Connecting to {address}:{port}... failed: {no_route}",
            "wget: can't connect to remote host ({address}): {no_route}",
            "Could not connect to Redis at {host}:{port}: {no_route}",
            'connection to server at "{host}"*, port {port} failed: {no_route}',
            "could not connect to server: {no_route}", "Can't connect to MySQL server on '{host}*' (113",
            "connect() failed (113: {no_route}) while connecting to upstream",
            "connect() to {address}:{port} failed (113: {no_route})", "(113){no_route}: AH00957", "connect: {no_route}",
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
            "^{unreachable}$", "curl: (7) *{unreachable}", "Failed to connect to {host} port {port}* {unreachable}",
            "Immediate connect fail for {address}: {unreachable}",
            "ssh: connect to host {host} port {port}: {unreachable}", "connect: {unreachable}",
            "ping: connect: {unreachable}", "ping: sendmsg: {unreachable}", "ping: sendto: {unreachable}",
            "Connecting to {host}|{address}|:{port}... failed: {unreachable}",
            "wget: can't connect to remote host ({address}): {unreachable}",
            "From {address} icmp_seq=* Destination Net Unreachable",
            "nc: connect to {host} port {port} (*) failed: {unreachable}",
            "Can't connect to MySQL server on '{host}*' (101", "ping: sendto: Network unreachable",
            "traceroute: sendto: {unreachable}",
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
        id="client-not-connected", program="", about="flow", printed_by="client", general=True,
        patterns=(
            "ERROR 2002 (HY000): Can't connect to MySQL server on '{host}' (115)", "failed to connect to all addresses",
            "Can't connect to MySQL server on '{host}' (115", "transport: Error while dialing",
            "AH00957: * attempt to connect to {address}:{port} * failed",
            "P1001: Can't reach database server at `{host}`:`{port}`", "Can't reach database server at `{host}:{port}`",
            "P1001: Can't reach database server at {host}:{port}",
        ),
        meaning=message(
            "The client could not connect, and the error does not say why: nobody answered, or the connection was "
            "refused. Error 115 is EINPROGRESS, which the call returns in both cases."
        ),
        causes=(
            "service-not-listening", "port-not-published", "container-not-running", "loopback-is-the-container",
            "filter-forward-jump-missing", "ip-forward-off",
        ),
        verdicts=("refused", "rejected", "dropped", "unanswered"),
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
        id="curl-no-route-own-address", program="curl", printed_by="client", general=True,
        patterns=(
            "bind failed with errno {number}: {not_here}", "connect: {not_here}", "bind: {not_here}",
            "[Errno 99] {not_here}", "EADDRNOTAVAIL",
        ),
        meaning=message(
            "The program tries to use a local address that this host or container does not have. Or no source port is "
            "left for new connections to that server."
        ),
        causes=(
            "publish-address-not-on-host", "host-address-missing", "snat-ports-exhausted",
            "container-address-not-assigned", "loopback-address-missing",
        ),
    ),
)  # fmt: skip
