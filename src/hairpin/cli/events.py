"""``hairpin events``: the effect of each event that can happen on each flow."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown

if TYPE_CHECKING:
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=options.HairpinCommand)
@options.targets
@options.origin()
@options.size
@options.evidence
@options.world
@options.page
@options.monitor
@options.answer
def events(asked: Asked, shown: Shown) -> int:
    """Say which flows still pass after each event that can happen on this host, such as docker-restart.

    TARGET and WHERE have the same meaning as in `hairpin check`.  `hairpin check --after EVENT` says more about one
    event.

    Exit: 0 all that pass now pass then, 1 some fail after an event, 2 usage error, 3 could not decide.
    """
    from hairpin.answer.matrix import matrix
    from hairpin.cli.abreast import abreast
    from hairpin.cli.face.present import present
    from hairpin.cli.face.progress import progress
    from hairpin.cli.material import complain_of_told, gather
    from hairpin.cli.plans.half_done import with_plans
    from hairpin.message import message

    complain_of_told(asked, shown.lang)
    question = asked.question()
    with progress(shown.lang) as tell:
        tell(message("reading the state of the host"))
        read = with_plans(gather(asked.sources), asked.sources, shown.lang)
        tell(message("following the packets"))
        found = matrix(question, read, abreast)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.events_text import events_text

        return events_text(found, words, paper, verbose=shown.verbose)

    def document(words: "Words") -> object:
        from hairpin.report.documents.events_document import events_document

        return events_document(found, words)

    def page(words: "Words") -> str:
        from hairpin.report.page.events_page import events_page

        return events_page(found, words)

    if not shown.is_watched:
        present(shown, text, document, page)
        return found.status
    from hairpin.cli.face.watched import present_watched_events

    return present_watched_events(found, asked, shown, text, (document, page))
