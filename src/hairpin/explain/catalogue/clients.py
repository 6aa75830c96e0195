"""Texts of clients and of run-time libraries: connections that do not open, connections that open and then fail, and
errors without their reason."""

from msgspec.structs import replace

from hairpin.explain.catalogue.errno_forms import (
    HOST_DAEMONS,
    as_code,
    at_connect,
    in_clients,
    in_english_clients,
    in_libraries,
)
from hairpin.message import message
from hairpin.pasted.forms.outcomes.errno import NO_ROUTE, NOT_HERE, REFUSED, RESET, TIMEOUT, UNREACHABLE
from hairpin.texts.meaning import TextMeaning

_NO_ADDRESS = (
    *in_english_clients(NOT_HERE), *at_connect(NOT_HERE), "NoRouteToHostException: {not_here}",
    "urlopen error [Errno 99]", "connect EADDRNOTAVAIL", "Failed to establish a new connection: [Errno 99]",
)  # fmt: skip
_WITH_TARGET = tuple(each for each in _NO_ADDRESS if "{host}" in each or "{address}" in each)
CLIENTS = (
    TextMeaning(id="client-timeout", program="curl", about="flow", printed_by="client", outcome="timeout",
        patterns=(*in_clients(TIMEOUT), "^{timeout}$", "^connect timeout$", "ERR_CONNECTION_TIMED_OUT", "curl: (28) *",
            "Failed to connect to {host} port {port} after * ms: Timeout was reached",
            "Failed to connect to {host} port {port}: Timeout was reached",
            "nc: connect to {host} port {port} * timed out: Operation now in progress", "wget: download timed out",
            "Unable to connect to {host}:{port}:* timed out",
            "upstream timed out (110: {timeout}) while connecting to upstream",
            "upstream connect error or disconnect/reset before headers* connection timeout",
            "is DOWN, reason: Layer4 timeout"),
        meaning=message("The client's packets, or the answers to them, were dropped on the way, and no error came "
            "back: a firewall's DROP, a missing route, forwarding that is off, or an address that nobody has. A "
            "refusal would have come at once."), causes=("filter-forward-jump-missing", "ip-forward-off",
            "interface-forwarding-off", "docker-user-drops", "forward-policy-drop", "ufw-forward-policy",
            "input-drops-host-service", "dnat-rule-missing", "nat-loopback-on-cloud-address", "no-route-to-client",
            "masquerade-missing", "rp-filter-strict")),
    TextMeaning(id="client-refused", program="curl", about="flow", printed_by="client", outcome="refused",
        patterns=(*in_clients(REFUSED), "^{refused}$", "ERR_CONNECTION_REFUSED",
            "curl: (7) Failed to connect to {host} port {port}*: Couldn't connect to server",
            "curl: (7) Failed to connect to {host} port {port}*: Could not connect to server",
            "curl: (7) couldn't connect to host", "curl: (7) Failed to connect to {host} port {port}*",
            "Failed to connect to {host} port {port} after * ms: Couldn't connect to server",
            "Failed to connect to {host} port {port} after * ms: Could not connect to server",
            "connect to {address} port {port} from {address} port * failed: {refused}",
            "(UNKNOWN) [{address}] {port} (*) : {refused}",
            "telnet: can't connect to remote host ({address}): {refused}",
            "Connecting to {host} ({host})|{address}|:{port}... failed: {refused}",
            "wget: can't connect to remote host: {refused}", "failed: {refused}.",
            'is DOWN, reason: Layer4 connection problem, info: "{refused}'),
        meaning=message("The host answered that nobody listens on this port, or a firewall rejected the connection "
            "with a reset. The service does not run, listens on another port or address, or the port is not "
            "published."), causes=("service-not-listening", "port-not-published", "docker-proxy-missing",
            "service-listens-on-other-port", "published-on-loopback-only", "loopback-is-the-container",
            "container-not-running", "host-service-not-running", "service-listens-on-container-loopback",
            "host-service-listens-on-loopback")),
    TextMeaning(id="client-unreachable", program="curl", about="flow", printed_by="client", outcome="no-route",
        patterns=(*in_clients(NO_ROUTE), "^{no_route}$", "ERR_ADDRESS_UNREACHABLE",
            "From {address} icmp_seq=* Destination Host Unreachable", "From {address} icmp_seq=* Packet filtered",
            "From {address} icmp_seq=* Destination Host Prohibited",
            "From {address} icmp_seq=* Destination Port Unreachable",
            "From {host} ({address}) icmp_seq=* Destination Host Unreachable",
            "来自 {address} icmp_seq=* 目标主机不可达", "来自 {address} icmp_seq=* 目标主机不可到达",
            "Destination Host Unreachable"),
        meaning=message("A host on the way sent an ICMP error, either because of a firewall's REJECT (the default of "
            "firewalld and RHEL), or because nobody answered ARP for the address. If the route is missing on the "
            "client itself, the error is `Network is unreachable`."), causes=("reject-rule-before-docker",
            "input-chain-drops-proxied-traffic", "firewalld-zone-blocks-port", "firewalld-bridge-in-wrong-zone",
            "dnat-rule-stale-address", "container-link-down", "arp-not-answered", "input-drops-host-service",
            "veth-detached-from-bridge")),
    TextMeaning(id="client-no-network", program="curl", about="flow", printed_by="client", outcome="no-network",
        patterns=(*in_clients(UNREACHABLE), "^{unreachable}$", "ping: connect: {unreachable}",
            "ping: sendmsg: {unreachable}", "ping: sendto: {unreachable}", "traceroute: sendto: {unreachable}",
            "From {address} icmp_seq=* Destination Net Unreachable"),
        meaning=message("The kernel where this was typed has no route to the address: it has no default route, or no "
            "IPv6 address for an IPv6 target. In a container, the network is internal, or the default route is gone."),
        causes=("host-default-route-missing", "container-default-route-missing", "container-on-internal-network-only",
        "container-network-none", "host-link-down", "container-interface-missing", "ipv6-ra-ignored-when-forwarding"),
        shown_by=("host-default-route-missing", "container-default-route-missing", "host-link-down",
        "container-interface-missing")),
    TextMeaning(id="client-reset", program="curl", about="flow", printed_by="client", outcome="reset",
        patterns=("^{reset}$", "ERR_CONNECTION_RESET", "PR_CONNECT_RESET_ERROR", "curl: (56) Recv failure: {reset}",
            "curl: (35) * {reset}", "curl: (35) Recv failure: {reset}", "Recv failure: {reset}",
            "recv() failed (104: {reset}) while reading response header from upstream", "read: {reset}",
            "kex_exchange_identification: read: {reset}", "ssh_exchange_identification: read: {reset}",
            "Error reading from server: {reset}", "Read error ({reset}) in headers", "Send failure: {reset}"),
        meaning=message("The connection was opened and then reset. docker-proxy accepts connections to a published "
            "port before it knows whether the service answers: the service listens on 127.0.0.1, on another port, or "
            "not at all. If only long transfers break, conntrack may call a packet invalid."),
        causes=("service-listens-on-container-loopback", "service-listens-on-other-port", "service-not-listening",
        "conntrack-invalid-reset", "service-listens-on-one-container-address", "container-own-firewall")),
    TextMeaning(id="ping-invalid-argument", program="ping", passing=True,
        patterns=("ping: sendto: Invalid argument", "ping: sendmsg: Invalid argument"),
        meaning=message("The kernel refused the packet. Most often it had no room for another neighbour (ARP) entry: "
            "net.ipv4.neigh.default.gc_thresh3 is the limit."), causes=("neighbour-table-overflow",),
        shown_by=("neighbour-table-overflow",)),
    TextMeaning(id="ping-not-permitted", program="ping", about="flow", printed_by="client",
        patterns=("ping: sendmsg: {not_allowed}", "ping: sendto: {not_allowed}", "sendto: {not_allowed}",
            "curl: (7) * {not_allowed}", "connect: {not_allowed}"),
        meaning=message("A firewall on the machine where this was typed drops its own outgoing packets: the chain "
            "OUTPUT, or its policy."), causes=("output-policy-drop", "rule-decides-flow", "container-own-firewall"),
        shown_by=("output-policy-drop", "rule-decides-flow", "container-own-firewall")),
    TextMeaning(id="connect-no-own-address", program="", printed_by="client",
        patterns=_WITH_TARGET, unless=("localhost", "[::1]", "(::1)", " ::1", "'::1'", '"::1"'),
        meaning=message("The program has no source port or no source address for this target. All ports of "
            "net.ipv4.ip_local_port_range are in use for connections to this server (TIME_WAIT counts); or the target "
            "is an IPv6 address, and this container or host has no IPv6."),
        command="ss -s; sysctl net.ipv4.ip_local_port_range; ip -6 addr", shows=message("as many connections as the "
            "range has ports, or no IPv6 address")),
    TextMeaning(id="connect-own-address", program="", about="flow", printed_by="client",
        patterns=_NO_ADDRESS,
        meaning=message("The program asks localhost: 127.0.0.1 has refused it or was not tried, and the other address, "
            "::1, does not exist in a container without IPv6. In a container, localhost is the container itself: the "
            "program needs the name of the container with the service, or the host's address."),
        causes=("loopback-is-the-container", "service-not-listening"), verdicts=("refused", "rejected")),
    TextMeaning(id="bind-address-not-here", program="", printed_by="client",
        patterns=("bind failed with errno {number}: {not_here}", "bind: {not_here}", "listen EADDRNOTAVAIL",
            "error while attempting to bind on address *{not_here}", "{not_here} - bind(2) for",
            "java.net.BindException: {not_here} (Bind failed)", 'could not bind IPv4 address "{address}": {not_here}',
            'could not bind IPv6 address "{address}": {not_here}', "bind() to {address}:{port} failed (99:",
            "({number}){not_here}: AH00072: make_sock: could not bind to address"),
        meaning=message("The program tries to listen at, or to send from, a local address that this host or container "
            "does not have."), causes=("publish-address-not-on-host", "host-address-missing",
            "container-address-not-assigned", "loopback-address-missing")),
    TextMeaning(id="address-not-here", program="", printed_by="client", general=True,
        patterns=(*as_code(NOT_HERE), "{not_here}"), unless=HOST_DAEMONS,
        meaning=message("The program tries to use a local address that this host or container does not have: to listen "
            "at it, or to connect from it. A connection to localhost fails like this in a container without IPv6, "
            "where ::1 does not exist, and localhost is the container itself."), causes=("publish-address-not-on-host",
            "loopback-is-the-container", "host-address-missing", "container-address-not-assigned",
            "loopback-address-missing")),
)  # fmt: skip

LANGUAGES = (
    TextMeaning(id="library-timeout", program="", about="flow", printed_by="client", outcome="timeout",
        patterns=(*in_libraries(TIMEOUT), "dial tcp {address}:{port}: i/o timeout",
            "dial tcp {host}:{port}: i/o timeout", "ConnectTimeoutError",
            "Connection to {host} timed out. (connect timeout=*", "connect timeout={number}",
            "java.net.SocketTimeoutException: connect timed out", "java.net.SocketTimeoutException: Connect timed out",
            "net/http: request canceled while waiting for connection", "TimeoutError: [Errno 110]",
            "stream_socket_client(): * ({timeout})", "cURL error 28:",
            "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            "io.netty.channel.ConnectTimeoutException: connection timed out: {host}",
            "A connection attempt failed because the connected party did not properly respond",
            "Can't connect to MySQL server on '{host}' (timed out)", "Timeout connecting to server",
            "ConnectTimeoutException: Connect to {host}:{port} * failed: connect timed out",
            "ConnectTimeoutException: connection timed out: *{address}:{port}",
            "java.net.SocketTimeoutException: failed to connect to *{address} (port {port})", "UND_ERR_CONNECT_TIMEOUT",
            "asyncio.exceptions.TimeoutError * connect", "ConnectTimeout", "Net::OpenTimeout"),
        meaning=message("The program's packets, or the answers to them, were dropped on the way, and no error came "
            "back. Common reasons: a firewall's DROP, a missing route, or forwarding that is off. If the target is the "
            "host's own public address, a cloud gateway that does not hairpin is the reason."),
        causes=("nat-loopback-on-cloud-address", "filter-forward-jump-missing", "ip-forward-off", "masquerade-missing",
        "docker-user-drops", "forward-policy-drop", "input-drops-host-service", "no-common-network-for-name",
        "isolation-drops-between-bridges", "icc-off", "host-default-route-missing", "interface-forwarding-off")),
    TextMeaning(id="library-refused", program="", about="flow", printed_by="client", outcome="refused",
        patterns=(*in_libraries(REFUSED), "dial tcp {address}:{port}: getsockopt: {refused}", "ConnectionRefusedError",
            "Connection to {host}:{port} refused", "stream_socket_client(): * ({refused})", "cURL error 7:",
            "No connection could be made because the target machine actively refused it",
            "NewConnectionError(*{refused}",
            'Is the server running on host "{host}" (*) and accepting TCP/IP connections on port {port}',
            "org.postgresql.util.PSQLException: Connection to {host}:{port} refused"),
        meaning=message("The other side answered that nothing listens on this port. The service does not run, or "
            "listens on another port or address. If a container asked 127.0.0.1, it asked itself."),
        causes=("service-not-listening", "port-not-published", "loopback-is-the-container", "container-not-running",
        "service-listens-on-other-port", "host-service-not-running", "docker-proxy-missing",
        "service-listens-on-container-loopback", "host-service-listens-on-loopback")),
    TextMeaning(id="library-unreachable", program="", about="flow", printed_by="client", outcome="no-route",
        patterns=(*in_libraries(NO_ROUTE), "java.net.NoRouteToHostException", "NewConnectionError(*{no_route}",
            "A socket operation was attempted to an unreachable host"),
        meaning=message("A host on the way sent an ICMP error, either because of a firewall's REJECT (the default of "
            "firewalld and RHEL), or because nobody answered ARP for the address."),
        causes=("reject-rule-before-docker", "input-drops-host-service", "firewalld-zone-blocks-port",
        "firewalld-bridge-in-wrong-zone", "input-chain-drops-proxied-traffic", "dnat-rule-stale-address",
        "container-link-down", "arp-not-answered")),
    TextMeaning(id="library-no-network", program="", about="flow", printed_by="client", outcome="no-network",
        patterns=(*in_libraries(UNREACHABLE), "dial tcp *: connect: {unreachable}",
            "dial udp *: connect: {unreachable}", "connect ENETUNREACH {address}",
            "java.net.SocketException: {unreachable}", "NewConnectionError(*{unreachable}",
            "A socket operation was attempted to an unreachable network"),
        meaning=message("The kernel where the program runs has no route to the address: it has no default route, or no "
            "IPv6 address for an IPv6 target. In a container, the network is internal, or the default route is gone."),
        causes=("host-default-route-missing", "container-default-route-missing", "container-on-internal-network-only",
        "container-network-none", "container-interface-missing", "host-link-down", "ipv6-ra-ignored-when-forwarding"),
        shown_by=("host-default-route-missing", "container-default-route-missing", "host-link-down",
        "container-interface-missing")),
    TextMeaning(id="library-reset", program="", about="flow", printed_by="client", outcome="reset",
        patterns=(*in_libraries(RESET), "read tcp {address}:*->{address}:{port}: read: {reset}", "read ECONNRESET",
            "java.net.SocketException: {reset}", "java.net.SocketException: Connection reset",
            "('Connection aborted.', ConnectionResetError(104", "ConnectionResetError", "socket hang up",
            "An existing connection was forcibly closed by the remote host"),
        meaning=message("The connection was opened and then reset. docker-proxy accepts connections to a published "
            "port even if nothing listens behind it. Otherwise the service ended the connection, or conntrack called a "
            "packet of a long transfer invalid."), causes=("service-listens-on-container-loopback",
            "service-listens-on-other-port", "service-not-listening", "conntrack-invalid-reset")),
    TextMeaning(id="library-address-in-use", program="", about="port", printed_by="client",
        patterns=("listen EADDRINUSE: address already in use", "EADDRINUSE", "[Errno 98] {in_use}",
            "java.net.BindException: {in_use}", "bind() to {address}:{port} failed (98: {in_use})",
            "bind() to [::]:{port} failed (98: {in_use})", "{in_use}: AH00072: make_sock: could not bind to address",
            "error: Bind to port {port} on {address} failed: {in_use}", "Errno::EADDRINUSE", "{in_use} (os error 98)",
            "bind: {in_use}", 'could not bind IPv4 address "{address}": {in_use}', "Port {port} was already in use",
            "Could not create server TCP listening socket {address}:{port}: bind: {in_use}"),
        meaning=message("A process tries to listen on a port that another process of the same host or container "
            "already holds. On a host, the holder may be docker-proxy for a published port."),
        causes=("published-port-held-by-other-process", "port-allocated-by-other-container",
        "ephemeral-port-collision"), shown_by=("published-port-held-by-other-process",
        "port-allocated-by-other-container")),
)  # fmt: skip

EXCHANGES = (
    TextMeaning(id="registry-speaks-http", program="docker",
        patterns=('Get "https://*/v2/": http: server gave HTTP response to HTTPS client',
            "ping attempt failed with error: Get https://*/v2/: http: server gave HTTP response to HTTPS client",
            'pinging container registry *: Get "https://*/v2/": http: server gave HTTP response to HTTPS client'),
        meaning=message("The registry answered without TLS. dockerd uses https for each registry that "
            "insecure-registries in daemon.json does not list (Podman: registries.conf, insecure = true). Give the "
            "registry a certificate, or list its name and port there.")),
    TextMeaning(id="request-incomplete", program="", printed_by="client", other_causes=True,
        patterns=("error parsing HTTP 408 response body", "Your browser didn't send a complete request in time",
            "408 Request Time-out"),
        meaning=message("The connection opened, and the server did not get the whole request in time. Small packets "
            "pass, and full-sized packets are lost on a way with a smaller MTU; or the client itself was slow."),
        causes=("mtu-black-hole", "pmtud-icmp-blocked")),
    TextMeaning(id="client-silent", program="", about="flow", printed_by="client",
        patterns=("curl: (28) Operation timed out after * milliseconds with * bytes received",
            "Operation timed out after * milliseconds with * out of * bytes received",
            "upstream timed out (110: {timeout}) while reading response header from upstream",
            "upstream timed out (110: {timeout}) while reading upstream", "Read timed out. (read timeout=*",
            "ReadTimeoutError", "java.net.SocketTimeoutException: Read timed out", "UND_ERR_HEADERS_TIMEOUT",
            "upstream timed out (110: {timeout}) while sending request to upstream",
            "awaiting headers* net/http: timeout awaiting response headers",
            "net/http: timeout awaiting response headers"),
        meaning=message("The connection was made, but the answer did not come in time. The service is slow or hangs. "
            "If short answers do arrive, large packets are lost on the way."), causes=("service-process-stopped",
            "mtu-black-hole", "pmtud-icmp-blocked", "service-backlog-full"), shown_by=("service-process-stopped",
            "mtu-black-hole", "pmtud-icmp-blocked", "service-backlog-full")),
    TextMeaning(id="client-empty-reply", program="curl", about="flow", printed_by="client",
        patterns=("curl: (52) Empty reply from server", "Empty reply from server", "^No data received.$",
            "Remote end closed connection without response", "SMTPServerDisconnected: Connection unexpectedly closed",
            "got 0 bytes at EOF", "Server aborted the SSL handshake", "ERR_EMPTY_RESPONSE",
            "kex_exchange_identification: Connection closed by remote host",
            "ssh_exchange_identification: Connection closed by remote host",
            "Lost connection to MySQL server at 'reading initial communication packet'",
            "Lost connection to MySQL server at 'handshake: reading initial communication packet'"),
        meaning=message("The connection was opened and then closed without an answer. docker-proxy accepts connections "
            "to a published port even if nothing listens behind it. Or the service closes connections whose protocol "
            "it does not understand."), causes=("service-listens-on-container-loopback",
            "service-listens-on-other-port", "service-not-listening"), verdicts=("refused", "rejected")),
    TextMeaning(id="client-tls-hangs", program="curl", about="flow", printed_by="client",
        patterns=("curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL", "curl: (35) TLS connect error",
            "SSL connection timeout", "net/http: TLS handshake timeout"),
        meaning=message("TCP connected, but the TLS handshake got no answer. TLS handshake packets are full-sized. "
            "These packets are lost if a link on the way has a smaller MTU and its ICMP messages are lost."),
        causes=("mtu-black-hole", "pmtud-icmp-blocked", "overlay-mtu-too-large"), shown_by=("mtu-black-hole",
        "pmtud-icmp-blocked", "overlay-mtu-too-large")),
    TextMeaning(id="client-message-too-long", program="ping", about="flow", printed_by="client",
        patterns=("ping: local error: message too long, mtu={number}", "ping: sendmsg: Message too long",
            "local error: Message too long, mtu=", "From {address} icmp_seq=* Frag needed and DF set (mtu = {number})"),
        meaning=message("The packet is larger than the MTU of a link on the way. If large TCP answers hang as well, "
            "the ICMP messages about the MTU are lost."), causes=("mtu-black-hole", "pmtud-icmp-blocked",
            "overlay-mtu-too-large"), shown_by=("mtu-black-hole", "pmtud-icmp-blocked", "overlay-mtu-too-large")),
)  # fmt: skip

_WORDS = {
    "timeout": (
        "{timeout}", "socket.timeout: timed out", "TimeoutError: timed out", "code = DeadlineExceeded",
        "DEADLINE_EXCEEDED", "execution expired",
    ),
    "refused": ("{refused}",), "no-route": ("{no_route}",), "no-network": ("{unreachable}",),
    "reset": ("(104, '{reset}", "Error while reading from socket*{reset}"),
}  # fmt: skip
"""The words of an error alone, by the outcome.  Servers of healthy hosts log that a client has reset a connection, so
the words of ``reset`` are those of clients."""
_BARE = tuple(
    replace(each, id=f"any-{each.outcome}", patterns=_WORDS[each.outcome], general=True, unless=HOST_DAEMONS)
    for each in LANGUAGES
    if each.outcome
)
UNSAID = (
    *_BARE,
    TextMeaning(id="client-not-connected", program="", about="flow", printed_by="client", general=True,
        patterns=("Can't connect to MySQL server on '{host}' (115", "Can't connect to server on '{host}' (115",
            "failed to connect to all addresses", "transport: Error while dialing",
            "AH00957: * attempt to connect to {address}:{port} * failed",
            "AH01114: HTTP: failed to make connection to backend: {host}", "http proxy error",
            "Error occurred while trying to proxy", "Error occurred while proxying request",
            "P1001: Can't reach database server at `{host}`:`{port}`", "Can't reach database server at `{host}:{port}`",
            "P1001: Can't reach database server at {host}:{port}", "Connect call failed ('{address}', {port}",
            "All connection attempts failed", "Communications link failure", "The connection attempt failed.",
            "failed to connect to server [{host}:{port}] on first connect", "Unable to connect to {host}/*:{port}",
            "Failed to connect to any host resolved for DNS name", "No alive nodes found in your cluster",
            "NoBrokersAvailable", "AMQPConnectionError", "AMQPConnectorException", "Failed to connect to {host}:{port}",
            "A network-related or instance-specific error occurred while establishing a connection to SQL Server",
            "Unable to connect to any of the specified MySQL hosts", "server selection timeout",
            "None of the configured nodes are available", "None of the specified endpoints were reachable",
            "Could not connect to Redis at {host}:{port}", "It was not possible to connect to the redis server",
            "No nodes are available to send the request", "NoNodeAvailableException", "ServerSelectionTimeoutError",
            "MongoServerSelectionError", "Cannot connect to host {host}:{port}",
            "kafka: client has run out of available", "Broker transport failure",
            "Bootstrap broker {host}:{port} * disconnected", "NoHostAvailable", "Unable to revive connection",
            "No living connections", "Unable to connect to Elasticsearch at", "SMTP connect() failed",
            "Could not connect to SMTP host", "UNAVAILABLE: io exception", "while waiting for a server that matches",
            "buffering timed out after", "Could not proxy request",
            "An error occurred using the connection to database", "RedisConnectionException: Unable to connect to",
            "Cannot get Jedis connection", "Could not get a resource from the pool", "UnableToConnect on {host}:{port}",
            "Error establishing a database connection", "closing socket connection and attempting reconnect",
            "Closing socket connection. Attempting reconnect", "connection, no more host to try",
            "[{host}/{address}] Cannot connect", "Can't contact LDAP server", "ORA-12541", "TNS:no listener",
            "The Network Adapter could not establish the connection", "TCP Provider: Error code {word}",
            "Login timeout expired", "A network-related or instance-specific error has occurred", "failed_connect",
            "The last packet sent successfully to the server was", "ConnectFailureException"),
        meaning=message("The client could not connect, and the line does not say why: nobody answered, the connection "
            "was refused, or the name has no address. The lines below it (`Caused by`) often name the reason."),
        causes=("service-not-listening", "port-not-published", "container-not-running", "loopback-is-the-container",
        "no-common-network-for-name", "filter-forward-jump-missing", "ip-forward-off"), verdicts=("refused", "rejected",
        "dropped", "unanswered")),
    TextMeaning(id="client-unix-socket", program="", printed_by="client",
        patterns=("Can't connect to local MySQL server through socket", "Can't connect to local server through socket",
            "Can't connect to local MariaDB server through socket", "SQLSTATE[HY000] [2002] {no_file}",
            'connection to server on socket "{quoted}" failed: {no_file}', "could not connect to server: {no_file}",
            "accepting connections on Unix domain socket", "connect ENOENT *.sock", "connect ENOENT *.s.PGSQL.{port}",
            "(HY000/2002): {no_file}", "dial unix *.s.PGSQL.{port}: connect: {no_file}"),
        meaning=message("The client sent no packet: for `localhost`, or without a host, it uses a unix socket of its "
            "own machine or container, and the server in another container has its socket inside. A client in a "
            "container needs the name of the server's container as its host; on the host, `-h 127.0.0.1` uses TCP and "
            "the published port.")),
)  # fmt: skip
