"""``python -m tests.today [WORD…]``: the healthy hosts, or those whose names have a word (root)."""

import sys
from functools import partial

from tests.machine.command import add_words, command, has_word
from tests.machine.run import beside, ended, say, tell
from tests.today.hosts import hosts
from tests.today.report import HEAD, status, table, told
from tests.today.roots import met, root_of
from tests.today.trial import examined


def main() -> int:
    """Examine the hosts; the exit status is 1 if something is wrong about one."""
    parser = command("tests.today", "Predict and try every flow of hosts of today.", parallel=2, results=True)
    add_words(parser, "words", "hosts whose names have such a word")
    parser.add_argument("--all-words", action="store_true", help="only hosts whose names have all of the words")
    parser.add_argument("--fresh", action="store_true", help="make the suites' folders anew, of this day's packages")
    parser.add_argument("--acts", default="flows", help="of flows, restore, events, by comma (flows)")
    arguments = parser.parse_args()
    words = [each for given in arguments.words for each in given.split()]
    wanted = [each for each in hosts() if (_has_all if arguments.all_words else has_word)(each.title, words)]
    roots = {suite: root_of(suite, fresh=arguments.fresh) for suite in dict.fromkeys(each.suite for each in wanted)}
    say(*(met(suite, root) for suite, root in roots.items()))
    found = beside(partial(examined, roots, frozenset(arguments.acts.split(","))), wanted, arguments.parallel)
    return tell(found, told, status, head=HEAD, table=table, file=arguments.results)


def _has_all(title: str, words: list[str]) -> bool:
    return all(word in title for word in words)


if __name__ == "__main__":
    sys.exit(ended(main))
