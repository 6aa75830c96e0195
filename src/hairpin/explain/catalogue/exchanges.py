"""Texts of clients about connections that opened and then failed: the peer sends no answer, ends the connection early,
or speaks another protocol."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

EXCHANGES = (
    TextMeaning(
        id="registry-speaks-http", program="docker",
        patterns=('Get "https://*/v2/": http: server gave HTTP response to HTTPS client',
                  "ping attempt failed with error: Get https://*/v2/: http: server gave HTTP response to HTTPS client",
                  'pinging container registry *: Get "https://*/v2/": http: server gave HTTP response to HTTPS client'),
        meaning=message(
            "The registry answered without TLS. dockerd uses https for each registry that insecure-registries in "
            "daemon.json does not list (Podman: registries.conf, insecure = true). Give the registry a certificate, or "
            "list its name and port there."
        ),
    ),
    TextMeaning(
        id="server-speaks-no-tls", program="", printed_by="client",
        patterns=(
            "server gave HTTP response to HTTPS client", "SSL routines*wrong version number",
            "[SSL: WRONG_VERSION_NUMBER]", "SSL_ERROR_RX_RECORD_TOO_LONG", "SSL routines*packet length too long",
            "Unsupported or unrecognized SSL message", "EPROTO * wrong version number", "ERR_SSL_PROTOCOL_ERROR",
            "curl: (35) Unknown SSL protocol error in connection to *",
        ),
        meaning=message(
            "The connection works, but the client speaks TLS (https) to a port that speaks plain HTTP, or another "
            "protocol without TLS. Write http:// for this port, or ask the port that speaks TLS. The network is not "
            "at fault."
        ),
    ),
    TextMeaning(
        id="server-wants-tls", program="", printed_by="client",
        patterns=(
            "Client sent an HTTP request to an HTTPS server", "The plain HTTP request was sent to HTTPS port",
            "curl: (1) Received HTTP/0.9 when not allowed", 'malformed HTTP response "\\x15\\x03',
            "speaking plain HTTP to an SSL-enabled server port", "SSL routines*http request",
            "This combination of host and port requires TLS",
        ),
        meaning=message(
            "The connection works, but the client speaks plain HTTP to a port that speaks TLS (https). Write https:// "
            "for this port; a reverse proxy needs the scheme https for such a service. The network is not at fault."
        ),
    ),
    TextMeaning(
        id="protocol-mismatch", program="", printed_by="client",
        patterns=(
            "tls: first record does not look like a TLS handshake", "http2: * looked like an HTTP/1.1 header",
        ),
        meaning=message(
            "The connection works, but its two ends speak different protocols: one end speaks TLS (https), the other "
            "end does not (http). Write the other scheme, or use the port that speaks your scheme. The network is not "
            "at fault."
        ),
    ),
    TextMeaning(
        id="request-incomplete", program="", printed_by="client", other_causes=True,
        patterns=(
            "error parsing HTTP 408 response body", "Your browser didn't send a complete request in time",
            "408 Request Time-out",
        ),
        meaning=message(
            "The connection opened, and the server did not get the whole request in time. Small packets pass, and "
            "full-sized packets are lost on a way with a smaller MTU; or the client itself was slow."
        ),
        causes=("mtu-black-hole", "pmtud-icmp-blocked"),
    ),
    TextMeaning(
        id="client-silent", program="", about="flow", printed_by="client",
        patterns=(
            "curl: (28) Operation timed out after * milliseconds with * bytes received",
            "Operation timed out after * milliseconds with * out of * bytes received",
            "upstream timed out (110: {timeout}) while reading response header from upstream",
            "upstream timed out (110: {timeout}) while reading upstream", "Read timed out. (read timeout=*",
            "ReadTimeoutError", "java.net.SocketTimeoutException: Read timed out", "UND_ERR_HEADERS_TIMEOUT",
            "upstream timed out (110: {timeout}) while sending request to upstream",
            "awaiting headers* net/http: timeout awaiting response headers",
            "net/http: timeout awaiting response headers",
        ),
        meaning=message(
            "The connection was made, but the answer did not come in time. The service is slow or hangs. If short "
            "answers do arrive, large packets are lost on the way."
        ),
        causes=("service-process-stopped", "mtu-black-hole", "pmtud-icmp-blocked", "service-backlog-full"),
        shown_by=("service-process-stopped", "mtu-black-hole", "pmtud-icmp-blocked", "service-backlog-full"),
    ),
    TextMeaning(
        id="client-empty-reply", program="curl", about="flow", printed_by="client",
        patterns=(
            "curl: (52) Empty reply from server", "Empty reply from server", "^No data received.$",
            "Remote end closed connection without response",
            "SMTPServerDisconnected: Connection unexpectedly closed", "got 0 bytes at EOF",
            "Server aborted the SSL handshake", "ERR_EMPTY_RESPONSE",
            "kex_exchange_identification: Connection closed by remote host",
            "ssh_exchange_identification: Connection closed by remote host",
            "Lost connection to MySQL server at 'reading initial communication packet'",
            "Lost connection to MySQL server at 'handshake: reading initial communication packet'",
        ),
        meaning=message(
            "The connection was opened and then closed without an answer. docker-proxy accepts connections to a "
            "published port even if nothing listens behind it. Or the service closes connections whose protocol it "
            "does not understand."
        ),
        causes=("service-listens-on-container-loopback", "service-listens-on-other-port", "service-not-listening"),
        verdicts=("refused", "rejected"),
    ),
    TextMeaning(
        id="client-tls-hangs", program="curl", about="flow", printed_by="client",
        patterns=(
            "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL", "curl: (35) TLS connect error",
            "SSL connection timeout", "net/http: TLS handshake timeout",
        ),
        meaning=message(
            "TCP connected, but the TLS handshake got no answer. TLS handshake packets are full-sized. These packets "
            "are lost if a link on the way has a smaller MTU and its ICMP messages are lost."
        ),
        causes=("mtu-black-hole", "pmtud-icmp-blocked", "overlay-mtu-too-large"),
        shown_by=("mtu-black-hole", "pmtud-icmp-blocked", "overlay-mtu-too-large"),
    ),
    TextMeaning(
        id="client-message-too-long", program="ping", about="flow", printed_by="client",
        patterns=(
            "ping: local error: message too long, mtu={number}", "ping: sendmsg: Message too long",
            "local error: Message too long, mtu=", "From {address} icmp_seq=* Frag needed and DF set (mtu = {number})",
        ),
        meaning=message(
            "The packet is larger than the MTU of a link on the way. If large TCP answers hang as well, the ICMP "
            "messages about the MTU are lost."
        ),
        causes=("mtu-black-hole", "pmtud-icmp-blocked", "overlay-mtu-too-large"),
        shown_by=("mtu-black-hole", "pmtud-icmp-blocked", "overlay-mtu-too-large"),
    ),
)  # fmt: skip
