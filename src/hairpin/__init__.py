"""hairpin tells why a container's published port cannot be reached, proves it, and repairs it.

The folders, in the order in which the data flows:

- ``collect`` reads a host, ``evidence`` has the types of its readings, ``pasted`` finds readings in a text, and
  ``netfilter``, ``host`` and ``network`` make typed values from the readings.
- ``question`` finds the flows that a question means, and ``walk`` walks them.
- ``change`` and ``engines`` compute the effect of a change, ``carry`` runs commands and replaces files, and ``replica``
  asks the kernel.
- ``firewalls`` computes the tables that a firewall manager makes from its files, ``events`` simulates events, and
  ``suppose`` completes a host that only a text describes.
- ``causes`` proposes changes that may repair a flow, ``diagnose`` proves
  them, ``judges`` compares the verdicts of walk and kernel, ``remedy`` makes repairs, ``story`` tells what happened to
  a host, ``beside`` has what is said beside the walks, and ``answer`` has the result.
- ``expect`` holds a host against what a person has written down of it, and ``guard`` does so after each change.
- ``explain`` finds the meaning of an error text, and ``compare`` the differences between two hosts or two times.
- ``live`` reads facts of the live host, ``apply`` carries a repair out and takes it back, and ``report`` shows results.
- ``lab`` breaks hosts and runs hairpin on them, and ``cli`` is the command line (``__main__``: ``python -m hairpin``).

Modules that all folders use: ``message`` (sentences as data), ``wanted`` (facts that a user can supply), ``errors``,
``door`` (observers and choices of a walk), ``kept`` (values that are derived from another value and kept on it),
``own_python`` (how a second process of hairpin starts), ``sought`` (patterns that are compiled when a text has their
letters), ``programs`` (the programs of a host that make rules, links, routes or sysctls), ``field`` (the words by which
a field says what it is), and the folders ``facts`` (the known faults of programs' versions) and ``words`` (what
programs and people write, and what it means).
"""

__version__ = "0.1.0"
