"""What clients, programs and engines say about sockets and names can prove a stop, whatever the rest of the host is."""

import pytest

from tests.answer.likely.test_likely import answer

EMPTY = "$ docker ps\n$ curl http://localhost:8080\ncurl: (52) Empty reply from server\n"
FAILS = "The page cannot be opened in the browser.\n"
REFUSED = EMPTY.replace(
    "(52) Empty reply from server", "(7) Failed to connect to localhost port 8080: Connection refused"
)
RUN = "$ docker run -d --name web -p 8080:80 app:1\n"
PLAIN = "$ docker run -d --name web app:1\n"
LOCAL = " * Running on http://127.0.0.1:80 (Press CTRL+C to quit)\n"
PS = """\
$ docker ps
CONTAINER ID   IMAGE   COMMAND   CREATED         STATUS         PORTS      NAMES
3f2a1b4c5d6e   app:1   "app"     3 minutes ago   Up 3 minutes   8080/tcp   web
"""
SECOND = PS.splitlines()[2].replace("web", "api").replace("3f2a", "4f2a") + "\n"
PS_OF_TCP = PS.replace("8080/tcp  ", "0.0.0.0:8080->8080/tcp  ")
TWO = "services:\n  web:\n    image: app:1\n    ports: ['8080:80']\n  db:\n    image: mysql\n    ports: ['3307:3306']\n"
APART = TWO.replace("    ports: ['3307:3306']\n", "    networks: [back]\n") + "networks:\n  back:\n"
NO_NAME = "web  | Error: getaddrinfo ENOTFOUND db\n"
AT_HOSTS_PORT = "web  | Error: connect ECONNREFUSED db:3307\n"
ITSELF = "web  | Error: connect ECONNREFUSED 127.0.0.1:3307\n"
LOG = ITSELF.partition("| ")[2]
EXITED = PS.replace("Up 3 minutes   8080/tcp", "Exited (1) 2 minutes ago   ")
RESET = EMPTY.replace("(52) Empty reply from server", "(56) Recv failure: Connection reset by peer")
TOMCAT = "$ docker run -d --name web tomcat:9\n"
CONSOLE = "$ docker run -d --name web -p 9000:9000 -p 9011:9001 app:1 server /data --console-address :{}\n"
VITE = "  ➜  Local:   http://localhost:80/\n  ➜  Network: use --host to expose\n"
ON_HOST = "services:\n  web:\n    image: app:1\n    network_mode: host\n    ports: ['8080:80']\n"
INSIDE = TWO.partition("  db:")[0] + "    networks: [back]\nnetworks:\n  back:\n    internal: true\n"
MADE = "$ docker network create --internal back\n"
WITHIN = RUN.replace("--name web", "--name web --network back")
LOOPBACK = RUN.replace("-p 8080", "-p 127.0.0.1:8080")
MONGO = "services:\n  web:\n    image: mongo:7\n    ports: ['8080:8081']\n    volumes: ['data:/data/db']\n"
AWAY = "From my laptop http://192.0.2.5:8080 cannot be reached.\n"

PROVEN: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "the program says that it listens on loopback": (
        (RUN, LOCAL, FAILS), ("8080",), "service-listens-on-container-loopback",
    ),
    "it says so in a log of compose": (
        (TWO, f"web_1  |{LOCAL}", FAILS), ("8080",), "service-listens-on-container-loopback",
    ),
    "it says another port, and the client got no answer": (
        (RUN, "Server listening on port 3000\n", EMPTY), ("8080",), "service-listens-on-other-port",
    ),
    "the port to which the engine leads is no well-known service's": (
        (RUN.replace(":80 ", ":5000 "), "Server listening on port 3000\n", FAILS), ("8080",),
        "service-listens-on-other-port",
    ),
    "the engine lists the port without one of the host": ((PS, FAILS), ("8080",), "port-not-published"),
    "a container without any published port, and nobody listens": ((PLAIN, REFUSED), ("8080",), "port-not-published"),
    "the port of the host is asked in the container": (
        (TWO, AT_HOSTS_PORT), ("db:3307", "--from", "web"), "service-listens-on-other-port",
    ),
    "the container asks itself for a port that the host has": (
        (TWO, ITSELF), ("127.0.0.1:3307", "--from", "web"), "loopback-is-the-container",
    ),
    "the name is on another network": ((APART, NO_NAME), ("db", "--from", "web"), "no-common-network-for-name"),
    "the name is of a container on the default network, whoever asks": (
        (PLAIN.replace("web", "db"), NO_NAME), ("db", "--from", "web"), "default-bridge-has-no-names",
    ),
    "the name has no port": ((APART, NO_NAME), (), "no-common-network-for-name"),
    "the engine lists the container as one that ended": (
        (RUN, EXITED, FAILS), ("8080",), "container-not-running",
    ),
    "words name the port of the image": (
        (TOMCAT, "I cannot open http://localhost:8080 in the browser.\n"), ("8080",), "port-not-published",
    ),
    "the client of a person was refused at the host's address": (
        (PLAIN, REFUSED.replace("localhost", "192.0.2.5")), ("192.0.2.5:8080",), "port-not-published",
    ),
    "the program names itself localhost, and a relay found nobody": (
        (RUN, "Server running at http://localhost:80\n", EMPTY), ("8080",), "service-listens-on-container-loopback",
    ),
    "a relay took the connection for the program on loopback": (
        (LOCAL.replace(":80", ":8080"), RESET.replace("$ docker ps\n", "")), ("localhost:8080",),
        "service-listens-on-container-loopback",
    ),
    "an argument says where the program listens": (
        (RUN.replace("app:1", "app:1 --listen 127.0.0.1:80"), FAILS), ("8080",),
        "service-listens-on-container-loopback",
    ),
    "an argument has the host's port, and the mapping another one": (
        (CONSOLE.format(9011), FAILS), ("9011",), "service-listens-on-other-port",
    ),
    "Vite says that it is not exposed": ((RUN, VITE, FAILS), ("8080",), "service-listens-on-container-loopback"),
    "the service of the image has another port": (
        (RUN.replace(":80 app:1", ":8080 nginx"), EMPTY), ("8080",), "service-listens-on-other-port",
    ),
    "the host's port is asked at an address of the engine's pools": (
        (TWO, AT_HOSTS_PORT.replace("db:", "172.21.0.3:")), ("db:3307", "--from", "web"),
        "service-listens-on-other-port",
    ),
    "the container asks itself, and the question is about the host's port": (
        (TWO, ITSELF), ("3307",), "loopback-is-the-container",
    ),
    "the line above says whose log it is": (
        (TWO, "For each request web logs:\n\n" + LOG), ("3307",), "loopback-is-the-container",
    ),
    "Windows says that the machine refused": (
        (PLAIN, "The target machine actively refused it 127.0.0.1:8080\n"), ("8080",), "port-not-published",
    ),
    "the host's network ignores the port": ((ON_HOST, FAILS), ("8080",), "host-network-ignores-ports"),
    "an internal network of the file ignores the port": (
        (INSIDE, FAILS), ("8080",), "container-on-internal-network-only",
    ),
    "a typed command has made the internal network": (
        (MADE, WITHIN, REFUSED), ("localhost:8080",), "container-on-internal-network-only",
    ),
    "a person asks beside two containers for a port that only the host has": (
        (MADE, WITHIN, RUN.replace("web", "api").replace("8080", "8081"), REFUSED), ("localhost:8080",),
        "container-on-internal-network-only",
    ),
    "an image without settings has its own port": ((MONGO, FAILS), ("8080",), "service-listens-on-other-port"),
    "variables of a database name no port": (
        (RUN.replace("app:1", "-e POSTGRES_PASSWORD=x postgres"), FAILS), ("8080",), "service-listens-on-other-port",
    ),
    "a client failed at another address, and the port is on loopback only": (
        (LOOPBACK, AWAY), ("8080",), "published-on-loopback-only",
    ),
    "the client's own line names the other address": (
        (LOOPBACK, REFUSED.replace("localhost", "192.0.2.5")), ("192.0.2.5:8080",), "published-on-loopback-only",
    ),
    "a program may not bind its port": (
        (TOMCAT, "bind() to 0.0.0.0:8080 failed (13: Permission denied)\n"), ("8080",), "service-not-listening",
    ),
    "the port is published for the other protocol": ((PS_OF_TCP, FAILS), ("8080/udp",), "published-protocol-mismatch"),
}  # fmt: skip
OPEN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no failure is stated": ((RUN, LOCAL), ("8080",)),
    "the program names other addresses, too": (
        (RUN, LOCAL, LOCAL.replace("127.0.0.1", "172.17.0.2"), FAILS), ("8080",),
    ),
    "localhost may be any address": ((RUN, "Server running at http://localhost:80\n", FAILS), ("8080",)),
    "a person says where it listens": ((RUN, "I run my server on 127.0.0.1:80 in it.\n", FAILS), ("8080",)),
    "no container is told": ((LOCAL, FAILS), ("80",)),
    "a web server that prints nothing may have the port": ((RUN, "Server listening on port 3000\n", FAILS), ("8080",)),
    "another container may be the client": ((PS + SECOND, FAILS), ("8080",)),
    "only words say that a typed container fails": (("$ docker run -d --name web mysql\n", FAILS), ("3306",)),
    "the engine lists the container as one that never started": (
        (RUN, EXITED.replace("Exited (1) 2 minutes ago", "Created                 "), FAILS), ("8080",),
    ),
    "the network is not internal": ((INSIDE.replace("internal: true", "internal: false"), FAILS), ("8080",)),
    "the container is on a second network, too": (
        (INSIDE.replace("[back]", "[back, front]") + "  front:\n", FAILS), ("8080",),
    ),
    "somebody connected the container to a second network": (
        (MADE, WITHIN, "$ docker network connect bridge web\n", REFUSED), ("localhost:8080",),
    ),
    "an argument may give the image another port": ((MONGO + "    command: --port 8081\n", FAILS), ("8080",)),
    "a variable may give the image another port": (
        (RUN.replace("app:1", "-e PGPORT=80 postgres"), FAILS), ("8080",),
    ),
    "a mounted file may configure the image": ((MONGO.replace("data/db", "etc/mongod.conf"), FAILS), ("8080",)),
    "the image has been built": ((MONGO + "    build: .\n", FAILS), ("8080",)),
    "an image that is not known": ((MONGO.replace("mongo:7", "team/app"), FAILS), ("8080",)),
    "the mapping leads to the image's port": ((MONGO.replace("8081", "27017"), FAILS), ("8080",)),
    "the port on loopback was asked at no place that the text names": ((LOOPBACK, FAILS), ("8080",)),
    "the port on loopback was asked there": ((LOOPBACK, AWAY.replace("192.0.2.5", "localhost")), ("8080",)),
    "the port is on loopback and on another address": (
        (LOOPBACK.replace("-p 127", "-p 192.0.2.5:8080:80 -p 127"), AWAY), ("8080",),
    ),
    "an argument is about another port of the program": ((CONSOLE.format(9001), FAILS), ("9000",)),
    "an image without root has another port": ((RUN.replace(":80 app:1", ":8080 bitnami/nginx"), EMPTY), ("8080",)),
    "no line says whose log it is": ((TWO, LOG), ("3307",)),
    "two containers are named above the log": ((TWO, "The logs of web and db:\n\n" + LOG), ("3307",)),
    "the container with the name is on a network of its own, and nobody tells who asks": (
        (PLAIN.replace("--name web", "--name db --network back"), NO_NAME), ("db", "--from", "web"),
    ),
    "the client's container knows the name": ((TWO, NO_NAME), ("db", "--from", "web")),
}  # fmt: skip


def proven(texts: tuple[str, ...], asked: tuple[str, ...]) -> list[str]:
    """Return the ids of the causes that the texts prove."""
    origin = asked[asked.index("--from") + 1] if "--from" in asked else None
    found = answer(*texts, targets=asked[: asked.index("--from")] if origin else asked, origin=origin)
    return [each.id for each in found.causes if not each.likely and each.severity == "blocking"]


@pytest.mark.parametrize(("texts", "asked", "cause"), PROVEN.values(), ids=PROVEN)
def test_what_is_said_proves(texts: tuple[str, ...], asked: tuple[str, ...], cause: str) -> None:
    assert proven(texts, asked) == [cause]


@pytest.mark.parametrize(("texts", "asked"), OPEN.values(), ids=OPEN)
def test_what_is_said_leaves_open(texts: tuple[str, ...], asked: tuple[str, ...]) -> None:
    assert proven(texts, asked) == []
