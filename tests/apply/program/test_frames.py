"""Requests and answers as bytes: nothing that the host prints passes for a frame, and what was cut is known for it."""

import pytest

from hairpin.apply.program.frames import AnswerLine, marks, reply, request
from hairpin.errors import CollectError

TOKEN = "0f8fad5bd9cb469fa165708677289500"  # noqa: S105 - it is drawn anew for each request
BEGIN = f"{TOKEN}\tbegin\tboot-1\t192.0.2.10 50000 198.51.100.11 22\n"


def test_a_request_is_the_program_and_then_its_words_and_files() -> None:
    files = {"0.do.1": b"kind command\na true\n", "0.do.1.text": b"no line end"}
    made = request(b"echo\n#end\n", TOKEN, "/var/lib/hairpin", ("fill", "3"), files, ())
    assert (
        made
        == (
            f"echo\n#end\n{TOKEN}\n/var/lib/hairpin\nfill 3\n"
            "0.do.1 20\nkind command\na true\n0.do.1.text 11\nno line end\n"
        ).encode()
    )


def test_lines_come_behind_the_words() -> None:
    made = request(b"#end\n", TOKEN, "/b", ("read",), {}, ("/etc/a b", "/etc/c"))
    assert made.endswith(b"\nread\n/etc/a b\n/etc/c\n\n")


def test_an_answer_has_its_frames_behind_whatever_a_login_prints() -> None:
    text = f"Welcome!\n{BEGIN}{TOKEN}\tplan\t3\topen\n{TOKEN}\tbytes\tplan\t5\na\nb\nc\n{TOKEN}\tdone\n"
    found = reply(text.encode(), TOKEN, "web1")
    assert (found.boot_id, found.connection) == ("boot-1", "192.0.2.10 50000 198.51.100.11 22")
    assert found.frames == (
        AnswerLine("plan", ("3", "open")),
        AnswerLine("bytes", ("plan", "5"), b"a\nb\nc"),
        AnswerLine("done"),
    )
    assert found.whole
    assert found.refused is None
    assert found.all("plan") == (found.frames[0],)


def test_counted_bytes_are_no_frames() -> None:
    inner = f"{TOKEN}\trefused\tnot-root\n"
    text = f"{BEGIN}{TOKEN}\tbytes\tprinted\t{len(inner)}\n{inner}\n{TOKEN}\tdone\n"
    found = reply(text.encode(), TOKEN, "web1")
    assert found.refused is None
    assert found.frames[0].payload == inner.encode()


@pytest.mark.parametrize("lost", (1, 5, 20, 40))
def test_an_answer_that_was_cut_is_not_whole(lost: int) -> None:
    text = f"{BEGIN}{TOKEN}\tbytes\tplan\t5\na\nb\nc\n{TOKEN}\tdone\n".encode()
    assert not reply(text[:-lost], TOKEN, "web1").whole


def test_a_refusal_is_whole() -> None:
    found = reply(f"{BEGIN}{TOKEN}\trefused\thalf-done\t3\n".encode(), TOKEN, "web1")
    assert (found.whole, found.refused) == (True, ("half-done", "3"))


def test_another_programs_words_are_no_answer() -> None:
    with pytest.raises(CollectError, match="web1: the program did not start; it printed: sh: not found"):
        reply(b"sh: not found\n", TOKEN, "web1")


def test_the_last_whole_line_of_a_task_counts() -> None:
    journal = (
        b"\n1\ttask\t0\trunning\t\t.\n\n2\ttask\t0\tfailed\tno such link\t.\n\n3\ttask\t1\tdone\t\t.\n\n4\ttask\t1\tsta"
    )
    assert marks(journal) == {0: ("failed", "no such link"), 1: ("done", "")}
    assert marks(journal + b"\n\n5\ttask\t1\tstays\tx\t.\n")[1] == ("stays", "x")
