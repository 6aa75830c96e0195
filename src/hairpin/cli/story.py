"""``hairpin story``: the changes of a host, in order of time."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown

if TYPE_CHECKING:
    from hairpin.evidence.several import Source
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words
    from hairpin.story.entry import Story


@click.command(cls=options.HairpinCommand)
@options.targets
@options.option(
    "Options",
    "--since",
    metavar="TIME",
    help="2h, 3d, yesterday, '2026-11-20 14:00' (UTC), RFC 3339.  Else from the boot before this one, at most 7 days.",
)
@options.evidence
@options.page
@options.answer
def story(asked: Asked, shown: Shown, since: str | None) -> int:
    """Tell what happened to this host, as far as its own logs, packages and file times tell, and by whom.

    TARGET has the same meaning as in `hairpin check`: changes of other containers are left out.  The host is not
    changed, and texts that may be a secret are not read.  All times are UTC.  The page of --html also shows the present
    failures and their begin.

    Exit: 0 told, 2 usage error, 3 something could not be read.
    """
    from hairpin.cli.face.output import complain
    from hairpin.cli.face.present import present
    from hairpin.cli.material import refuse_told
    from hairpin.evidence.reading import Evidence
    from hairpin.message import message
    from hairpin.story.missing import could_not_read

    refuse_told(asked, "story", ("text",))
    found, happened, told = _happened(asked, shown.lang, since)
    evidence = tuple(each for each in found if isinstance(each, Evidence))

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.story_text import story_text

        return story_text(told, words, paper, several=len(evidence) > 1, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.story_document import story_document

        return story_document(told, evidence, words)

    def page(words: "Words") -> str:
        from hairpin.cli.since import failing_now
        from hairpin.report.page.story_page import story_page

        now = failing_now(asked, happened, shown.lang)
        return story_page(told, words, now=now, several=len(evidence) > 1)

    present(shown, text, document, page)
    unread = [each for each in found if not isinstance(each, Evidence)]
    for each in unread:
        complain(message("{host} could not be read: {reason}", host=each.label, reason=each.reason), shown.lang)
    return 3 if unread or could_not_read(evidence) else 0


def _happened(asked: Asked, lang: str | None, since: str | None) -> "tuple[tuple[Source, ...], Story, Story]":
    """Return the hosts' traces, their whole story, and its part about the targets."""
    import time

    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import gather
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.collect.snapshot import AskedTraces
    from hairpin.errors import CollectError
    from hairpin.evidence.reading import Evidence
    from hairpin.evidence.several import together
    from hairpin.message import message
    from hairpin.question.target import parse_target
    from hairpin.story.narrowing import narrow, parse_since
    from hairpin.story.timeline import read_at, story_of

    targets = tuple(map(parse_target, asked.targets))
    begins = None if since is None else parse_since(since, time.time())
    with progress(lang) as tell:
        tell(message("reading what happened to the host"))
        found = together(
            with_plans(gather(asked.sources, what="traces", traces=AskedTraces(begins)), asked.sources, lang)
        )
        evidence = tuple(each for each in found if isinstance(each, Evidence))
        if not evidence:
            raise CollectError(message("no host could be read"))
        if since is not None and all(each.kind == "snapshot" for each in asked.sources):
            begins = parse_since(since, read_at(evidence)) if asked.sources else begins
        happened = story_of(evidence, begins)
        return found, happened, narrow(happened, evidence, targets)
