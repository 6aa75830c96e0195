"""Texts of reverse proxies that reach no service behind them, and of engines and tools that ask a registry or an engine
through a proxy, with TLS or in an old version."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

PROXIES = (
    TextMeaning(
        id="proxy-no-upstream", program="nginx", printed_by="client", passing=True,
        patterns=(
            "no live upstreams while connecting to upstream", "upstream server temporarily disabled while",
            "no healthy upstream",
        ),
        meaning=message(
            "The reverse proxy counts all servers behind it as failed, so it sends them no requests for a while. The "
            "log line before this one tells how the last server failed. nginx-proxy lists a container as `down` if the "
            "two share no network."
        ),
        causes=(
            "service-not-listening", "container-not-running", "no-common-network-for-name",
            "service-listens-on-other-port",
        ),
    ),
    TextMeaning(
        id="proxy-upstream-closed", program="nginx", printed_by="client", passing=True,
        patterns=("upstream prematurely closed connection while reading *",),
        meaning=message(
            "The service behind the proxy accepted the connection and closed the connection before the answer was "
            "complete. The service ended or restarted, its own timeout ran out, or it expects TLS on that port. The "
            "network is not at fault; `docker logs` of the service says more."
        ),
        causes=("container-not-running", "container-unhealthy"),
    ),
    TextMeaning(
        id="proxy-upstream-no-tls", program="nginx", printed_by="client",
        patterns=(
            "SSL_do_handshake() failed (*wrong version number*) while SSL handshaking to upstream",
            "SSL_do_handshake() failed (*packet length too long*) while SSL handshaking to upstream",
            "SSL_do_handshake() failed (*unknown protocol*) while SSL handshaking to upstream",
            "500 Internal Server Error' caused by: tls: first record does not look like a TLS handshake",
            "http.log.error * tls: first record does not look like a TLS handshake",
            "OPENSSL_internal:WRONG_VERSION_NUMBER",
        ),
        meaning=message(
            "The reverse proxy speaks TLS (https) to a port that speaks plain HTTP. A setting of the proxy names https "
            "for this service (VIRTUAL_PROTO of nginx-proxy, `proxy_pass https://`, loadbalancer.server.scheme of "
            "Traefik, backend-protocol of an ingress): without it, or with http, the proxy gets an answer."
        ),
        command="docker exec PROXY curl -sv NAME:PORT; "
        "docker inspect --format '{{json .Config.Env}}' SERVICE",
        shows=message("plain HTTP gets an answer, and a variable or a setting of the proxy says https"),
    ),
    TextMeaning(
        id="proxy-upstream-ended", program="apache", printed_by="client",
        patterns=(
            "AH01102: error reading status line from remote server *", "AH00898: Error reading from remote server *",
            "error reading status line from remote server",
        ),
        meaning=message(
            "The service behind the proxy took the connection and ended it without an answer: it expects TLS (https) "
            "on this port, or it broke off the request. `docker logs` of the service says which."
        ),
        command="curl -sv NAME:PORT; openssl s_client -connect NAME:PORT; docker logs --tail 50 SERVICE",
        shows=message("openssl shows a certificate, and plain HTTP gets no answer"),
    ),
    TextMeaning(
        id="proxy-upstream-tls-failed", program="nginx", printed_by="client", general=True,
        patterns=("while SSL handshaking to upstream", "peer closed connection in SSL handshake * to upstream"),
        meaning=message(
            "The reverse proxy reached the service, and the TLS handshake between the two failed: the service speaks "
            "plain HTTP on this port, wants the server's name (SNI), or has no TLS version in common with the proxy."
        ),
    ),
    TextMeaning(
        id="redirect-loop", program="browser", printed_by="client",
        patterns=(
            "ERR_TOO_MANY_REDIRECTS", "redirected you too many times", "Maximum ({number}) redirects followed",
            "stopped after {number} redirects", "Exceeded {number} redirects",
        ),
        meaning=message(
            "The service sends each request from http to https, and the proxy before it asks by http again: the proxy "
            "ends TLS (Cloudflare's mode Flexible, a reverse proxy) and does not say so. The service needs "
            "X-Forwarded-Proto and has to trust the proxy, or the proxy has to ask by https."
        ),
        command="curl -sIL --max-redirs 5 URL; curl -sI -H 'X-Forwarded-Proto: https' NAME:PORT",
        shows=message("each answer is a redirect to the same address, and with the header there is none"),
    ),
    TextMeaning(
        id="nginx-resolver", program="nginx", printed_by="client", other_causes=True,
        patterns=(
            "no resolver defined to resolve {host}", "{host} could not be resolved (3: Host not found)",
            "{host} could not be resolved (2: Server failure)", "{host} could not be resolved (5: Operation refused)",
        ),
        meaning=message(
            "nginx resolves a name in a variable while it runs, and only with the servers of its own line `resolver`. "
            "Containers' names are known to 127.0.0.11 (Docker) or to the cluster's DNS, and nginx adds no search "
            "domain: in Kubernetes it needs the whole name, SERVICE.NAMESPACE.svc.cluster.local."
        ),
        causes=("no-common-network-for-name", "container-not-running", "dns-upstream-unreachable"),
    ),
    TextMeaning(
        id="proxy-bad-gateway", program="", printed_by="client", general=True, other_causes=True,
        patterns=(
            "502 Bad Gateway", "504 Gateway Time-out", "504 Gateway Timeout", "503 Service Temporarily Unavailable",
            "upstream connect error or disconnect/reset before headers",
        ),
        meaning=message(
            "The reverse proxy was reached, but it got no answer from the service behind it: 502 means a refused or "
            "broken connection, 504 means that no answer came. The port is published correctly. The proxy's own log "
            "names the address that it asked, and how the request failed."
        ),
        causes=(
            "service-not-listening", "service-listens-on-other-port", "service-listens-on-container-loopback",
            "no-common-network-for-name", "loopback-is-the-container", "container-not-running",
            "name-pinned-to-old-address",
        ),
    ),
    TextMeaning(
        id="traefik-no-address", program="traefik", other_causes=True,
        patterns=(
            "unable to find the IP address for the container",
            "Could not find network named {word} for container {quoted}",
            "Could not find network named '{word}' for container",
            'Could not find network named "{word}" for container',
        ),
        meaning=message(
            "Traefik and the container do not share the network that the label traefik.docker.network names, so "
            "Traefik has no address to send requests to. Compose puts the project before the network's name "
            "(project_proxy). `docker inspect NAME` shows the networks of a container."
        ),
        causes=("no-common-network-for-name", "container-not-running", "container-network-none"),
    ),
    TextMeaning(
        id="traefik-port-missing", program="traefik", other_causes=True,
        patterns=('service "{word}" error: port is missing',),
        meaning=message(
            "Traefik does not know which port of the container to use: the image exposes none, and the label "
            "traefik.http.services.NAME.loadbalancer.server.port is missing. For a swarm service, the label belongs "
            "below `deploy`."
        ),
        causes=("swarm-service-not-running",),
    ),
    TextMeaning(
        id="docker-api-version", program="docker", printed_by="client",
        patterns=(
            "client version {word} is too old. Minimum supported API version is {word}",
            "client version {word} is too new. Maximum supported API version is {word}",
        ),
        meaning=message(
            "The program speaks a version of Docker's API that this dockerd refuses (Docker 29.0 refuses versions "
            "below 1.44). Until the program (Traefik, Portainer, Watchtower …) is updated, it sees no containers, and "
            "a proxy has no routes. `docker version` shows both versions."
        ),
    ),
    TextMeaning(
        id="outgoing-proxy-failed", program="", printed_by="client", other_causes=True,
        patterns=(
            "proxyconnect tcp: dial tcp {address}:{port}: * {refused}", "proxyconnect tcp: dial tcp *: * {refused}",
            "proxyconnect tcp: dial tcp {address}:{port}: * {no_route}", "proxyconnect tcp: dial tcp *: i/o timeout",
            "proxyconnect tcp: *", "http: error connecting to proxy *", "curl: (5) Could not resolve proxy: {host}",
            "curl: (97) *", "curl: (56) Received HTTP code {number} from proxy after CONNECT",
        ),
        meaning=message(
            "The program uses a proxy (HTTP_PROXY, HTTPS_PROXY, daemon.json, Docker Desktop's settings), but the proxy "
            "is not reached. In that setting, 127.0.0.1 means dockerd's machine or the container itself, not the "
            "computer at which you sit. `docker info` and `systemctl show docker --property Environment` show the "
            "setting."
        ),
        causes=("loopback-is-the-container", "host-service-not-running", "host-service-listens-on-loopback"),
    ),
    TextMeaning(
        id="certificate-refused", program="", printed_by="client",
        patterns=(
            "x509: certificate signed by unknown authority", "x509: certificate is valid for *, not {host}",
            "x509: certificate is not valid for any names", "x509: cannot validate certificate for {host}",
            "x509: certificate has expired or is not yet valid", "curl: (60) *", "curl: (51) *",
            "SSL certificate problem: *", "CERTIFICATE_VERIFY_FAILED", "ERR_CERT_AUTHORITY_INVALID",
            "ERR_CERT_COMMON_NAME_INVALID", "SEC_ERROR_UNKNOWN_ISSUER",
        ),
        meaning=message(
            "The connection works, but the client does not trust the certificate: it is self-signed, signed by a "
            "company's own authority, made for another name, or expired. A reverse proxy that has no certificate for "
            "the name answers with its default certificate. `openssl s_client -connect HOST:PORT -servername NAME` "
            "shows the certificate; dockerd looks for a registry's authority in /etc/docker/certs.d/HOST:PORT/ca.crt."
        ),
    ),
    TextMeaning(
        id="registry-pull-limit", program="docker",
        patterns=(
            "toomanyrequests: You have reached your pull rate limit", "You have reached your unauthenticated pull rate",
            "toomanyrequests: *",
        ),
        meaning=message(
            "The registry refuses further pulls from this public address for some hours, and all machines behind one "
            "gateway count together. The connection works. After a login the limit is another one; another registry or "
            "a mirror has a limit of its own."
        ),
    ),
)  # fmt: skip
