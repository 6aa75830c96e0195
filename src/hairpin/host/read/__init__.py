"""From evidence to a host.

``parse`` is the entry; ``readings`` finds a reading by its key and lists what could not be read, ``namespaces`` joins
what was read of one namespace, ``rulesets`` its rules.  The formats: ``ip/``, ``engines/``, ``managers/``.
"""
