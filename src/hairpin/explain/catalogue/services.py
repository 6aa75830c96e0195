"""Texts of services that were reached, and that refuse the client themselves; of services that may not listen on their
port; and of programs that refuse to connect."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

SERVICES = (
    TextMeaning(
        id="mysql-host-refused", program="mysql", printed_by="client",
        patterns=(
            "Host '{host}' is not allowed to connect to this MySQL server",
            "Host '{host}' is not allowed to connect to this MariaDB server",
        ),
        meaning=message(
            "The connection works, and the database has no account for clients of this address; it sees a container's "
            "address, or that of the bridge. A volume that was filled before keeps its old accounts, whatever "
            "MYSQL_ROOT_HOST and MYSQL_USER say. `SELECT user, host FROM mysql.user` lists them."
        ),
    ),
    TextMeaning(
        id="mysql-login-refused", program="mysql", printed_by="client",
        patterns=("Access denied for user '{word}'@'{host}' (using password: *",),
        meaning=message(
            "The connection works, and the database refuses the name or the password from this address. A volume that "
            "was filled before keeps its old password, whatever MYSQL_ROOT_PASSWORD says."
        ),
    ),
    TextMeaning(
        id="postgres-host-refused", program="postgres", printed_by="client",
        patterns=('no pg_hba.conf entry for host "{host}"', 'pg_hba.conf rejects connection for host "{host}"'),
        meaning=message(
            "The connection works, and the database allows no client of this address: it sees a container's address, "
            "or that of the bridge. The file pg_hba.conf in the data folder decides, and a folder that was filled "
            "before keeps its own. `SELECT * FROM pg_hba_file_rules` shows the lines."
        ),
    ),
    TextMeaning(
        id="redis-protected-mode", program="redis", printed_by="client",
        patterns=("DENIED Redis is running in protected mode",),
        meaning=message(
            "The connection works, and Redis answers only clients of its own loopback address, since it has neither a "
            "password nor an address to listen on in its configuration. From outside of its container each client has "
            "another address. It needs a password; without one, whoever reaches the port has the data."
        ),
    ),
    TextMeaning(
        id="kafka-advertised-address", program="kafka", about="flow", printed_by="client",
        patterns=(
            "Connection to node {word} (*{address}:{port}) could not be established. Broker may not be available",
            "Connection to node {word} could not be established. Broker may not be available",
        ),
        meaning=message(
            "The client could not connect to a broker. After its first question, a client asks the address that the "
            "broker advertises (advertised.listeners): localhost or a container's name there works for some clients "
            "only. Each kind of client needs a listener with an address that it reaches."
        ),
        causes=(
            "loopback-is-the-container", "service-not-listening", "no-common-network-for-name", "port-not-published",
            "container-not-running",
        ),
        verdicts=("refused", "rejected", "dropped", "unanswered"),
    ),
    TextMeaning(
        id="web-host-refused", program="", printed_by="client",
        patterns=(
            "Invalid HTTP_HOST header: *", "DisallowedHost", "Invalid Host header", "Blocked request. This host (*",
        ),
        meaning=message(
            "The request arrived, and the web framework refuses the name in it (the Host header), since its own list "
            "lacks the name: ALLOWED_HOSTS of Django, allowedHosts of Vite and webpack. The network is not at fault."
        ),
    ),
    TextMeaning(
        id="service-port-denied", program="nginx", printed_by="client", about="port", other_causes=True,
        patterns=(
            "bind() to {address}:{port} failed (13: Permission denied)", "bind() to [::]:{port} failed (13: Permission",
            "could not bind to address {address}:{port}* (13)Permission denied",
            "(13)Permission denied: AH00072: make_sock: could not bind to address {address}:{port}",
            "listen EACCES: permission denied {address}:{port}",
        ),
        meaning=message(
            "The service may not listen on a port below net.ipv4.ip_unprivileged_port_start, since it does not run as "
            "root or its container lacks NET_BIND_SERVICE. Let it listen on a higher port inside of the container, and "
            "publish that one."
        ),
        causes=("privileged-port-rootless", "service-not-listening"),
    ),
    TextMeaning(
        id="service-no-ipv6", program="nginx", printed_by="client", other_causes=True,
        patterns=(
            "socket() [::]:{port} failed (97: Address family not supported by protocol)",
            "bind() to [::]:{port} failed (97: Address family not supported by protocol)",
            "bind() to [::]:{port} failed (99: {not_here})",
        ),
        meaning=message(
            "The service wants to listen on IPv6, too, and the kernel or the container has none, so the service ended. "
            "`sysctl net.ipv6.conf.all.disable_ipv6` in its namespace shows it. Take the line with [::] out of its "
            "configuration."
        ),
        causes=("container-not-running", "service-not-listening"),
    ),
    TextMeaning(
        id="browser-unsafe-port", program="browser", printed_by="client",
        patterns=("ERR_UNSAFE_PORT", "This address uses a network port which is normally used for purposes other than"),
        meaning=message(
            "The browser itself refuses the port and sends no packet: ports of other services, such as 6000, 6665 to "
            "6669 and 10080, are on its list. `curl` reaches it; publish another port."
        ),
    ),
)  # fmt: skip
