"""From evidence to a host.

``parse`` is the entry, ``refresh`` the one for a host that was read before.  ``readings`` finds a reading by its key,
lists the readings that could not be read or are not there, and makes each part of the host once.  ``processes``
tells which are stopped and whose they are. ``namespaces`` makes a namespace of its readings, ``rulesets`` its rules.
The formats: ``json_text`` (access to any JSON), ``ip/``, ``engines/``, ``managers/``.
"""
