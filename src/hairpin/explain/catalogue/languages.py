"""Texts of run-time libraries about connections: Go, Python, Java, Node, Ruby, PHP, .NET, Rust."""

from hairpin.explain.catalogue.errno_forms import in_libraries
from hairpin.message import message
from hairpin.pasted.forms.outcomes.errno import NO_ROUTE, REFUSED, RESET, TIMEOUT, UNREACHABLE
from hairpin.texts.meaning import TextMeaning

LANGUAGES = (
    TextMeaning(
        id="library-timeout", program="", about="flow", printed_by="client", outcome="timeout",
        patterns=(
            *in_libraries(TIMEOUT), "dial tcp {address}:{port}: i/o timeout", "dial tcp {host}:{port}: i/o timeout",
            "ConnectTimeoutError", "Connection to {host} timed out. (connect timeout=*", "connect timeout={number}",
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
            "asyncio.exceptions.TimeoutError * connect", "ConnectTimeout", "Net::OpenTimeout",
        ),
        meaning=message(
            "The program's packets, or the answers to them, were dropped on the way, and no error came back. Common "
            "reasons: a firewall's DROP, a missing route, or forwarding that is off. If the target is the host's own "
            "public address, a cloud gateway that does not hairpin is the reason."
        ),
        causes=(
            "nat-loopback-on-cloud-address", "filter-forward-jump-missing", "ip-forward-off", "masquerade-missing",
            "docker-user-drops", "forward-policy-drop", "input-drops-host-service", "no-common-network-for-name",
            "isolation-drops-between-bridges", "icc-off", "host-default-route-missing", "interface-forwarding-off",
        ),
    ),
    TextMeaning(
        id="library-refused", program="", about="flow", printed_by="client", outcome="refused",
        patterns=(
            *in_libraries(REFUSED), "dial tcp {address}:{port}: getsockopt: {refused}", "ConnectionRefusedError",
            "Connection to {host}:{port} refused", "stream_socket_client(): * ({refused})", "cURL error 7:",
            "No connection could be made because the target machine actively refused it",
            "NewConnectionError(*{refused}",
            'Is the server running on host "{host}" (*) and accepting TCP/IP connections on port {port}',
            "org.postgresql.util.PSQLException: Connection to {host}:{port} refused",
        ),
        meaning=message(
            "The other side answered that nothing listens on this port. The service does not run, or listens on "
            "another port or address. If a container asked 127.0.0.1, it asked itself."
        ),
        causes=(
            "service-not-listening", "port-not-published", "loopback-is-the-container", "container-not-running",
            "service-listens-on-other-port", "host-service-not-running", "docker-proxy-missing",
            "service-listens-on-container-loopback", "host-service-listens-on-loopback",
        ),
    ),
    TextMeaning(
        id="library-unreachable", program="", about="flow", printed_by="client", outcome="no-route",
        patterns=(
            *in_libraries(NO_ROUTE), "java.net.NoRouteToHostException", "NewConnectionError(*{no_route}",
            "A socket operation was attempted to an unreachable host",
        ),
        meaning=message(
            "A host on the way sent an ICMP error, either because of a firewall's REJECT (the default of firewalld and "
            "RHEL), or because nobody answered ARP for the address."
        ),
        causes=(
            "reject-rule-before-docker", "input-drops-host-service", "firewalld-zone-blocks-port",
            "firewalld-bridge-in-wrong-zone", "input-chain-drops-proxied-traffic", "dnat-rule-stale-address",
            "container-link-down", "arp-not-answered",
        ),
    ),
    TextMeaning(
        id="library-no-network", program="", about="flow", printed_by="client", outcome="no-network",
        patterns=(
            *in_libraries(UNREACHABLE), "dial tcp *: connect: {unreachable}", "dial udp *: connect: {unreachable}",
            "connect ENETUNREACH {address}", "java.net.SocketException: {unreachable}",
            "NewConnectionError(*{unreachable}", "A socket operation was attempted to an unreachable network",
        ),
        meaning=message(
            "The kernel where the program runs has no route to the address: it has no default route, or no IPv6 "
            "address for an IPv6 target. In a container, the network is internal, or the default route is gone."
        ),
        causes=(
            "host-default-route-missing", "container-default-route-missing", "container-on-internal-network-only",
            "container-network-none", "container-interface-missing", "host-link-down",
            "ipv6-ra-ignored-when-forwarding",
        ),
        shown_by=(
            "host-default-route-missing", "container-default-route-missing", "host-link-down",
            "container-interface-missing",
        ),
    ),
    TextMeaning(
        id="library-reset", program="", about="flow", printed_by="client", outcome="reset",
        patterns=(
            *in_libraries(RESET), "read tcp {address}:*->{address}:{port}: read: {reset}", "read ECONNRESET",
            "java.net.SocketException: {reset}", "java.net.SocketException: Connection reset",
            "('Connection aborted.', ConnectionResetError(104", "ConnectionResetError", "socket hang up",
            "An existing connection was forcibly closed by the remote host",
        ),
        meaning=message(
            "The connection was opened and then reset. docker-proxy accepts connections to a published port even if "
            "nothing listens behind it. Otherwise the service ended the connection, or conntrack called a packet of a "
            "long transfer invalid."
        ),
        causes=(
            "service-listens-on-container-loopback", "service-listens-on-other-port", "service-not-listening",
            "conntrack-invalid-reset",
        ),
    ),
    TextMeaning(
        id="library-address-in-use", program="", about="port", printed_by="client",
        patterns=(
            "listen EADDRINUSE: address already in use", "EADDRINUSE", "[Errno 98] {in_use}",
            "java.net.BindException: {in_use}", "bind() to {address}:{port} failed (98: {in_use})",
            "bind() to [::]:{port} failed (98: {in_use})", "{in_use}: AH00072: make_sock: could not bind to address",
            "error: Bind to port {port} on {address} failed: {in_use}", "Errno::EADDRINUSE", "{in_use} (os error 98)",
            "bind: {in_use}", 'could not bind IPv4 address "{address}": {in_use}', "Port {port} was already in use",
            "Could not create server TCP listening socket {address}:{port}: bind: {in_use}",
        ),
        meaning=message(
            "A process tries to listen on a port that another process of the same host or container already holds. On "
            "a host, the holder may be docker-proxy for a published port."
        ),
        causes=(
            "published-port-held-by-other-process", "port-allocated-by-other-container", "ephemeral-port-collision",
        ),
        shown_by=("published-port-held-by-other-process", "port-allocated-by-other-container"),
    ),
)  # fmt: skip
