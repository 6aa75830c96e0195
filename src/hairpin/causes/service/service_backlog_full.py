"""More connections wait to be accepted than the backlog allows, so the kernel drops each new connection.

Users see: suddenly all connections time out.  Through docker-proxy or rootlessport, which accept connections by
themselves, clients connect and get no reply.

Proof: Recv-Q of the listening socket is larger than Send-Q, which is its backlog.  With room in the queue the flow
arrives.
Now: find out why the process accepts no connection (a lock, a full database, a file that hangs), then restart the
process.
Lasting: no setting keeps the backlog from becoming full.  A larger backlog, up to ``net.core.somaxconn``, helps only
against a burst.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.service._full import by_full_socket

CAUSE = Cause(
    title=message("The backlog of the service is full"),
    source="include/net/sock.h sk_acceptq_is_full(); net/ipv4/tcp_input.c tcp_conn_request(); listen(2)",
    reasons=frozenset({"backlog-full"}),
    find=by_full_socket(
        title=message("{name} accepts no connection: the backlog of port {port} is full"),
        detail=message(
            "When the host was read, {queued} connections waited to be accepted, and the service's backlog is "
            "{backlog}. The kernel drops each new SYN until the process accepts a connection."
        ),
        options="-lnt",
        restart=message("a restart ends open connections and those that wait to be accepted"),
    ),
)
