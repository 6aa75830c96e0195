"""A text without a meaning is offered the known texts that share its rare words; ordinary words are offered nothing."""

from hairpin.explain.nearest import OFFERED, nearest, shown_pattern
from hairpin.words.catalogue import entries
from tests.explain.texts import met
from tests.rows import each_row

NEAR = {
    "Error: port is allocated already": "docker-port-allocated",
    "nf_conntrack table is full": "conntrack-full",
    "driver failed external connectivity": "docker-programming-failed",
    "xtables lock is held by another app": "xtables-lock",
    "Temporary failure resolving": "name-server-silent",
}


@each_row(("text", "entry"), NEAR.items())
def test_a_part_of_a_known_text_is_near(text: str, entry: str) -> None:
    assert met(text) is None
    assert entry in [each.id for each in nearest(text)]


@each_row(
    "text",
    (
        "the frobnicator at 10.0.0.5:8080 is sad",
        "my container does not work please help",
        "all is well",
        "Error response from daemon: something else failed",
        "容器连不上",
        "",
        "GET /docs/errors/refused.html HTTP/1.1 200 512",
        'time="2024-05-01T10:00:00.1Z" level=info msg="API listen on /run/docker.sock"',
        "web-1  | /docker-entrypoint.sh: Configuration complete; ready for start up",
        "LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:((docker-proxy,pid=812,fd=4))",
    ),
)
def test_other_words_are_near_nothing(text: str) -> None:
    assert nearest(text) == ()


def test_the_offer_is_bounded_and_of_faults() -> None:
    every_word = " ".join(pattern for entry in entries() for pattern in entry.patterns)
    assert len(nearest(every_word)) == OFFERED
    assert {each.kind for text in NEAR for each in nearest(text)} == {"fault"}


def test_a_pattern_is_shown_without_its_grammar() -> None:
    entry = next(each for each in entries() if each.id == "docker-port-allocated")
    assert shown_pattern(entry) == "Bind for …:… failed: port is already allocated"
