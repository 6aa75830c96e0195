"""Makes a host from evidence.  ``parse`` is the entry, also for a host that was read before.
``readings`` finds a reading by its key, lists the failed and the absent readings, and makes each part of the host
only once.  ``processes`` finds stopped processes, and the container or unit of each process.  ``namespaces`` makes a
namespace from its readings, ``rulesets`` makes the rules of a namespace, with ``partial_tables`` for tables that two
tools show in part, and ``surroundings`` leaves out the namespaces that play the
machines outside.  The formats: ``json_text`` (repairs and decodes any JSON), ``ip/``,
``engines/``, ``managers/``.
"""
