"""A told part that stops a packet is proven if no supposed part could save the packet."""

import pytest

from hairpin.answer.decisive import exit_status
from tests.answer.likely.test_likely import answer
from tests.suppose.test_ordinary import ADDRESSES, CLOSED, RUN

FAILS = "The port times out from another machine.\n"
OFF = "$ sysctl -a | grep forwarding\nnet.ipv4.conf.all.forwarding = 1\nnet.ipv4.conf.{}.forwarding = 0\n"
MASTER_OFF = "$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 0\n"
NAT = """\
$ iptables-save -t nat
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.18.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:80
COMMIT
"""
SECOND = """\
4: ens4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 52:54:00:aa:bb:cd brd ff:ff:ff:ff:ff:ff
    inet 10.9.0.5/24 brd 10.9.0.255 scope global ens4
"""
ROUTES = "$ ip route\ndefault via 10.8.0.1 dev ens3\n10.8.0.0/24 dev ens3 scope link src 10.8.0.5\n"
CAPTURE = "$ tcpdump -ni {} tcp port 8080\nlistening on {}, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"

PROVEN: dict[str, tuple[str, ...]] = {
    "the failure that the text states excludes another way": (RUN, ADDRESSES, OFF.format("ens3"), FAILS),
    "no failure is stated, but the rules are told": (RUN, ADDRESSES, NAT, OFF.format("ens3")),
    "the default route shows the link": (RUN, ADDRESSES + SECOND, ROUTES, OFF.format("ens3"), FAILS),
    "a capture shows the link": (RUN, ADDRESSES + SECOND, CAPTURE.format("ens3", "ens3"), OFF.format("ens3"), FAILS),
    "no link is listed, and one alone is named": (RUN, OFF.format("eth0"), FAILS),
}
OPEN: dict[str, tuple[str, ...]] = {
    "docker-proxy needs no rule, and no rule is told": (RUN, ADDRESSES, OFF.format("ens3")),
    "the packets may come in by another link": (RUN, ADDRESSES + SECOND, OFF.format("ens3"), FAILS),
    "a link's own switch may be on": (RUN, ADDRESSES, NAT, MASTER_OFF),
    "the rules are told, and not the links that they match": (
        RUN,
        CLOSED.replace("COMMIT", "-A FORWARD -i ens9 -j ACCEPT\nCOMMIT"),
        FAILS,
    ),
    "docker-proxy needs no FORWARD": (RUN, CLOSED),
}


def proven(*texts: str) -> list[str]:
    """Return the ids of the causes that the texts prove."""
    found = answer(*texts, targets=("8080",))
    named = [each.id for each in found.causes if not each.likely and each.severity == "blocking"]
    assert (exit_status(found) == 1) == bool(named)
    return named


@pytest.mark.parametrize("texts", PROVEN.values(), ids=PROVEN)
def test_whatever_the_rest_is_like(texts: tuple[str, ...]) -> None:
    assert proven(*texts) == ["interface-forwarding-off"]


@pytest.mark.parametrize("texts", OPEN.values(), ids=OPEN)
def test_a_supposed_part_could_save_the_packet(texts: tuple[str, ...]) -> None:
    assert proven(*texts) == []


def test_a_stated_failure_of_another_kind_proves_nothing() -> None:
    refused = "$ curl http://10.8.0.5:8080\ncurl: (7) Failed to connect to 10.8.0.5 port 8080: Connection refused\n"
    assert proven(RUN, ADDRESSES, OFF.format("ens3"), refused) == []


def test_the_switch_of_all_links_is_proven_by_a_stated_failure() -> None:
    assert proven(RUN, ADDRESSES, MASTER_OFF, FAILS) == ["ip-forward-off"]


def test_the_repair_is_that_of_a_host_that_was_read() -> None:
    found = answer(RUN, ADDRESSES, OFF.format("ens3"), FAILS, targets=("8080",))
    (cause, *_) = found.causes
    assert cause.remedies
    assert cause.proof is not None
    assert found.flows[0].anyway
    assert found.flows[0].verdict == "dropped"


COMPOSE = """\
$ cat compose.yaml
services:
  app:
    build: .
    ports:
      - "3000:3000"
  db:
    image: {}
"""
LOG = "$ docker logs app\nError: connect {} {}\n"
REFUSED = ("ECONNREFUSED", "127.0.0.1:5432")
ASKS_ITSELF: dict[str, tuple[str, str, bool]] = {
    "the service is another container's": ("postgres:16", LOG.format(*REFUSED), True),
    "the text knows of no such service": ("example/ledger", LOG.format(*REFUSED), False),
    "nothing states a refusal": ("postgres:16", "It does not connect.\n", False),
    "the connection timed out": ("postgres:16", LOG.format("ETIMEDOUT", "127.0.0.1:5432"), False),
    "somebody took the connection": ("postgres:16", LOG.format("ECONNRESET", "127.0.0.1:5432"), False),
    "another port was refused": ("postgres:16", LOG.format("ECONNREFUSED", "127.0.0.1:6379"), False),
}


@pytest.mark.parametrize(("image", "log", "is_proven"), ASKS_ITSELF.values(), ids=ASKS_ITSELF)
def test_a_container_that_was_refused_by_its_own_loopback(image: str, log: str, *, is_proven: bool) -> None:
    found = answer(COMPOSE.format(image), log, targets=("127.0.0.1:5432",), origin="container:app")
    named = [each.id for each in found.causes if not each.likely and each.severity == "blocking"]
    assert named == (["loopback-is-the-container"] if is_proven else [])


ALONE = "$ docker run -d --name app team/app\napp-1  | Error: connect ECONNREFUSED 127.0.0.1:5432\n"
HAS_IT: dict[str, tuple[str, bool]] = {
    "a client on the host got an answer": (
        "user@srv:~$ nc -zv 127.0.0.1 5432\nConnection to 127.0.0.1 5432 port [tcp/postgresql] succeeded!\n",
        True,
    ),
    "a client on the host got an answer of another port": (
        "user@srv:~$ nc -zv 127.0.0.1 5433\nConnection to 127.0.0.1 5433 port [tcp/*] succeeded!\n",
        False,
    ),
    "a client in the container got an answer": (
        "$ docker exec app nc -zv 127.0.0.1 5432\nConnection to 127.0.0.1 5432 port [tcp/postgresql] succeeded!\n",
        False,
    ),
}


@pytest.mark.parametrize(("text", "is_proven"), HAS_IT.values(), ids=HAS_IT)
def test_the_host_has_the_service_for_which_a_container_asks_itself(text: str, *, is_proven: bool) -> None:
    found = answer(ALONE, text, targets=("127.0.0.1:5432",), origin="container:app")
    named = [each.id for each in found.causes if not each.likely and each.severity == "blocking"]
    assert named == (["loopback-is-the-container"] if is_proven else [])


LISTED = """\
$ docker ps
CONTAINER ID   IMAGE        COMMAND   CREATED         STATUS         PORTS                     NAMES
3f2a1b4c5d6e   team/app     "app"     3 minutes ago   Up 3 minutes   0.0.0.0:8000->80/tcp      app
4f2a1b4c5d6e   team/store   "store"   3 minutes ago   Up 3 minutes   0.0.0.0:15432->5432/tcp   store
"""
ENDED = LISTED.replace("Up 3 minutes   0.0.0.0:15432->5432/tcp", "Exited (1) 2 minutes ago               ")
THIRD = LISTED.splitlines()[2].replace("app", "api").replace("3f2a", "5f2a").replace("8000", "8001") + "\n"
BY_PROGRAM = "Error: connect ECONNREFUSED 127.0.0.1:15432\n"
BY_PERSON = "$ curl http://127.0.0.1:15432\ncurl: (7) Failed to connect to 127.0.0.1 port 15432: Connection refused\n"
ONE_LEFT: dict[str, tuple[tuple[str, ...], bool]] = {
    "the engine lists the port, and one other container": ((LISTED, BY_PROGRAM), True),
    "the engine lists two other containers": ((LISTED + THIRD, BY_PROGRAM), False),
    "a person's client may be on the host": ((LISTED, BY_PERSON), False),
    "the engine may be in a virtual machine": (("I use Docker Desktop.\n", LISTED, BY_PROGRAM), False),
    "the engine lists another port": ((LISTED.replace(":15432", ":15433"), BY_PROGRAM), False),
    "the container that has the port has ended": ((ENDED, BY_PROGRAM), False),
}


@pytest.mark.parametrize(("texts", "is_proven"), ONE_LEFT.values(), ids=ONE_LEFT)
def test_no_client_of_the_host_is_refused_at_a_published_port(texts: tuple[str, ...], *, is_proven: bool) -> None:
    found = answer(*texts)
    named = [each.id for each in found.causes if not each.likely and each.severity == "blocking"]
    assert ("loopback-is-the-container" in named) == is_proven


KIBANA = "$ docker run -d --name kibana -e ELASTICSEARCH_URL=http://localhost:9200 -p 5601:5601 {}\n"
SEARCH = "$ docker run -d --name search -p 9200:9200 elasticsearch:7\n"
UNABLE = "Unable to connect to Elasticsearch at http://localhost:{}.\n"
ONE_SERVICE: dict[str, tuple[tuple[str, ...], bool]] = {
    "the image is that of another service": ((KIBANA.format("kibana"), SEARCH, UNABLE.format(9200)), True),
    "the image is not known": ((KIBANA.format("team/all-in-one"), SEARCH, UNABLE.format(9200)), False),
    "the service is nowhere": ((KIBANA.format("kibana"), UNABLE.format(9200)), False),
    "the words are about another port": ((KIBANA.format("kibana"), SEARCH, UNABLE.format(9300)), False),
}


@pytest.mark.parametrize(("texts", "is_proven"), ONE_SERVICE.values(), ids=ONE_SERVICE)
def test_a_well_known_service_has_no_port_of_another_one(texts: tuple[str, ...], *, is_proven: bool) -> None:
    found = answer(*texts, targets=("127.0.0.1:9200",), origin="container:kibana")
    named = [each.id for each in found.causes if not each.likely and each.severity == "blocking"]
    assert named == (["loopback-is-the-container"] if is_proven else [])


def test_a_log_of_compose_names_the_client() -> None:
    """Without a question: each line of the log begins with the name of its container."""
    log = "app-1  | Error: connect ECONNREFUSED 127.0.0.1:5432\n"
    found = answer(COMPOSE.format("postgres:16"), log)
    (cause, *_) = found.causes
    assert (cause.id, cause.likely) == ("loopback-is-the-container", False)
    (remedy, *_) = cause.remedies
    assert "db:5432" in " ".join(map(str, remedy.advice))


FORWARD = """\
$ iptables-save -t filter
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [57:6034]
:OUTPUT ACCEPT [0:0]
{}COMMIT
"""
STATEFUL = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
EMPTY_CHAIN: dict[str, tuple[str, bool]] = {
    "no rule at all": ("", True),
    "a rule for answers alone": (STATEFUL, True),
    "a rule for a link": ("-A FORWARD -i docker0 -j ACCEPT\n", False),
    "a rule that leads to another chain": ("-A FORWARD -j OTHER\n", False),
    "a rule for a network card": ("-A FORWARD -i eth0 -o eth1 -j ACCEPT\n", True),
    "a rule for a bridge with a name of its own": ("-A FORWARD -i web0 -o eth1 -j ACCEPT\n", False),
    "a rule for any link but one": ("-A FORWARD ! -i eth0 -j ACCEPT\n", False),
    "a rule for another port": ("-A FORWARD -p tcp -m tcp --dport 2234:2240 -j ACCEPT\n", True),
    "a rule for the port": ("-A FORWARD -p tcp -m tcp --dport 440:450 -j ACCEPT\n", False),
    "a rule for another protocol": ("-A FORWARD -p udp -j ACCEPT\n", True),
}


@pytest.mark.parametrize(("rules", "is_proven"), EMPTY_CHAIN.values(), ids=EMPTY_CHAIN)
def test_a_chain_that_lets_no_first_packet_pass(rules: str, *, is_proven: bool) -> None:
    """Whichever links and addresses the packet has: no other part of the host has to be told."""
    found = answer(
        FORWARD.format(rules), "Containers have no Internet.\n", targets=("1.1.1.1:443",), origin="container:a"
    )
    assert any(not each.likely and each.severity == "blocking" for each in found.causes) == is_proven
