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
            "The connection works, but the database has no account for clients with this address. The database sees "
            "the address of a container or of the bridge. A volume that already had data keeps its old accounts, "
            "whatever MYSQL_ROOT_HOST and MYSQL_USER say; `SELECT user, host FROM mysql.user` lists the accounts."
        ),
    ),
    TextMeaning(
        id="mysql-login-refused", program="mysql", printed_by="client",
        patterns=("Access denied for user '{word}'@'{host}' (using password: *",),
        meaning=message(
            "The connection works, but the database refuses the name or the password from this address. A volume that "
            "already had data keeps its old password, whatever MYSQL_ROOT_PASSWORD says."
        ),
    ),
    TextMeaning(
        id="mysql-login-refused-locally", program="mysql", printed_by="client",
        patterns=(
            "Access denied for user '{word}'@'localhost' (using password: *",
            "Access denied for user '{word}'@'localhost'",
        ),
        meaning=message(
            "The server sees the client at localhost. If the client is not in the server's own container, another "
            "MySQL has answered: that of the host, by its unix socket (`mysql` without -h) or on its own port 3306. In "
            "the server's container, the password is wrong; a volume that already had data keeps its old one."
        ),
        command="sudo ss -lntup; docker ps; mysql -h 127.0.0.1 -P PORT -e 'SELECT @@hostname'",
        shows=message("mysqld of the host has the port, or the name is not the container's id"),
    ),
    TextMeaning(
        id="postgres-host-refused", program="postgres", printed_by="client",
        patterns=('no pg_hba.conf entry for host "{host}"', 'pg_hba.conf rejects connection for host "{host}"'),
        meaning=message(
            "The connection works, but the database allows no client with this address. The database sees the address "
            "of a container or of the bridge. The file pg_hba.conf in the data folder decides; a folder that already "
            "had data keeps its old file; `SELECT * FROM pg_hba_file_rules` shows the lines."
        ),
    ),
    TextMeaning(
        id="redis-protected-mode", program="redis", printed_by="client",
        patterns=("DENIED Redis is running in protected mode",),
        meaning=message(
            "The connection works, but Redis answers only clients from its own loopback address, because its "
            "configuration has neither a password nor a bind address. Every client outside of its container has "
            "another address. Set a password; without one, everybody who reaches the port has the data."
        ),
    ),
    TextMeaning(
        id="mosquitto-local-only", program="mosquitto", printed_by="client",
        patterns=("Starting in local only mode. Connections will only be possible from clients running on",),
        meaning=message(
            "Mosquitto 2 without a `listener` line in its configuration listens on loopback only. In a container this "
            "is the container's own loopback, which no client outside of the container reaches. `listener 1883` with "
            "`allow_anonymous true`, or with a list of users, opens the port."
        ),
        causes=("service-listens-on-container-loopback",),
    ),
    TextMeaning(
        id="vite-local-only", program="vite", printed_by="client",
        patterns=("Network: use --host to expose",),
        meaning=message(
            "Vite listens on localhost only. In a container this is the container's own loopback, which no client "
            "outside of the container reaches. `--host`, or `server.host: true` in its configuration, lets it listen "
            "on all addresses."
        ),
        causes=("service-listens-on-container-loopback",),
    ),
    TextMeaning(
        id="browser-asks-any-address", program="browser", printed_by="client",
        patterns=(
            "ERR_ADDRESS_INVALID", "http://0.0.0.0:{port}/* net::ERR_", "http://[::]:{port}/* net::ERR_",
            "connection to 'ws://0.0.0.0:{port}*' failed",
        ),
        meaning=message(
            "The page sends the browser to 0.0.0.0 or [::]: this is an address to listen at, and no client can use it. "
            "A development server has written its own listening address into the page; its settings need the "
            "address for browsers (`server.hmr.host` and `server.origin` of Vite), and its port has to be published."
        ),
    ),
    TextMeaning(
        id="live-reload-not-connected", program="browser", printed_by="client", other_causes=True,
        patterns=(
            "[vite] failed to connect to websocket", "[HMR] cannot connect to",
        ),
        meaning=message(
            "The page's own client finds no way back to the development server: it connects to the port inside the "
            "container, which is not published, is published as another port, or is behind a proxy without "
            "websockets. `server.hmr.clientPort` of Vite and `client.webSocketURL` of webpack name the published port."
        ),
        causes=("port-not-published",),
    ),
    TextMeaning(
        id="kafka-advertised-address", program="kafka", about="flow", printed_by="client",
        patterns=(
            "Connection to node {word} (*{address}:{port}) could not be established. Broker may not be available",
            "Connection to node {word} could not be established. Broker may not be available",
        ),
        meaning=message(
            "The client could not connect to a broker. A client first asks any broker, and then connects to the "
            "address that the broker advertises (advertised.listeners): localhost or a container's name works for some "
            "clients only. Each kind of client needs a listener with an address that it can reach."
        ),
        causes=(
            "loopback-is-the-container", "service-not-listening", "no-common-network-for-name", "port-not-published",
            "container-not-running",
        ),
        verdicts=("refused", "rejected", "dropped", "unanswered"),
    ),
    TextMeaning(
        id="kafka-advertised-name", program="kafka", printed_by="client",
        patterns=(
            "Error connecting to node {host}:{port} (id: {number} rack:",
            "]: {host}:{port}/{number}: Failed to resolve '{host}:{port}'",
            "]: {host}:{port}/{number}: Connect to ipv*#{address}:{port} failed: *",
            "{host}:{port}/{number}: Failed to resolve '{host}:{port}': *",
        ),
        meaning=message(
            "The client has reached a broker, and does not reach the address that this broker advertises "
            "(advertised.listeners, KAFKA_ADVERTISED_LISTENERS). A container's name works for clients on its network "
            "only, and localhost for clients on the host only: each kind of client needs a listener of its own."
        ),
        command="docker compose config | grep -i advertised; docker ps",
        shows=message(
            "the advertised address is localhost or a container's name, and the failing client is elsewhere"
        ),
    ),
    TextMeaning(
        id="web-host-refused", program="", printed_by="client",
        patterns=(
            "Invalid HTTP_HOST header: *", "DisallowedHost", "Invalid Host header", "Blocked request. This host (*",
        ),
        meaning=message(
            "The request arrived, but the web framework refuses the name in the Host header, because its own list "
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
            "The service may not listen on a port below net.ipv4.ip_unprivileged_port_start, because it does not run "
            "as root or its container lacks NET_BIND_SERVICE. Let it listen on a higher port inside the container, and "
            "publish that port."
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
            "The service also tries to listen on IPv6, but the kernel or the container has no IPv6, so the service "
            "ended. `sysctl net.ipv6.conf.all.disable_ipv6` in its namespace shows the setting. Remove the line with "
            "[::] from the service's configuration."
        ),
        causes=("container-not-running", "service-not-listening"),
    ),
    TextMeaning(
        id="browser-unsafe-port", program="browser", printed_by="client",
        patterns=("ERR_UNSAFE_PORT", "This address uses a network port which is normally used for purposes other than"),
        meaning=message(
            "The browser itself refuses the port and sends no packet: its list of blocked ports contains ports of "
            "other services, such as 6000, 6665 to 6669 and 10080. `curl` reaches the port. Publish another port."
        ),
    ),
)  # fmt: skip
