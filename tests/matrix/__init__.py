"""Events foretold and carried out: ``python -m tests.matrix``.

Read ``hosts`` (which hosts), ``choosing`` (so many of them by chance), ``compare`` (which rules, sysctls, addresses and
routes differ from those foretold), ``trial`` (one event on one host), ``__main__`` (the table).  How each event is
carried out in a lab host stands in ``tests.score.happening``.  ``guests`` does it on hosts with systemd.

``python -m tests.matrix.latent``: what ``check`` says is latent, and whether it really comes.  Read ``waiting`` (how a
host and its twin are judged), ``latent_hosts`` (the rows), ``restarting`` (containers that come back), ``latent``.
"""
