"""Texts of programs that find no address for a name."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

NAMES = (
    TextMeaning(
        id="name-not-resolved", program="curl", about="name", printed_by="client",
        patterns=(
            "curl: (6) *", "Could not resolve host: {host}", "Couldn't resolve host '{host}'",
            "ping: unknown host {host}", "wget: unable to resolve host address", "wget: bad address '{host}'",
            "ping: bad address '{host}'", "bad address '{host}'",
            "java.net.UnknownHostException", "java.net.UnknownHostException: {host}",
            "socket.gaierror", 'could not translate host name "{host}" to address',
            "Unknown MySQL server host '{host}'", "Could not resolve '{host}'",
            "php_network_getaddresses: getaddrinfo failed", 'host not found in upstream "{host}',
            "ERR_NAME_NOT_RESOLVED", "DNS_PROBE_FINISHED_NXDOMAIN", "getaddrinfo for {host} failed",
            "Unknown host {host}", "failed to lookup address information",
            "could not resolve address '{host}'", "DNS resolution failed", "^Error: Lookup error.$",
        ),
        meaning=message(
            "The name server answered that it knows no such name, or no name server answered. Containers know each "
            "other's names only while they run, and only on a network that both are on and that a user made (not on "
            "the default bridge)."
        ),
        causes=(
            "no-common-network-for-name", "default-bridge-has-no-names", "dns-upstream-unreachable",
            "masquerade-missing", "container-not-running", "resolver-rules-missing", "ip-forward-off",
            "filter-forward-jump-missing", "forward-policy-drop", "host-network-has-no-names",
            "container-on-internal-network-only",
        ),
    ),
    TextMeaning(
        id="name-unknown", program="", about="name", printed_by="client",
        patterns=(
            "{no_name}", "ping: {host}: {no_name}", "ssh: Could not resolve hostname {host}: {no_name}",
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
            "HostNotFound: Could not find address for {host}:{port}",
        ),
        meaning=message(
            "The name server answered that it knows no such name. Containers know each other's names only while they "
            "run, and only on a network that both are on and that a user made (not on the default bridge)."
        ),
        causes=(
            "no-common-network-for-name", "default-bridge-has-no-names", "container-not-running",
            "host-network-has-no-names", "resolv-conf-rewritten",
        ),
        shown_by=(
            "no-common-network-for-name", "default-bridge-has-no-names", "host-network-has-no-names",
            "resolv-conf-rewritten",
        ),
    ),
    TextMeaning(
        id="name-server-silent", program="dig", about="name", printed_by="client",
        patterns=(
            "{try_again}", "temporary error (try again later)", "getaddrinfo EAI_AGAIN {host}", "EAI_AGAIN",
            "[Errno -3] {try_again}", "Error -3 connecting to {host}:{port}",
            ";; connection timed out; no servers could be reached",
            "no servers could be reached", "lookup {host}* i/o timeout",
            "lookup {host} on {address}:{port}: read udp * i/o timeout",
            ";; communications error to {address}#{port}: timed out", ";; communications error to {address}#{port}: *",
            "lookup {host} on {address}:{port}: server misbehaving", "server misbehaving",
            "lookup {host} on {address}:{port}: dial udp * {unreachable}", "** server can't find {host}: SERVFAIL",
            "{host} could not be resolved (110: {timeout})", "{host} could not be resolved",
            "Resolving timed out after", "Temporary failure resolving '{host}'",
            "Could not resolve: {host} (DNS server returned general failure)", "status: SERVFAIL",
            "nslookup: can't resolve '{host}'", "nslookup: write to '{address}': {refused}",
            "connection timed out; trying next origin",
            "SocketException (11): Resource temporarily", "Could not contact DNS servers",
            "lookup {host} on {address}:{port}: * operation was canceled",
            "SocketException (*, 11): Resource temporarily",
        ),
        meaning=message(
            "No name server answered. A container's queries go to Docker's own server at 127.0.0.11, and this server "
            "sends from the container's network to the name servers in the host's resolv.conf. A firewall stops these "
            "packets, or forwarding or masquerading is missing."
        ),
        causes=(
            "dns-upstream-unreachable", "masquerade-missing", "ip-forward-off", "filter-forward-jump-missing",
            "forward-policy-drop", "resolver-rules-missing", "default-bridge-has-no-names",
            "no-common-network-for-name", "host-default-route-missing", "container-on-internal-network-only",
            "container-not-running", "host-network-has-no-names", "interface-forwarding-off",
        ),
    ),
    TextMeaning(
        id="dns-unexpected-source", program="dig", printed_by="client",
        patterns=(
            ";; reply from unexpected source: {address}#{port}, expected {address}#{port}",
            "reply from unexpected source",
        ),
        meaning=message(
            "The answer came from an address other than the one that the client asked, so the client drops the answer. "
            "docker-proxy causes this for UDP on a host with several addresses."
        ),
        causes=("docker-proxy-udp-wrong-source", "conntrack-entry-stale"),
    ),
    TextMeaning(
        id="stub-resolver-refused", program="", about="flow", printed_by="client",
        patterns=(
            "lookup {host} on 127.0.0.53:53: * {refused}", "read udp 127.0.0.1:*->127.0.0.53:53: * {refused}",
            "dial udp 127.0.0.53:53: * {refused}", ";; communications error to 127.0.0.53#53: {refused}",
        ),
        meaning=message(
            "127.0.0.53 is the local resolver (systemd-resolved) of each machine, and nothing listens there. A program "
            "of the host, or of a container on the host's network, printed this. Other containers ask 127.0.0.11."
        ),
        causes=("host-service-not-running", "dns-upstream-unreachable"), verdicts=("refused", "rejected"),
    ),
    TextMeaning(
        id="stub-resolver-failed", program="", printed_by="client", passing=True,
        patterns=(
            "lookup {host} on 127.0.0.53:53: no such host", "lookup {host} on 127.0.0.53:53: server misbehaving",
            "lookup {host} on 127.0.0.53:53: read udp * i/o timeout", "lookup {host} on 127.0.0.53:53: *",
            "read udp 127.0.0.1:*->127.0.0.53:53: *", "dial udp 127.0.0.53:53: *",
            ";; communications error to 127.0.0.53#53: *",
        ),
        meaning=message(
            "127.0.0.53 is the local resolver (systemd-resolved) of each machine, and it knows no such name, or the "
            "servers that it asks do not answer. A program of the host, or of a container on the host's network, "
            "printed this. Other containers ask 127.0.0.11."
        ),
        causes=("dns-upstream-unreachable", "host-default-route-missing"),
    ),
    TextMeaning(
        id="resolv-conf-localhost", program="", about="flow", printed_by="client",
        patterns=("lookup {host} on 127.0.0.1:53: *", "lookup {host} on [::1]:53: *"),
        meaning=message(
            "The program asks a name server at a loopback address; in a container, this address is the container "
            "itself. The program's resolv.conf names that address, or names no server at all. Without a server, a "
            "program in Go asks 127.0.0.1 and ::1."
        ),
        causes=("loopback-is-the-container", "dns-upstream-unreachable"), verdicts=("refused", "rejected"),
    ),
    TextMeaning(
        id="dnsmasq-too-many-queries", program="dnsmasq", passing=True,
        patterns=("Maximum number of concurrent DNS queries reached",),
        meaning=message(
            "The name server waits for too many answers: it asks itself in a loop, by its own address or by a server "
            "that asks it back, or the servers above do not answer. Its list of upstream servers must not lead back "
            "to itself."
        ),
        causes=("dns-upstream-unreachable",),
    ),
)  # fmt: skip
