"""What some versions of engines, tools, managers and kernels do to published ports and to the networks of containers:
a catalogue of dated facts, each with its versions, a test and its sources.  Pure data: no fact is a verdict.

Read ``version`` (versions in the forms of programs and packages), ``fact`` (the type, patterns that several facts
share, the programs and their names); then the rows: ``docker`` with ``docker_until_26``, ``podman`` and ``systems``;
``catalogue`` has them all, and the day of its last review.

Texts use the facts in ``suppose/hints/known_versions.py``, hosts in ``causes/states/known_version_fault.py``, people by
`hairpin explain PRODUCT VERSION`.

To add a fact
-------------
Read a source: an issue of the program, its release notes, a commit.  Write a row from what the source says, and no
version that it does not name: an empty bound is better than a guess.  ``says`` has words that only this behaviour
brings; without such words, leave it empty.  ``leaves`` has ids of causes that this behaviour leaves behind; if a host
has such a cause, hairpin names the fact beside it.  Then run `python -m tools.fact_page`, write the Chinese of the new
sentences (`make messages`), and set ``REVIEWED`` when all rows have been looked through.
"""
