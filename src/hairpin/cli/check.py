"""``hairpin check``: the main command, which finds why a port cannot be reached."""

from typing import TYPE_CHECKING

import click

from hairpin.cli.face import options
from hairpin.cli.face.asked import Asked, Shown
from hairpin.cli.face.live_options import Live, LiveCommand, live_options

if TYPE_CHECKING:
    from hairpin.answer.answer import Further
    from hairpin.report.paper import Paper
    from hairpin.report.words import Words


@click.command(cls=LiveCommand)
@options.targets
@options.origin()
@options.after
@live_options
@options.option("Seldom", "--no-replica", is_flag=True, help="Do not repeat flows and proofs in namespaces.")
@options.option("Seldom", "--no-traces", is_flag=True, help="Do not ask the logs since when a cause is there.")
@options.size
@options.everything
@options.fresh
@options.evidence
@options.world
@options.page
@options.monitor
@options.answer
def check(asked: Asked, shown: Shown, no_replica: bool, no_traces: bool, live: Live | None) -> int:
    """Walk the flows to TARGET, name the proven causes, say the repair.

    TARGET is 8151, 8151/udp, 8151-8153, ADDRESS:PORT, [IPV6]:PORT, a URL, a container (its name, id, address or compose
    service) or CONTAINER:PORT, its own port; with --from CONTAINER also a name of the outside, such as example.com.
    `web to db:5432` is db:5432 with --from web.
    Without TARGET, every published port and every container's outgoing flows.  @HOST behind TARGET or WHERE names one
    of several hosts (else the first).

    Exit: 0 all delivered (or leaving), 1 a blocking cause, 2 usage error, 3 could not decide, 4 a bug in hairpin.
    """
    from hairpin.cli.answering import answer_question, second_judge
    from hairpin.cli.face.present import present_answer

    def further() -> "Further":
        from hairpin.cli.since import further_reading

        return further_reading(asked.sources, traces=not no_traces)

    judge = None if no_replica else second_judge()
    if live is None:
        answer = answer_question(asked.question(), asked, shown.lang, judge, further=further)
    else:
        from hairpin.cli.living import answer_live

        answer = answer_live(asked, shown.lang, live, judge, "events", further)

    def text(words: "Words", paper: "Paper") -> str:
        from hairpin.report.text.terminal import report_text

        as_root = asked.as_root() if answer.is_partly_read else ""
        fixing = asked.repairing()
        return report_text(answer, words, paper, verbose=shown.verbose, fixing=fixing, as_root=as_root)

    def document(words: "Words") -> object:
        from hairpin.report.documents.document import report_document

        return report_document(answer, words)

    if not shown.is_watched:
        return present_answer(answer, shown, text, document)
    from hairpin.cli.face.watched import present_watched

    return present_watched(answer, asked, shown, text, document)
