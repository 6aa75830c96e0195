"""Errors that a pasted text quotes are likely causes."""

import pytest

from tests.answer.likely.test_likely import REFUSED, TIMED_OUT
from tests.answer.likely.test_likely import answer as told
from tests.suppose.test_ordinary import PS as PS_ALL
from tests.suppose.test_ordinary import RUN

TAKEN = "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use\n"


def test_a_quoted_error_names_its_cause() -> None:
    found = told(TAKEN)
    cause = found.causes[0]
    assert (cause.id, cause.likely, cause.severity) == ("published-port-held-by-other-process", False, "blocking")
    assert cause.explains[0].line == 1
    assert not cause.remedies


def test_podman_may_have_met_a_port_of_its_own() -> None:
    found = told("Error: cannot listen on the TCP port: listen tcp4 :8080: bind: address already in use\n")
    assert (found.causes[0].id, found.causes[0].likely) == ("published-port-held-by-other-process", True)


def test_it_comes_before_suppositions() -> None:
    ids = [each.id for each in told(RUN, TIMED_OUT, TAKEN).causes]
    assert ids.index("published-port-held-by-other-process") < ids.index("ip-forward-off")
    assert len(set(ids)) == len(ids)


def test_references_are_unique() -> None:
    refs = [each.ref for each in told(RUN, REFUSED, TAKEN).causes]
    assert len(set(refs)) == len(refs)


def test_an_ordinary_line_names_nothing() -> None:
    assert told('time="2026" level=info msg="Loading containers: done."\n').causes == ()


def test_an_error_of_which_no_cause_is_known_is_named_by_its_meaning() -> None:
    found = told("rootlessport cannot expose privileged port 80: listen tcp 0.0.0.0:80: bind: permission denied\n")
    assert found.causes[0].id == "outside-catalogue"
    assert "ip_unprivileged_port_start" in str(found.causes[0].candidate.title)


def test_a_missing_program_is_proven_by_the_engines_own_call() -> None:
    found = told(
        "podman start web\nError: unable to start container 1f: netavark: No such file or directory (os error 2)\n"
    )
    assert (found.causes[0].id, found.causes[0].explains[0].line) == ("outside-catalogue", 2)
    assert "iptables" in str(found.causes[0].candidate.title)
    assert not found.causes[0].likely


def test_two_errors_outside_the_catalogue_are_both_named() -> None:
    said = "db_1 | Access denied for user 'app'@'172.18.0.1' (using password: YES)\n"
    found = told(said + "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/x.sock' (2)\n")
    titles = [str(each.candidate.title) for each in found.causes[:2]]
    assert "The network is in order" in titles[0]
    assert "unix socket" in titles[1]


def test_the_last_line_of_dockerd_is_read() -> None:
    line = (
        "dockerd[1112]: Error starting daemon: failed to create NAT chain DOCKER: iptables v1.8.2 (legacy): can't "
        "initialize iptables table `nat': Table does not exist (do you need to insmod?)\n"
    )
    found = told("Starting docker:\n" + line).causes[0]
    assert (found.id, found.explains[0].line) == ("kernel-module-missing", 2)


@pytest.mark.parametrize(
    ("said", "first"),
    (
        ("docker compose run web\n", "container-not-running"),
        ("docker run web\n", "no-common-network-for-name"),
        ("docker compose up. It has network_mode: bridge\n", "no-common-network-for-name"),
    ),
)
def test_in_one_project_each_running_service_has_a_name(said: str, first: str) -> None:
    error = "Error: getaddrinfo ENOTFOUND db db:5432\n"
    assert told(said, error).causes[0].id == first


_APART = """\
Error: getaddrinfo ENOTFOUND cache cache:6379
{}
shop:
  image: "shop:1"
  container_name: shop
  networks:
    - front
cache:
  image: redis:7
  container_name: cache
{}"""


def test_a_cause_that_the_told_parts_show_stands_before_other_causes_of_the_error() -> None:
    found = told(_APART.format("", ""))
    quoted = ("no-common-network-for-name", "default-bridge-has-no-names")
    assert [each.id for each in found.causes if each.id in quoted] == list(quoted)
    assert found.causes[0].id == quoted[0]


def test_a_common_network_is_no_such_cause() -> None:
    found = told(_APART.format("", "  networks:\n    - front\n"))
    assert all(each.shown_by is not None for each in found.causes if each.id == "no-common-network-for-name")


def test_an_error_that_a_mail_has_wrapped_is_read_whole() -> None:
    found = told(
        '> preparing container 3e95 for attach: plugin type="portmap"\n> failed (add): failed to find\n'
        '> plugin "portmap" in path [/opt/cni/bin]\n'
    )
    assert (found.causes[0].id, found.causes[0].explains[0].line) == ("cni-plugin-missing", 1)
    assert found.next is not None
    assert "/opt/cni/bin" in found.next.command


def test_lines_apart_are_no_wrapped_error() -> None:
    found = told('The pod says: failed to find\n\nplugin "portmap" in path [/opt/cni/bin] is there.\n')
    assert [each.id for each in found.causes if "in path" in str(each.candidate.detail)] == []


@pytest.mark.parametrize("network", ("4f1c2d3e5b6a", "4f1c2d3e5b6a" + "0" * 52))
def test_a_network_that_is_known_by_its_id_was_made_anew(network: str) -> None:
    found = told(f"ERROR: for web  Cannot start service web: network {network} not found\n").causes[0]
    assert "recreated" in str(found.candidate.title)


def test_a_network_that_is_known_by_its_name_was_not_made_anew() -> None:
    """dockerd gives the same answer to ``docker network inspect``, so it proves no failed start."""
    found = told("Error response from daemon: network backend not found\n")
    assert (found.causes[0].id, found.causes[0].likely) == ("outside-catalogue", True)
    assert "external: true" in str(found.causes[0].candidate.title)


@pytest.mark.parametrize(
    ("said", "cause", "command"),
    (
        ("Error response from daemon: Cannot start container 7a: [8] System error: operation not supported",
         "kernel-module-missing", "uname -r"),
        ("failed to set up container networking: network web not found", "outside-catalogue", "docker network ls"),
        ('adding pod web_web to CNI network "web": failed to make veth pair: operation not supported',
         "kernel-module-missing", "uname -r"),
    ),
)  # fmt: skip
def test_an_error_of_a_start_is_asked_for_by_its_own_command(said: str, cause: str, command: str) -> None:
    found = told(f"{said}\n")
    assert found.causes[0].id == cause
    assert found.next is not None
    assert found.next.command.startswith(command)


def test_a_missing_entry_of_the_cache_is_no_fault() -> None:
    found = told('ERRO[0000] error loading cached network config: network "web" not found in CNI cache\n')
    assert not any(each.id == "cni-plugin-missing" for each in found.causes)


def test_two_errors_outside_of_the_catalogue_are_two_causes() -> None:
    denied = "Access denied for user 'root'@'192.0.2.1' (using password: YES)\n"
    socket = "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/mysqld.sock' (2)\n"
    titles = [str(each.candidate.title) for each in told(denied, socket).causes if each.id == "outside-catalogue"]
    assert any("unix socket" in each for each in titles)
    assert any("The network is in order" in each for each in titles)
    assert (
        len([each for each in told(denied, denied).causes if "refuses the account" in str(each.candidate.title)]) == 1
    )


def test_the_engine_knows_which_of_its_containers_holds_the_port() -> None:
    allocated = "Error response from daemon: Bind for 192.0.2.10:8080 failed: port is already allocated\n"
    proven = [each.id for each in told(TAKEN, allocated).causes if not each.likely]
    assert proven == ["port-allocated-by-other-container"]


@pytest.mark.parametrize(
    "said",
    (
        "failed to set up container networking: adding interface veth1 to bridge br-1 failed: no such device\n",
        "driver failed programming external connectivity on endpoint web (1f): failed to start docker-proxy\n",
    ),
)
def test_an_error_whose_end_says_why_proves_nothing(said: str) -> None:
    found = told(f"docker: Error response from daemon: {said}")
    assert found.causes
    assert all(each.likely for each in found.causes)


def test_the_kernel_says_that_its_table_of_connections_was_full() -> None:
    (cause, *_) = told("[812.4] nf_conntrack: nf_conntrack: table full, dropping packet\n").causes
    assert (cause.id, cause.likely) == ("conntrack-table-full", False)


@pytest.mark.parametrize(
    ("texts", "is_proven"),
    (
        ((TAKEN,), True),
        ((TAKEN.replace("8080", "50936"),), False),  # the source port of a connection
        ((PS_ALL, TAKEN), False),  # the container that is listed has it
        ((RUN, TAKEN), True),  # this is the container that cannot have it
    ),
)
def test_another_process_holds_the_port(texts: tuple[str, ...], *, is_proven: bool) -> None:
    causes = {each.id: not each.likely for each in told(*texts).causes}
    assert causes["published-port-held-by-other-process"] == is_proven


def test_iptables_says_that_the_kernel_has_no_extension() -> None:
    (cause, *_) = told("Warning: Extension addrtype revision 0 not supported, missing kernel module?\n").causes
    assert (cause.id, cause.likely) == ("kernel-match-missing", False)
    (cause, *_) = told("iptables v1.8.7 (nf_tables): Couldn't load match `addrtype':No such file or directory\n").causes
    assert (cause.id, cause.likely) == ("kernel-match-missing", True)


LOGGED = "[UFW BLOCK] IN={} OUT={} SRC=172.17.0.2 DST=172.17.0.1 LEN=60 PROTO=TCP SPT=36484 DPT={} {}\n"
FAILS = "From a container the port of the host does not answer.\n"


@pytest.mark.parametrize(
    ("line", "is_proven"),
    (
        (LOGGED.format("docker0", "", 9000, "SYN URGP=0"), True),
        (LOGGED.format("docker0", "", 9001, "SYN URGP=0"), False),  # another port
        (LOGGED.format("docker0", "", 9000, "ACK URGP=0"), False),  # a late packet of an old connection
        (LOGGED.format("eth0", "", 9000, "SYN URGP=0"), False),  # not from a container
        (LOGGED.format("docker0", "eth0", 9000, "SYN URGP=0"), False),  # forwarded
        (LOGGED.replace("BLOCK", "AUDIT").format("docker0", "", 9000, "SYN URGP=0"), False),
    ),
)
def test_the_kernel_logs_that_ufw_drops_a_containers_packet(line: str, *, is_proven: bool) -> None:
    found = told(FAILS, line, targets=("172.17.0.1:9000",))
    proven = [each.id for each in found.causes if not each.likely]
    assert proven == (["input-drops-host-service"] if is_proven else [])


NAMELESS = "web-1 | dial tcp: lookup host.docker.internal on 127.0.0.11:53: no such host\n"


def test_a_client_tells_how_its_own_connection_ended() -> None:
    (cause, *_) = told(NAMELESS).causes
    assert (cause.id, cause.likely) == ("outside-catalogue", False)
    assert "host.docker.internal" in str(cause.candidate.title)


def test_a_client_says_nothing_of_another_connection() -> None:
    refused = "$ curl http://192.0.2.10:8080\ncurl: (7) Failed to connect to 192.0.2.10 port 8080: Connection refused\n"
    assert all(each.likely for each in told(f"{refused}\n{NAMELESS}").causes)


def test_two_errors_of_clients_may_be_about_two_connections() -> None:
    denied = "db-1 | Access denied for user 'root'@'172.18.0.4' (using password: YES)\n"
    assert all(each.likely for each in told(f"{NAMELESS}{denied}").causes)
    assert any(not each.likely for each in told(denied).causes)


def test_the_listed_holder_of_a_port_is_no_container_of_its_own() -> None:
    taken = "Error starting userland proxy: listen tcp 0.0.0.0:8080: bind: address already in use\n"
    lsof = "nginx 671 root 13u IPv4 21039 0t0 TCP 127.0.0.1:8080 (LISTEN)\n"
    proven = [each.id for each in told(PS_ALL, taken, lsof).causes if not each.likely]
    assert proven == ["published-port-held-by-other-process"]


def test_an_error_that_is_met_leaves_no_supposition() -> None:
    pulled = "docker run -p 8080:80 web\nexec /web: exec format error\nThe page does not open.\n"
    causes = told(pulled).causes
    assert not causes[0].likely
    assert not {each.id for each in causes} & {"ip-forward-off", "container-not-running", "docker-nat-chain-missing"}
