"""Events foretold and carried out: ``python -m tests.matrix``.

Read ``hosts`` (which hosts), ``choosing`` (so many of them by chance), ``happening`` (how each event is carried out in
a lab host), ``compare`` (which rules, sysctls, addresses and routes differ from those foretold), ``trial`` (one event
on one host), ``__main__`` (the table).  ``guests`` does it on hosts with systemd.
"""
