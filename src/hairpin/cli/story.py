"""``hairpin story``: what happened to a host, in order of time."""

from typing import TYPE_CHECKING

import click

from hairpin.cli import completion
from hairpin.cli.options import EvidenceCommand, Given, evidence_options, group_option, show_options
from hairpin.cli.page import html_option, printed_page, save_page

if TYPE_CHECKING:
    from hairpin.report.words import Words


@click.command(cls=EvidenceCommand)
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=completion.targets)
@group_option(
    "Options",
    "--since",
    metavar="TIME",
    help="2h, 3d, yesterday, '2026-11-20 14:00' (UTC), RFC 3339.  Else from the boot before this one, at most 7 days.",
)
@evidence_options
@html_option
@show_options
def story(
    targets: tuple[str, ...],
    since: str | None,
    sources: tuple[Given, ...],
    html: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Tell what happened to this host, as far as its own logs, packages and file times tell, and by whom.

    TARGET is that of `hairpin check`: what happens to other containers is left out.  Nothing is changed, and nothing
    that may be a secret is read.  All times are UTC.  On the page of --html stands what fails now, too, and since
    when.

    Exit: 0 told, 2 usage error, 3 something could not be read.
    """
    import time

    from hairpin.cli.half_done import with_plans
    from hairpin.cli.material import gather
    from hairpin.cli.output import complain, paper, words, write, write_json
    from hairpin.cli.progress import progress
    from hairpin.errors import CollectError
    from hairpin.evidence.reading import Evidence
    from hairpin.evidence.several import together
    from hairpin.message import message
    from hairpin.question.target import parse_target
    from hairpin.story.missing import could_not_read
    from hairpin.story.narrowing import narrow
    from hairpin.story.timeline import read_at, story_of
    from hairpin.story.window import parse_since

    asked = tuple(map(parse_target, targets))
    begins = None if since is None else parse_since(since, time.time())
    with progress(lang) as tell:
        tell(message("reading what happened to the host"))
        found = together(with_plans(gather(sources, what="traces", since=begins), sources, lang))
        evidence = tuple(each for each in found if isinstance(each, Evidence))
        if not evidence:
            raise CollectError(message("no host could be read"))
        if since is not None and all(each.kind == "snapshot" for each in sources):
            begins = parse_since(since, read_at(evidence)) if sources else begins
        happened = story_of(evidence, begins)
        told = narrow(happened, evidence, asked)

    def page(words: "Words") -> str:
        from hairpin.cli.since import failing_now
        from hairpin.report.page.story_page import story_page

        now = failing_now(targets, sources, happened, lang)
        return story_page(told, words, now=now, several=len(evidence) > 1)

    if printed_page(html, page, lang):
        pass
    elif as_json:
        from hairpin.report.story_document import story_document

        write_json(story_document(told, evidence, words(lang)))
    else:
        from hairpin.report.story_text import story_text

        write(story_text(told, words(lang), paper(color), several=len(evidence) > 1, verbose=verbose))
    save_page(html, page, lang)
    unread = [each for each in found if not isinstance(each, Evidence)]
    for each in unread:
        complain(message("{host} could not be read: {reason}", host=each.label, reason=each.reason), lang)
    return 3 if unread or could_not_read(evidence) else 0
