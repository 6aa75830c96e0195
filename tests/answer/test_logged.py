"""What a container's log says of a cause: the line that is quoted, the flow that it names, and what the host says of
this flow."""

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.logged import LogLine, lines_of_log, log_of, logged_containers, target_of, telling_lines, with_logs
from hairpin.evidence.reading import Evidence, Reading, with_further
from hairpin.host.docker import Container
from hairpin.question.asked import Target
from hairpin.question.question import Question
from hairpin.report.paper import Paper
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Words
from tests.explain.logs import FRONT, NAME, SILENT, STARTED, asked, log
from tests.report.answers import answer, evidence
from tests.rows import each_row


def read(*lines: str) -> tuple[LogLine, ...]:
    return lines_of_log(log(*lines), Container(FRONT, "front", "running", started_at=STARTED))


def told(found: Answer) -> str:
    return report_text(found, Words("en"), Paper(width=1000))


# --- the line ---------------------------------------------------------------------------------------------------------


@each_row(
    ("lines", "quoted"),
    (
        ((NAME, "retrying in 5s", "error: giving up"), (NAME,)),
        (("Error: connect ECONNREFUSED 172.18.0.3:5432", NAME), (NAME,)),
        ((NAME, "Error: connect ECONNREFUSED 172.18.0.3:5432"), ("Error: connect ECONNREFUSED 172.18.0.3:5432",)),
        (("[emerg] unknown directive in nginx.conf:3", "bye"), ("[emerg] unknown directive in nginx.conf:3",)),
        (("error one", "error two", "error three", "error three"), ("error two", "error three")),
        (("starting", "waiting for migrations"), ("waiting for migrations",)),
        ((), ()),
        (("", "  "), ()),
    ),
)  # fmt: skip
def test_the_line_that_tells_the_reason(lines: tuple[str, ...], quoted: tuple[str, ...]) -> None:
    assert tuple(each.text for each in telling_lines(read(*lines))) == quoted


def test_a_line_of_an_earlier_run_does_not_count() -> None:
    container = Container(FRONT, "front", "running", started_at=STARTED)
    assert lines_of_log(log(NAME, at="2026-11-20T07:19:2"), container) == ()
    assert lines_of_log(log(NAME, at="2026-11-20T07:20:0"), msgspec.structs.replace(container, started_at="")) != ()
    just = log(NAME, at="2026-11-20T07:19:24.0")  # written before dockerd noted the start
    assert lines_of_log(msgspec.structs.replace(just, text=f"2026-11-20T07:19:24.100000000Z {NAME}\n"), container)


def test_in_a_loop_of_restarts_the_lines_of_the_run_before_count() -> None:
    looping = Container(FRONT, "front", "running", started_at=STARTED, restart_count=7)
    ended = log(NAME, at="2026-11-20T07:19:2")  # some seconds before the last start
    assert [each.text for each in lines_of_log(ended, looping)] == [NAME]
    now = msgspec.structs.replace(ended, text=f"{ended.text}2026-11-20T07:19:25.000000000Z ready\n")
    assert [each.text for each in lines_of_log(now, looping)] == ["ready"]
    assert lines_of_log(log(NAME, at="2026-11-20T07:01:0"), looping) == ()


def test_escapes_and_what_is_no_line_of_a_log_are_left_out() -> None:
    (line,) = read("\x1b[31;1mnc: bad address 'db'\x1b[0m")
    assert line.text == "nc: bad address 'db'"
    broken = msgspec.structs.replace(log(NAME), text=f"no time {NAME}\n9999-99-99T00:00:00Z {NAME}\n\n")
    assert lines_of_log(broken, Container(FRONT, "front", "running")) == ()


@each_row(
    ("line", "target"),
    (
        (NAME, "plain"),
        ('[emerg] host not found in upstream "api:3000" in /etc/nginx/conf.d/default.conf:3', "api:3000"),
        ("nc: bad address 'db'", "db"),
        ("Error: getaddrinfo EAI_AGAIN redis", "redis"),
        ("redis ConnectionError: Error -2 connecting to redis:6379. Name or service not known.", "redis:6379"),
        ("Error: connect ECONNREFUSED 172.18.0.3:5432", "172.18.0.3:5432"),
        ("Error 111 connecting to redis:6379. Connection refused.", "redis:6379"),
        ("dial tcp 192.168.1.5:3306: i/o timeout", "192.168.1.5:3306"),
        ("listen tcp :80: bind: permission denied", ""),
        ("Error: listen EADDRINUSE: address already in use :::3000", ""),
        ("waiting for db:5432", ""),
        ("upstream shop_web_1:80: bad address", "shop_web_1:80"),
        ("cannot parse default.conf:3", ""),
    ),
)  # fmt: skip
def test_the_target_that_a_line_names(line: str, target: str) -> None:
    (found,) = read(line)
    assert target_of(found, frozenset({"shop-web-1"})) == target


# --- the answer -------------------------------------------------------------------------------------------------------


def test_the_log_is_quoted_and_followed() -> None:
    found = with_logs(asked(log("password", NAME)))
    (cause,) = (each for each in found.causes if each.severity == "blocking")
    quoted, followed = map(str, cause.log)
    assert quoted == f"The log of front says (at 2026-11-20T07:20:01Z): {NAME}"
    assert followed.startswith("plain, which the log names: ")
    assert "default-bridge-has-no-names" in followed
    assert "`hairpin check plain:80 --from container:front`" in followed
    text = told(found)
    assert quoted in text
    assert "shows its log" not in text
    assert "read the service's log" not in text
    assert str(cause.detail).endswith(f"{quoted}. {followed}.")


def test_without_a_log_the_note_stays() -> None:
    for readings in ((), (log(NAME, container="0" * 64),), (log(),), (log(NAME, at="2026-11-20T07:10:0"),)):
        before = asked(*readings)
        assert with_logs(before) is before
        assert "this shows its log: `docker logs front`" in told(before)


def test_a_name_that_the_host_does_not_have() -> None:
    (said, more) = next(each.log for each in with_logs(asked(log("nc: bad address 'plian'"))).causes if each.log)
    assert "plian" in str(said)
    assert "plian, which the log names: " in str(more)
    assert "did you mean plain?" in str(more)


def test_a_name_that_is_found_now() -> None:
    (_, more) = next(each.log for each in with_logs(asked(log("nc: bad address 'back'"))).causes if each.log)
    assert str(more) == (
        "back, which the log names: nothing that hairpin read keeps front from it now "
        "(`hairpin check back:80 --from container:front` says more)"
    )


def test_an_error_without_a_target_is_quoted_alone() -> None:
    (said,) = next(each.log for each in with_logs(asked(log("bind: permission denied"))).causes if each.log)
    assert str(said).endswith("bind: permission denied")


def test_a_container_left_unread_is_read_before_the_flow_is_asked() -> None:
    calls: list[str] = []

    def whole() -> tuple[Evidence, ...]:
        calls.append("read")
        return (evidence(*SILENT),)

    with_logs(asked(log(NAME)), whole)
    assert calls == []
    left = Reading("e1", "namespaces-left", "", "/proc/PID/ns/net", "t", 0, "text", "plain\n")
    partial = with_further(evidence(*SILENT), (left, log(NAME)))
    readings = tuple(each for each in partial.readings if each.netns != "container:plain")
    found = ask(Question("check", (Target(8080),)), (msgspec.structs.replace(partial, readings=readings),))
    assert any(each.left_unread for host in found.network.hosts for each in host.containers())
    with_logs(found, whole)
    assert calls == ["read"]


def test_only_the_logs_of_causes_that_they_may_explain_are_wanted() -> None:
    assert [each.container.name for each in logged_containers(asked())] == ["front"]
    assert logged_containers(answer()) == ()
    assert logged_containers(answer(("/ipv4/conf/eth0/forwarding:1", "/ipv4/conf/eth0/forwarding:0"))) == ()


def test_the_reading_is_found_by_the_containers_id() -> None:
    container = Container(FRONT, "other", "running")
    assert log_of(with_further(evidence(), (log(NAME),)), container) is not None
    absent = msgspec.structs.replace(log(NAME), outcome="absent")
    assert log_of(with_further(evidence(), (absent,)), container) is None
