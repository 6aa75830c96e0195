"""``hairpin.story/1``."""

import msgspec

from hairpin.report.documents.story_document import StoryDocument, story_document
from hairpin.report.words import Words
from hairpin.story.timeline import story_of
from tests.story.recorded import lab


def test_the_lab_hosts_story() -> None:
    document = story_document(story_of((lab(),), None), (lab(),), Words())
    again = msgspec.json.decode(msgspec.json.encode(document), type=StoryDocument)
    assert again == document
    effects = {each.effect.event: each for each in document.entries if each.effect is not None}
    restart = effects["firewalld-restart"]
    assert (restart.at, restart.until, restart.kind, restart.subject) == (
        "2026-11-26T00:17:20Z", "2026-11-26T00:17:21Z", "unit", "firewalld.service",
    )  # fmt: skip
    assert restart.by is not None
    assert (restart.by.kind, restart.by.name) == ("person", "alice (pts/0, 127.0.0.1)")
    assert restart.evidence is not None
    assert restart.by.evidence is not None
    assert (
        document.evidence[restart.evidence].excerpt
        == "Started firewalld.service - firewalld - dynamic firewall daemon."
    )
    assert document.evidence[restart.by.evidence].key == "trace-logins"
