"""Texts of clients that do not say why they reached no service, and the bare words of an error anywhere in a line.

Every other entry that matches a line says more about it, except about a unix socket.
"""

from msgspec.structs import replace

from hairpin.explain.catalogue.errno_forms import HOST_DAEMONS
from hairpin.explain.catalogue.languages import LANGUAGES
from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

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
    TextMeaning(
        id="client-not-connected", program="", about="flow", printed_by="client", general=True,
        patterns=(
            "Can't connect to MySQL server on '{host}' (115", "Can't connect to server on '{host}' (115",
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
            "kafka: client has run out of available",
            "Broker transport failure", "Bootstrap broker {host}:{port} * disconnected", "NoHostAvailable",
            "Unable to revive connection", "No living connections", "Unable to connect to Elasticsearch at",
            "SMTP connect() failed", "Could not connect to SMTP host", "UNAVAILABLE: io exception",
            "while waiting for a server that matches", "buffering timed out after", "Could not proxy request",
            "An error occurred using the connection to database", "RedisConnectionException: Unable to connect to",
            "Cannot get Jedis connection", "Could not get a resource from the pool", "UnableToConnect on {host}:{port}",
            "Error establishing a database connection", "closing socket connection and attempting reconnect",
            "Closing socket connection. Attempting reconnect", "connection, no more host to try",
            "[{host}/{address}] Cannot connect", "Can't contact LDAP server", "ORA-12541", "TNS:no listener",
            "The Network Adapter could not establish the connection", "TCP Provider: Error code {word}",
            "Login timeout expired", "A network-related or instance-specific error has occurred",
            "failed_connect", "The last packet sent successfully to the server was",
            "ConnectFailureException",
        ),
        meaning=message(
            "The client could not connect, and the line does not say why: nobody answered, the connection was refused, "
            "or the name has no address. The lines below it (`Caused by`) often name the reason."
        ),
        causes=(
            "service-not-listening", "port-not-published", "container-not-running", "loopback-is-the-container",
            "no-common-network-for-name", "filter-forward-jump-missing", "ip-forward-off",
        ),
        verdicts=("refused", "rejected", "dropped", "unanswered"),
    ),
    TextMeaning(
        id="client-unix-socket", program="", printed_by="client",
        patterns=(
            "Can't connect to local MySQL server through socket", "Can't connect to local server through socket",
            "Can't connect to local MariaDB server through socket", "SQLSTATE[HY000] [2002] {no_file}",
            'connection to server on socket "{quoted}" failed: {no_file}', "could not connect to server: {no_file}",
            "accepting connections on Unix domain socket", "connect ENOENT *.sock", "connect ENOENT *.s.PGSQL.{port}",
            "(HY000/2002): {no_file}", "dial unix *.s.PGSQL.{port}: connect: {no_file}",
        ),
        meaning=message(
            "The client sent no packet: for `localhost`, or without a host, it uses a unix socket of its own machine "
            "or container, and the server in another container has its socket inside. A client in a container needs "
            "the name of the server's container as its host; on the host, `-h 127.0.0.1` uses TCP and the published "
            "port."
        ),
    ),
)  # fmt: skip
