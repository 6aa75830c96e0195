"""``hairpin ask``: prints the commands that a person without hairpin runs.  `hairpin check --text` reads the outputs of
these commands."""

import click

from hairpin.cli.face import completion, options
from hairpin.cli.face.asked import Asked


@click.command(cls=options.HairpinCommand)
@options.target(required=False)
@options.option(
    "Options",
    "--after",
    "pasted",
    metavar="FILE",
    multiple=True,
    shell_complete=completion.files,
    help="Ask only for what this pasted text lacks (-: standard input).",
)
def ask(asked: Asked, pasted: tuple[str, ...]) -> int:
    """Print a short shell script for somebody who has no hairpin, and whose host is to be examined.

    The script only reads.  Send it to that person, and give what comes back to `hairpin check --text FILE`.  With a
    TARGET such as 8080, it looks into those containers only that publish this port.

    Exit: 0; 2 usage error.
    """
    from hairpin.cli.face.output import write
    from hairpin.pasted.asking import lacks_inside, missing_requests, script
    from hairpin.pasted.text import evidence_in_files
    from hairpin.question.target import parse_target

    target = parse_target(asked.targets[0]) if asked.targets else None
    evidence = evidence_in_files(pasted) if pasted else None
    requests, inside = missing_requests(evidence), lacks_inside(evidence)
    if not requests and not inside:
        return _nothing_missing()
    port, container = (target.port, target.container or "") if target is not None else (None, "")
    write(script(requests, inside=inside, port=port, container=container))
    return 0


def _nothing_missing() -> int:
    from hairpin.cli.face.output import complain
    from hairpin.message import message

    complain(message("nothing is missing in this text: `hairpin check --text FILE` reads it"), None)
    return 0
