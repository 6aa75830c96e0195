"""What a text proves, what is only likely, and what to ask next."""

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.network.world import World
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.question import Question, parse_question
from hairpin.question.target import parse_target
from tests.suppose.test_ordinary import ADDRESSES, CLOSED, PS, RUN

TIMED_OUT = "$ curl http://10.8.0.5:8080\ncurl: (28) Failed to connect to 10.8.0.5 port 8080: Connection timed out\n"
REFUSED = "$ curl http://localhost:8080\ncurl: (7) Failed to connect to localhost port 8080: Connection refused\n"
OFF = "net.ipv4.conf.ens3.forwarding = 0\nnet.ipv4.conf.all.forwarding = 1\n"


def answer(*texts: str, targets: tuple[str, ...] = (), origin: str | None = None) -> Answer:
    """Return the answer of `check` about the host of the texts."""
    question = parse_question("check", targets, origin, (), World(), None, None)
    return ask(question, (evidence_in_texts(texts),), depth="causes")


def ids(found: Answer) -> list[str]:
    return [each.id for each in found.causes]


def test_a_told_part_that_stops_the_flow_is_likely_where_another_part_could_save_it() -> None:
    found = answer(RUN, OFF.replace("= 1", "= 0"), TIMED_OUT.replace("8080", "9090"), targets=("8080",))
    cause = found.causes[0]
    assert (cause.id, cause.likely, cause.severity) == ("ip-forward-off", True, "advice")
    assert cause.shown_by is None
    assert exit_status(found) == 3


def test_a_told_part_that_stops_the_flow_is_proven_where_no_other_part_could_save_it() -> None:
    found = answer(RUN, ADDRESSES, OFF, TIMED_OUT)
    cause = found.causes[0]
    assert (cause.id, cause.likely, cause.severity) == ("interface-forwarding-off", False, "blocking")
    assert exit_status(found) == 1


def test_the_verdict_depends_on_what_is_supposed() -> None:
    (flow, *_) = answer(RUN, ADDRESSES, OFF, targets=("8080",)).flows
    assert (flow.trace.verdict, flow.verdict, flow.succeeds) == ("dropped", "depends", False)
    commands = {each.command for each in flow.supposed}
    assert "sudo iptables-save" in commands
    assert "ip -d addr" not in commands  # it is told


def test_alternatives_explain_a_failure() -> None:
    found = answer(RUN, TIMED_OUT)
    assert "ip-forward-off" in ids(found)
    assert "service-not-listening" not in ids(found)  # a refused connection does not time out
    assert all(each.likely and each.shown_by is not None and not each.remedies for each in found.causes)


def test_a_refusal_has_other_causes_than_a_timeout() -> None:
    found = answer(RUN, REFUSED)
    assert "service-listens-on-container-loopback" in ids(found)
    assert "ip-forward-off" not in ids(found)


def test_what_contradicts_a_success_is_out() -> None:
    works = "$ curl -I http://localhost:8080\nHTTP/1.1 200 OK\n"
    found = answer(RUN, works, TIMED_OUT)
    assert "service-listens-on-container-loopback" not in ids(found)
    assert "ip-forward-off" in ids(found)


def test_without_a_stated_failure_nothing_is_likely() -> None:
    found = answer(RUN, PS, targets=("8080",))
    assert found.causes == ()
    assert found.next is not None


def test_without_anything_told_there_is_no_cause_and_no_command() -> None:
    found = answer("An ode to spring.\nThe birds sing.\n", targets=("8080",))
    assert found.causes == ()
    assert found.next is None
    assert exit_status(found) == 3


@pytest.mark.parametrize("failure", (TIMED_OUT, REFUSED))
def test_the_next_command_decides_among_the_likely(failure: str) -> None:
    found = answer(RUN, failure)
    assert found.next is not None
    assert found.next.command.startswith("sudo tcpdump") or set(found.next.decides) & set(ids(found))
    assert found.next.outcomes[-1].cause == ""
    words = found.next.command.split()
    assert not {"-A", "-D", "-F", "add", "del", "set", "restart"} & set(words)


def test_a_failure_elsewhere_may_be_before_the_host() -> None:
    works = "$ curl -I http://localhost:8080\nHTTP/1.1 200 OK\n"
    found = answer(PS, CLOSED.replace("DROP", "ACCEPT"), "net.ipv4.ip_forward = 1\n", works, TIMED_OUT)
    assert found.next is not None
    commands = {found.next.command} | {each.shown_by[0] for each in found.causes if each.shown_by}
    assert any("tcpdump" in each or "iptables" in each for each in commands)


def test_the_asked_port_is_that_of_the_failure() -> None:
    found = answer(PS, TIMED_OUT)
    assert {each.trace.flow.dport for each in found.flows} == {8080}


def test_likely_causes_are_no_severer_than_advice() -> None:
    found = answer(RUN, ADDRESSES, CLOSED, TIMED_OUT)
    assert (ids(found)[0], found.causes[0].severity) == ("docker-filter-chain-missing", "blocking")
    assert {each.severity for each in found.causes if each.likely} <= {"advice"}


_RUN = "$ docker run -d --name web -p 8080:80 nginx\n"


def _answer(text: str, *targets: str) -> Answer:
    question = Question(targets=tuple(map(parse_target, targets)))
    return ask(question, (evidence_in_texts((text,)),))


def _causes(text: str, *targets: str) -> list[str]:
    return [each.id for each in _answer(text, *targets).causes]


_WITH_WORDS = (
    (_RUN + "\nrootless, firewalld is on. From another machine nothing comes.\n", "firewalld-zone-blocks-port"),
    (_RUN + "\nFrom inside the container the service on its host times out.\n", "input-drops-host-service"),
    (_RUN + "\nFrom inside the container the service on its host is refused.\n", "host-service-listens-on-loopback"),
    ("[UFW BLOCK] IN=docker0 OUT= SRC=172.17.0.2 DST=192.0.2.4 PROTO=TCP SPT=1 DPT=5432\n", "input-drops-host-service"),
)


@pytest.mark.parametrize(("text", "cause"), _WITH_WORDS)
def test_words_name_a_likely_cause_by_their_line(text: str, cause: str) -> None:
    found = next(each for each in _answer(text).causes if each.id == cause)
    assert (found.likely, found.severity, found.proof, found.stop) == (True, "advice", None, None)
    assert not found.candidate.change.parts
    assert found.explains[0].line


def test_an_answer_on_the_host_leaves_what_is_before_it() -> None:
    text = _RUN + "\nOn the host it works, from another machine it times out. The instance has a security group.\n"
    found = _answer(text, "8080")
    assert found.next is not None
    assert found.next.command.startswith("sudo tcpdump -ni any tcp port 8080")
    assert "service-not-listening" not in [each.id for each in found.causes]


def test_an_open_port_leaves_what_is_before_the_host() -> None:
    said = "Nobody outside reaches port 8080 of the container, it times out.\n"
    shown = f"{said}tcp6       0      0 :::8080        :::*         LISTEN      15399/docker-proxy\n"
    other = shown.replace("8080", "9090", 2).replace("port 9090", "port 8080")
    weights = [_place_before(_answer(each, "8080")) for each in (shown, other)]
    assert weights[0] < weights[1]


def _place_before(found: Answer) -> int:
    commands = [each.shown_by[0] if each.shown_by else "" for each in found.causes]
    return next((at for at, each in enumerate(commands) if each.startswith("sudo tcpdump")), len(commands))


def test_a_page_below_a_command_is_an_answer() -> None:
    text = _RUN + '\n`curl localhost:8080` on it:\n\n```html\n<a href="/login">Found</a>\n```\nElsewhere it hangs.\n'
    assert "service-listens-on-container-loopback" not in _causes(text, "8080")
    assert "service-listens-on-container-loopback" in _causes(_RUN + "\nElsewhere it hangs.\n", "8080")


def test_a_port_that_is_published_elsewhere_is_named() -> None:
    text = "PORTS                            NAMES\n0.0.0.0:49317->80/tcp            shop_web_1\n\nIt is refused.\n"
    found = _answer("$ docker ps\n" + text, "80")
    assert found.causes[0].id == "port-not-published"


def test_what_fails_on_the_ordinary_host_has_no_alternatives() -> None:
    text = "$ docker run -d --name web nginx\n\nThe page at port 80 is refused.\n"
    assert "ip-forward-off" not in _causes(text, "80")


def test_a_supposed_container_resolves_names() -> None:
    text = "$ docker run -d --name web --network shop -p 8080:80 nginx\n\nNothing comes.\n"
    assert "resolver-rules-missing" not in _causes(text)


def test_a_quoted_error_brings_the_command_that_confirms_it() -> None:
    text = "Error response from daemon: driver failed programming external connectivity on endpoint web: "
    found = _answer(text + "Bind for 0.0.0.0:443 failed: port is already allocated\n", "443")
    assert found.next is not None
    assert (found.causes[0].id, found.next.command) == ("port-allocated-by-other-container", "docker ps -a")
    assert found.next.outcomes[0].cause == "port-allocated-by-other-container"


def test_a_name_of_the_internet_is_no_containers_name() -> None:
    text = "In a container:\ncurl: (6) Could not resolve host: deb.debian.org\n"
    assert "no-common-network-for-name" not in _causes(text)


def test_a_text_without_a_failure_has_no_likely_cause() -> None:
    assert (
        _causes(_RUN + "\nfirewalld and a VPN run on the host, and containers are asked from outside.\n", "8080") == []
    )


@pytest.mark.parametrize("name", ("karaoke", "192.0.2.77"))
def test_a_text_tells_of_few_containers(name: str) -> None:
    """What is not listed is no mistake of the question: the answer is about what the text tells, and says so."""
    found = answer(PS, REFUSED, targets=(name,))
    assert name in " ".join(map(str, found.notes))
    assert found.flows


def test_a_name_that_no_listed_container_has_is_no_target() -> None:
    listed = "services:\n  web:\n    image: me/web\n    ports: ['80:80']\n  cache:\n    image: redis\n\n"
    found = answer(listed + "web_1 | Error -2 connecting to store:6379. Name or service not known.")
    assert found.question.targets == ()
    assert any("None of the listed containers has" in each.candidate.title.template for each in found.causes)


_SID = """On Debian sid no container can be reached from outside after a reboot. I upgraded to {version}.
`docker compose down && docker compose up -d` repairs it, until I reboot again. Debian's 1.8.11-2 is said to mend it.
"""


def test_a_version_whose_known_fault_the_text_describes_is_named_first() -> None:
    (cause, *_) = answer(_SID.format(version="iptables 1.8.11")).causes
    assert (cause.id, cause.likely, cause.severity) == ("known-version-fault", True, "advice")
    assert cause.shown_by is not None
    assert cause.shown_by[0].startswith("iptables --version")
    assert "https://github.com/moby/moby/issues/48844" in str(cause.candidate.title)


@pytest.mark.parametrize("version", ("iptables 1.8.10", "iptables 1.8.11-2", "nftables 1.8.11"))
def test_another_version_is_not_named(version: str) -> None:
    found = ids(answer(_SID.format(version=version)))
    assert found
    assert "known-version-fault" not in found


PUBLIC = """\
Azure VM (1:1 NAT, NAT loopback): the service does not answer at its public address.
执行 docker ps 查看容器：
CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES
4a1e3b2c9d10   minio   "minio"   5 minutes ago   Up 5 minutes   0.0.0.0:9100->9000/tcp   store
执行 curl -I http://127.0.0.1:9100/health：
HTTP/1.1 200 OK
执行 curl --connect-timeout 5 http://203.0.113.7:9100/health：
curl: (28) Connection timed out
执行 ip addr：
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    inet 10.100.3.4/28 brd 10.100.3.15 scope global eth0
iptables -t nat -A OUTPUT -d 203.0.113.7 -j DNAT --to-destination 127.0.0.1
执行 curl -I http://203.0.113.7:9100/health：
HTTP/1.1 200 OK
"""


def test_the_question_is_the_client_that_failed() -> None:
    found = answer(PUBLIC)
    (flow,) = found.flows
    assert (flow.trace.flow.start_text(), flow.trace.flow.target_text()) == ("host", "203.0.113.7:9100/tcp")
    assert ids(found)[0] == "nat-loopback-on-cloud-address"
    assert exit_status(found) == 3


SENDERS = """\
docker-compose.yml:
services:
  web:
    image: nginx
    ports:
      - "8080:80"
  db:
    image: postgres

$ docker exec web curl -m 3 http://db:5432
curl: (28) Connection timed out after 3001 milliseconds

From my laptop:
$ curl -m 3 http://10.8.0.5:8080
curl: (28) Connection timed out after 3001 milliseconds
"""


def test_each_failure_is_asked_from_its_own_client() -> None:
    found = {(each.trace.flow.start_text(), each.trace.flow.dport) for each in answer(SENDERS).flows}
    assert ("container:web", 5432) in found
    assert {start for start, port in found if port == 8080} >= {"192.0.2.10", "host"}
    assert not any(start != "container:web" for start, port in found if port == 5432)


def test_a_single_place_of_all_failures_is_the_questions_client() -> None:
    found = answer(SENDERS.partition("From my laptop")[0])
    assert {each.trace.flow.start_text() for each in found.flows} == {"container:web"}
    assert 5432 in {each.trace.flow.dport for each in found.flows}


def test_a_container_that_only_its_client_names_is_there() -> None:
    ping = "PING 1.1.1.1 (1.1.1.1): 56 data bytes\n3 packets transmitted, 0 received, 100% packet loss\n"
    found = answer("$ docker exec app ping -c 3 1.1.1.1\n" + ping)
    assert "container:app" in {each.trace.flow.start_text() for each in found.flows}
