"""Beside the lines of a log, no sentence sends a person to that log."""

from hairpin.causes.log_advice import find_end, read_end, read_log, repair_service, with_log_told
from hairpin.message import message

LOG = "docker logs web"


def test_a_note_is_gone_and_a_repair_stays() -> None:
    assert with_log_told(read_log(LOG), LOG) is None
    assert with_log_told(read_end(LOG), LOG) is None
    for repair in (repair_service("web", LOG), find_end(LOG)):
        told = with_log_told(repair, LOG)
        assert told is not None
        assert told != repair
        assert f"`{LOG}` shows the rest of" in str(told)


def test_a_container_that_stays_ended_is_started_by_a_command() -> None:
    """Whoever has removed the reason would still have no container."""
    told = with_log_told(find_end(LOG, "docker start web"), LOG)
    assert str(told).endswith("then start it: docker start web")
    assert str(find_end(LOG, "docker start web")).endswith("; then start it: docker start web")
    assert "start web" not in str(with_log_told(find_end(LOG), LOG))


def test_what_is_about_another_log_or_about_none_stays() -> None:
    for each in (
        read_log("docker logs db"),
        repair_service("db", "docker logs db"),
        message("start {name}", name="db"),
    ):
        assert with_log_told(each, LOG) is each
