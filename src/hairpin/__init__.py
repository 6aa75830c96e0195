"""hairpin: tell it a port; it tells you why nobody can reach it, proves it, and repairs it.

The folders, in the order in which the data flows: ``collect`` reads a host, ``evidence`` keeps what was read, and
``netfilter``, ``host`` and ``network`` make typed values of it.  ``question`` says which flow is asked about, and
``walk`` carries its packet.  ``carry``, ``change`` and ``engines`` say what a change does, and ``replica`` asks the
kernel.  ``firewalls`` says what a firewall manager makes of its files, and ``events`` what happens to a host.
``texts`` knows what engines' errors mean, ``causes`` suspects, ``diagnose`` proves, ``judges`` compares both proofs,
``remedy`` repairs, ``story`` tells what happened, and ``answer`` is the result.  ``explain`` says what an error text
means, ``compare`` what differs between two hosts or two times.  ``live`` looks at the live host, ``apply`` carries a
repair out and takes it back.  ``report`` shows it.  ``lab`` breaks hosts and reads the report about them.  ``cli``
starts it all (``__main__``: as ``python -m hairpin``).

Below all folders: ``message`` (sentences as data), ``wanted`` (facts that somebody can supply), ``errors``, ``door``
(observers and choices of a walk), ``kept`` (what is derived from a value).
"""

__version__ = "0.1.0"
