"""Events that need a system with systemd, foretold and carried out: ``python -m tests.matrix.guests``.

Read ``kinds`` (which manager configures the host's links, and which events are tried on it), ``trial`` (one event on
one host), ``__main__`` (the table).  The guest and the network around it are those of ``tests/reboot``.
``latent``: what waits for an event of such a host (``tests.matrix.waiting``).
"""
