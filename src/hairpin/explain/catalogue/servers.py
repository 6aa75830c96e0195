"""Texts about servers: reverse proxies without a service behind them, services that refuse a client or may not listen,
and programs that find no address for a name."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

PROXIES = (
    TextMeaning(id="proxy-no-upstream", program="nginx", printed_by="client", passing=True,
        patterns=("no live upstreams while connecting to upstream", "upstream server temporarily disabled while",
            "no healthy upstream"),
        meaning=message("The reverse proxy counts all servers behind it as failed, so it sends them no requests for a "
            "while. The log line before this one tells how the last server failed. nginx-proxy lists a container as "
            "`down` if the two share no network."), causes=("service-not-listening", "container-not-running",
            "no-common-network-for-name", "service-listens-on-other-port")),
    TextMeaning(id="proxy-upstream-closed", program="nginx", printed_by="client", passing=True,
        patterns=("upstream prematurely closed connection while reading *",),
        meaning=message("The service behind the proxy accepted the connection and closed the connection before the "
            "answer was complete. The service ended or restarted, its own timeout ran out, or it expects TLS on that "
            "port. The network is not at fault; `docker logs` of the service says more."),
        causes=("container-not-running", "container-unhealthy")),
    TextMeaning(id="nginx-resolver", program="nginx", printed_by="client", other_causes=True,
        patterns=("no resolver defined to resolve {host}", "{host} could not be resolved (3: Host not found)",
            "{host} could not be resolved (2: Server failure)", "{host} could not be resolved (5: Operation refused)"),
        meaning=message("nginx resolves a name in a variable while it runs, and only with the servers of its own line "
            "`resolver`. Containers' names are known to 127.0.0.11 (Docker) or to the cluster's DNS, and nginx adds no "
            "search domain: in Kubernetes it needs the whole name, SERVICE.NAMESPACE.svc.cluster.local."),
        causes=("no-common-network-for-name", "container-not-running", "dns-upstream-unreachable")),
    TextMeaning(id="proxy-bad-gateway", program="", printed_by="client", general=True, other_causes=True,
        patterns=("502 Bad Gateway", "504 Gateway Time-out", "504 Gateway Timeout",
            "503 Service Temporarily Unavailable", "upstream connect error or disconnect/reset before headers"),
        meaning=message("The reverse proxy was reached, but it got no answer from the service behind it: 502 means a "
            "refused or broken connection, 504 means that no answer came. The port is published correctly. The proxy's "
            "own log names the address that it asked, and how the request failed."), causes=("service-not-listening",
            "service-listens-on-other-port", "service-listens-on-container-loopback", "no-common-network-for-name",
            "loopback-is-the-container", "container-not-running", "name-pinned-to-old-address")),
    TextMeaning(id="traefik-no-address", program="traefik", other_causes=True,
        patterns=("unable to find the IP address for the container",
            "Could not find network named {word} for container {quoted}",
            "Could not find network named '{word}' for container",
            'Could not find network named "{word}" for container'),
        meaning=message("Traefik and the container do not share the network that the label traefik.docker.network "
            "names, so Traefik has no address to send requests to. Compose puts the project before the network's name "
            "(project_proxy). `docker inspect NAME` shows the networks of a container."),
        causes=("no-common-network-for-name", "container-not-running", "container-network-none")),
    TextMeaning(id="traefik-port-missing", program="traefik", other_causes=True,
        patterns=('service "{word}" error: port is missing',),
        meaning=message("Traefik does not know which port of the container to use: the image exposes none, and the "
            "label traefik.http.services.NAME.loadbalancer.server.port is missing. For a swarm service, the label "
            "belongs below `deploy`."), causes=("swarm-service-not-running",)),
    TextMeaning(id="docker-api-version", program="docker", printed_by="client",
        patterns=("client version {word} is too old. Minimum supported API version is {word}",
            "client version {word} is too new. Maximum supported API version is {word}"),
        meaning=message("The program speaks a version of Docker's API that this dockerd refuses (Docker 29.0 refuses "
            "versions below 1.44). Until the program (Traefik, Portainer, Watchtower …) is updated, it sees no "
            "containers, and a proxy has no routes. `docker version` shows both versions.")),
    TextMeaning(id="outgoing-proxy-failed", program="", printed_by="client", other_causes=True,
        patterns=("proxyconnect tcp: dial tcp {address}:{port}: * {refused}",
            "proxyconnect tcp: dial tcp *: * {refused}", "proxyconnect tcp: dial tcp {address}:{port}: * {no_route}",
            "proxyconnect tcp: dial tcp *: i/o timeout", "proxyconnect tcp: *", "http: error connecting to proxy *",
            "curl: (5) Could not resolve proxy: {host}", "curl: (97) *",
            "curl: (56) Received HTTP code {number} from proxy after CONNECT"),
        meaning=message("The program uses a proxy (HTTP_PROXY, HTTPS_PROXY, daemon.json, Docker Desktop's settings), "
            "but the proxy is not reached. In that setting, 127.0.0.1 means dockerd's machine or the container itself, "
            "not the computer at which you sit. `docker info` and `systemctl show docker --property Environment` show "
            "the setting."), causes=("loopback-is-the-container", "host-service-not-running",
            "host-service-listens-on-loopback")),
)  # fmt: skip

SERVICES = (
    TextMeaning(id="not-in-the-network", program="", printed_by="client",
        patterns=("tls: first record does not look like a TLS handshake", "http2: * looked like an HTTP/1.1 header",
            "Client sent an HTTP request to an HTTPS server", "The plain HTTP request was sent to HTTPS port",
            "curl: (1) Received HTTP/0.9 when not allowed", 'malformed HTTP response "\\x15\\x03',
            "speaking plain HTTP to an SSL-enabled server port", "SSL routines*http request",
            "This combination of host and port requires TLS", "server gave HTTP response to HTTPS client",
            "SSL routines*wrong version number", "[SSL: WRONG_VERSION_NUMBER]", "SSL_ERROR_RX_RECORD_TOO_LONG",
            "SSL routines*packet length too long", "Unsupported or unrecognized SSL message",
            "EPROTO * wrong version number", "ERR_SSL_PROTOCOL_ERROR",
            "curl: (35) Unknown SSL protocol error in connection to *",
            "toomanyrequests: You have reached your pull rate limit", "You have reached your unauthenticated pull rate",
            "toomanyrequests: *", "x509: certificate signed by unknown authority",
            "x509: certificate is valid for *, not {host}", "x509: certificate is not valid for any names",
            "x509: cannot validate certificate for {host}", "x509: certificate has expired or is not yet valid",
            "curl: (60) *", "curl: (51) *", "SSL certificate problem: *", "CERTIFICATE_VERIFY_FAILED",
            "ERR_CERT_AUTHORITY_INVALID", "ERR_CERT_COMMON_NAME_INVALID", "SEC_ERROR_UNKNOWN_ISSUER",
            "ERR_TOO_MANY_REDIRECTS", "redirected you too many times", "Maximum ({number}) redirects followed",
            "stopped after {number} redirects", "Exceeded {number} redirects", "while SSL handshaking to upstream",
            "peer closed connection in SSL handshake * to upstream",
            "AH01102: error reading status line from remote server *", "AH00898: Error reading from remote server *",
            "error reading status line from remote server",
            "SSL_do_handshake() failed (*wrong version number*) while SSL handshaking to upstream",
            "SSL_do_handshake() failed (*packet length too long*) while SSL handshaking to upstream",
            "SSL_do_handshake() failed (*unknown protocol*) while SSL handshaking to upstream",
            "500 Internal Server Error' caused by: tls: first record does not look like a TLS handshake",
            "http.log.error * tls: first record does not look like a TLS handshake",
            "OPENSSL_internal:WRONG_VERSION_NUMBER", "ERR_UNSAFE_PORT",
            "This address uses a network port which is normally used for purposes other than",
            "Invalid HTTP_HOST header: *", "DisallowedHost", "Invalid Host header", "Blocked request. This host (*",
            "ERR_ADDRESS_INVALID", "http://0.0.0.0:{port}/* net::ERR_", "http://[::]:{port}/* net::ERR_",
            "connection to 'ws://0.0.0.0:{port}*' failed", "DENIED Redis is running in protected mode",
            'no pg_hba.conf entry for host "{host}"', 'pg_hba.conf rejects connection for host "{host}"',
            "Access denied for user '{word}'@'localhost' (using password: *",
            "Access denied for user '{word}'@'localhost'",
            "Access denied for user '{word}'@'{host}' (using password: *",
            "Host '{host}' is not allowed to connect to this MySQL server",
            "Host '{host}' is not allowed to connect to this MariaDB server"),
        meaning=message("The network is in order. The program at one end refuses an account, a certificate, a name, a "
            "port or too many requests, or only one of the two ends speaks TLS (https): its own log and settings say "
            "which.")),
    TextMeaning(id="server-local-only", program="", printed_by="client",
        patterns=("Starting in local only mode. Connections will only be possible from clients running on",
            "Network: use --host to expose"),
        meaning=message("The server says that it listens on loopback only. In a container this is the container's own "
            "loopback, which no client outside of the container reaches: a setting of the server has to name another "
            "address (`listener 1883` of Mosquitto, `--host` of Vite)."),
        causes=("service-listens-on-container-loopback",)),
    TextMeaning(id="kafka-advertised-address", program="kafka", about="flow", printed_by="client",
        patterns=("Connection to node {word} (*{address}:{port}) could not be established. Broker may not be available",
            "Connection to node {word} could not be established. Broker may not be available",
            "Error connecting to node {host}:{port} (id: {number} rack:",
            "]: {host}:{port}/{number}: Failed to resolve '{host}:{port}'",
            "]: {host}:{port}/{number}: Connect to ipv*#{address}:{port} failed: *",
            "{host}:{port}/{number}: Failed to resolve '{host}:{port}': *"),
        meaning=message("The client could not connect to a broker. A client first asks any broker, and then connects "
            "to the address that the broker advertises (advertised.listeners): localhost or a container's name works "
            "for some clients only. Each kind of client needs a listener with an address that it can reach."),
        causes=("loopback-is-the-container", "service-not-listening", "no-common-network-for-name",
        "port-not-published", "container-not-running"), verdicts=("refused", "rejected", "dropped", "unanswered")),
    TextMeaning(id="service-port-denied", program="nginx", printed_by="client", about="port", other_causes=True,
        patterns=("bind() to {address}:{port} failed (13: Permission denied)",
            "bind() to [::]:{port} failed (13: Permission",
            "could not bind to address {address}:{port}* (13)Permission denied",
            "(13)Permission denied: AH00072: make_sock: could not bind to address {address}:{port}",
            "listen EACCES: permission denied {address}:{port}"),
        meaning=message("The service may not listen on a port below net.ipv4.ip_unprivileged_port_start, because it "
            "does not run as root or its container lacks NET_BIND_SERVICE. Let it listen on a higher port inside the "
            "container, and publish that port."), causes=("privileged-port-rootless", "service-not-listening")),
    TextMeaning(id="service-no-ipv6", program="nginx", printed_by="client", other_causes=True,
        patterns=("socket() [::]:{port} failed (97: Address family not supported by protocol)",
            "bind() to [::]:{port} failed (97: Address family not supported by protocol)",
            "bind() to [::]:{port} failed (99: {not_here})"),
        meaning=message("The service also tries to listen on IPv6, but the kernel or the container has no IPv6, so the "
            "service ended. `sysctl net.ipv6.conf.all.disable_ipv6` in its namespace shows the setting. Remove the "
            "line with [::] from the service's configuration."), causes=("container-not-running",
            "service-not-listening")),
)  # fmt: skip

NAMES = (
    TextMeaning(id="name-not-resolved", program="curl", about="name", printed_by="client",
        patterns=("curl: (6) *", "Could not resolve host: {host}", "Couldn't resolve host '{host}'",
            "ping: unknown host {host}", "wget: unable to resolve host address", "wget: bad address '{host}'",
            "ping: bad address '{host}'", "bad address '{host}'", "java.net.UnknownHostException",
            "java.net.UnknownHostException: {host}", "socket.gaierror",
            'could not translate host name "{host}" to address', "Unknown MySQL server host '{host}'",
            "Could not resolve '{host}'", "php_network_getaddresses: getaddrinfo failed",
            'host not found in upstream "{host}', "ERR_NAME_NOT_RESOLVED", "DNS_PROBE_FINISHED_NXDOMAIN",
            "getaddrinfo for {host} failed", "Unknown host {host}", "failed to lookup address information",
            "could not resolve address '{host}'", "DNS resolution failed", "^Error: Lookup error.$"),
        meaning=message("The name server answered that it knows no such name, or no name server answered. Containers "
            "know each other's names only while they run, and only on a network that both are on and that a user made "
            "(not on the default bridge)."), causes=("no-common-network-for-name", "default-bridge-has-no-names",
            "dns-upstream-unreachable", "masquerade-missing", "container-not-running", "resolver-rules-missing",
            "ip-forward-off", "filter-forward-jump-missing", "forward-policy-drop", "host-network-has-no-names",
            "container-on-internal-network-only")),
    TextMeaning(id="name-unknown", program="", about="name", printed_by="client",
        patterns=("{no_name}", "ping: {host}: {no_name}", "ssh: Could not resolve hostname {host}: {no_name}",
            'could not translate host name "{host}" to address: {no_name}', "getaddrinfo ENOTFOUND {host}", "ENOTFOUND",
            "dial tcp: lookup {host}*: no such host", "lookup {host} on {address}:{port}: no such host",
            "[Errno -2] {no_name}", "nodename nor servname provided", "no such host",
            "** server can't find {host}: NXDOMAIN", "Host {host} not found: 3(NXDOMAIN)",
            "Error -2 connecting to {host}:{port}", "Error -5 connecting to {host}:{port}",
            "Error 11001 connecting to {host}:{port}", "Errno 11001] getaddrinfo failed",
            "Failed host lookup: '{host}'", "tcp connect ({host}:{port}): non-existing domain - :nxdomain",
            "tcp connect: non-existing domain", "tcp connect: nxdomain",
            "Couldn't resolve server {host}:{port} from bootstrap.servers",
            "No resolvable bootstrap urls given in bootstrap.servers", "Failed to resolve '{host}:{port}'",
            "HostNotFound: Could not find address for {host}:{port}"),
        meaning=message("The name server answered that it knows no such name. Containers know each other's names only "
            "while they run, and only on a network that both are on and that a user made (not on the default bridge)."),
        causes=("no-common-network-for-name", "default-bridge-has-no-names", "container-not-running",
        "host-network-has-no-names", "resolv-conf-rewritten"), shown_by=("no-common-network-for-name",
        "default-bridge-has-no-names", "host-network-has-no-names", "resolv-conf-rewritten")),
    TextMeaning(id="name-server-silent", program="dig", about="name", printed_by="client",
        patterns=("{try_again}", "temporary error (try again later)", "getaddrinfo EAI_AGAIN {host}", "EAI_AGAIN",
            "[Errno -3] {try_again}", "Error -3 connecting to {host}:{port}",
            ";; connection timed out; no servers could be reached", "no servers could be reached",
            "lookup {host}* i/o timeout", "lookup {host} on {address}:{port}: read udp * i/o timeout",
            ";; communications error to {address}#{port}: timed out", ";; communications error to {address}#{port}: *",
            "lookup {host} on {address}:{port}: server misbehaving", "server misbehaving",
            "lookup {host} on {address}:{port}: dial udp * {unreachable}", "** server can't find {host}: SERVFAIL",
            "{host} could not be resolved (110: {timeout})", "{host} could not be resolved",
            "Resolving timed out after", "Temporary failure resolving '{host}'",
            "Could not resolve: {host} (DNS server returned general failure)", "status: SERVFAIL",
            "nslookup: can't resolve '{host}'", "nslookup: write to '{address}': {refused}",
            "connection timed out; trying next origin", "SocketException (11): Resource temporarily",
            "Could not contact DNS servers", "lookup {host} on {address}:{port}: * operation was canceled",
            "SocketException (*, 11): Resource temporarily"),
        meaning=message("No name server answered. A container's queries go to Docker's own server at 127.0.0.11, and "
            "this server sends from the container's network to the name servers in the host's resolv.conf. A firewall "
            "stops these packets, or forwarding or masquerading is missing."), causes=("dns-upstream-unreachable",
            "masquerade-missing", "ip-forward-off", "filter-forward-jump-missing", "forward-policy-drop",
            "resolver-rules-missing", "default-bridge-has-no-names", "no-common-network-for-name",
            "host-default-route-missing", "container-on-internal-network-only", "container-not-running",
            "host-network-has-no-names", "interface-forwarding-off")),
    TextMeaning(id="dns-unexpected-source", program="dig", printed_by="client",
        patterns=(";; reply from unexpected source: {address}#{port}, expected {address}#{port}",
            "reply from unexpected source"),
        meaning=message("The answer came from an address other than the one that the client asked, so the client drops "
            "the answer. docker-proxy causes this for UDP on a host with several addresses."),
        causes=("docker-proxy-udp-wrong-source", "conntrack-entry-stale")),
    TextMeaning(id="stub-resolver-refused", program="", about="flow", printed_by="client",
        patterns=("lookup {host} on 127.0.0.53:53: * {refused}", "read udp 127.0.0.1:*->127.0.0.53:53: * {refused}",
            "dial udp 127.0.0.53:53: * {refused}", ";; communications error to 127.0.0.53#53: {refused}"),
        meaning=message("127.0.0.53 is the local resolver (systemd-resolved) of each machine, and nothing listens "
            "there. A program of the host, or of a container on the host's network, printed this. Other containers ask "
            "127.0.0.11."), causes=("host-service-not-running", "dns-upstream-unreachable"), verdicts=("refused",
            "rejected")),
    TextMeaning(id="stub-resolver-failed", program="", printed_by="client", passing=True,
        patterns=("lookup {host} on 127.0.0.53:53: no such host", "lookup {host} on 127.0.0.53:53: server misbehaving",
            "lookup {host} on 127.0.0.53:53: read udp * i/o timeout", "lookup {host} on 127.0.0.53:53: *",
            "read udp 127.0.0.1:*->127.0.0.53:53: *", "dial udp 127.0.0.53:53: *",
            ";; communications error to 127.0.0.53#53: *"),
        meaning=message("127.0.0.53 is the local resolver (systemd-resolved) of each machine, and it knows no such "
            "name, or the servers that it asks do not answer. A program of the host, or of a container on the host's "
            "network, printed this. Other containers ask 127.0.0.11."), causes=("dns-upstream-unreachable",
            "host-default-route-missing")),
    TextMeaning(id="resolv-conf-localhost", program="", about="flow", printed_by="client",
        patterns=("lookup {host} on 127.0.0.1:53: *", "lookup {host} on [::1]:53: *"),
        meaning=message("The program asks a name server at a loopback address; in a container, this address is the "
            "container itself. The program's resolv.conf names that address, or names no server at all. Without a "
            "server, a program in Go asks 127.0.0.1 and ::1."), causes=("loopback-is-the-container",
            "dns-upstream-unreachable"), verdicts=("refused", "rejected")),
    TextMeaning(id="dnsmasq-too-many-queries", program="dnsmasq", passing=True,
        patterns=("Maximum number of concurrent DNS queries reached",),
        meaning=message("The name server has too many queries without an answer. Its upstream servers do not answer, "
            "or its queries come back to it. They come back if its list of upstream servers has its own address, or a "
            "server that forwards to it: take that entry off the list."), causes=("dns-upstream-unreachable",)),
)  # fmt: skip
