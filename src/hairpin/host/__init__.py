"""Typed, immutable state of one host, parsed from evidence.  ``None`` means "the host did not say", never "no".

Read ``netns`` (the identity of a namespace), ``link``, ``traffic_control``, ``xfrm``, ``route``,
``socket``, ``sysctl``, ``docker``, ``idle`` (rootless containers for which no engine runs),
``quadlet`` (files of which systemd makes units of Podman's containers), ``compose`` (what Compose's files say about
services), ``contact``,
``swarm``, ``managers``, ``rule_tools`` (parts of a host) and ``host`` (the whole).
``engine_health`` tells whether an engine should answer, and whether it answers.  ``read`` parses evidence, ``boot``
finds the settings that persist over a reboot, and ``kernel_release`` lists differences between kernels.
``limit_state`` has the kernel's lists of limits, ``floating`` the addresses that move between machines, ``advertised``
the IPv6 routers that advertise themselves, and ``known_ports`` the usual ports of a host's own services.
``name_order`` sorts names, and ``plan_under_way`` has hairpin's own unfinished plans.

To add a reading, or a field of a host, a namespace, a link or a container
--------------------------------------------------------------------------
The script ``collect.sh`` reads a new fact about a host. If tools print the fact in several forms, each form has a
function that parses it. First look whether the fact is read already: docs/reference/evidence.md lists all keys.

1. **``collect/collect.sh``** needs a function that makes the reading with ``run KEY ORIGIN COMMAND``, ``ask`` or
   ``body``. Call the function in ``jobs_of_host`` or in ``namespace``. From an engine's answer or from ``daemon.json``
   the script passes only allow-listed paths: ``…_PATHS``, ``DAEMON_KEYS``.
   - A field of a container stands in three places: ``CONTAINER_PATHS``, the template in ``docker_containers()`` (for a
     host without ``curl``), and ``STORED_PATHS``. In ``STORED_PATHS`` a field of ``hostconfig.json`` has no
     ``HostConfig.`` in front.
   - A field of a network stands in ``NETWORK_PATHS``, ``docker_networks()`` and ``STORED_NETWORK_PATHS``.
   - A sysctl is a row of ``SYSCTLS`` in ``host/sysctl.py`` (``walk/__init__.py``). A unit is a word of ``units``.

   The script starts nothing, loads no module and sends no packet, and no secret leaves the host. Some functions ask
   for several things with one process, and sort the answers: the ``case`` in ``bridges`` sorts exactly three. Look for
   such a function before you add a process.

   A reading of a container's namespace has a second home: ``collect/netlink/`` reads ordinary containers of hairpin's
   own host. It makes the same reading, or raises ``NotOrdinaryError`` where the new fact can matter. A new field of an
   address, a route, a socket or a link that an ordinary container has (its loopback, its veth) belongs there, too.
   ``tests/kernel/test_collect_netlink.py`` compares the two homes: add a namespace in which the new fact differs.
2. **``host/read/``** needs a reader that takes a ``Reading`` and returns a value. An output that iproute2 prints as
   JSON has two readers, one for JSON and one for text, because old hosts print only text. ``links_json.py`` and
   ``links_text.py`` in ``host/read/ip/`` read links and bridge ports; ``bridge_json.py`` and ``bridge_text.py`` read
   forwarding entries and VLANs. ``proc_text.py`` reads files under ``/proc``. The value is a field of ``Namespace`` or
   ``Host`` (``host/host.py``), of ``Engine`` or ``Container`` (``host/docker.py``, read in
   ``host/read/engines/container_json.py``), or of one of their parts (``Link``, ``BridgePort`` and ``BridgeInfo`` in
   ``host/link.py``). The field has a default for a host without the reading. If the fact is a word of an output that
   is read already, such as a bridge's setting in ``ip -d link``, it needs only the field and its two readers (a
   flag of a bridge port: the field alone, of which ``PORT_FLAGS`` and the readers are made). The
   reader of a new key is joined with the key in ``host/read/namespaces.py`` (a key of a namespace) or
   ``host/read/parse.py`` (a key of a host).
3. **The field says what it is**: ``of(…)`` of ``hairpin/field.py``, on the field. A field without a description is
   ordinary: alike containers have the same value, ``hairpin diff`` lists a difference, a boot of the host keeps the
   value, and a replica has it. ``tests/acceptance/test_fields.py`` tells of each field of a namespace, a link, a
   bridge port, and of their parts, where it is not treated as it says. A value that is more than a word or a number
   has places of its own:
   - ``network/kinds/readings.py``: a part of a namespace that has ``order="own"``.
   - ``compare/``: the words of a difference (``setting_differences.py``, ``host_differences.py``; for a container,
     ``_words`` in ``container_differences.py``).
   - ``replica/plan/`` plans the value, ``replica/run/`` builds it.
   - ``_LINK`` in ``report/excerpts.py``, ``_ESSENCE`` in ``report/quotes.py``: the words of a quoted link or container.
   - ``tests/fidelity/testbed/evidence.py``, which does not run ``collect.sh``; ``tests/fidelity/generate/network/``:
     whether ``make fidelity`` reads the new key, and draws values of the field.
4. **A key that could not be read must not count as fine.** ``answer/decisive.py`` says for which commands a key
   decides; it finds the key by its prefix. ``tests/unread/table.py`` says the same a second time, by hand. If such a
   key could not be read, the answer lists the key as missing. ``_UNDECIDED`` in ``report/unread.py`` has the words for
   the facts that then stay undecided; it finds them by the beginning of the key.
5. **Describe the reading** in docs/reference/evidence.md. ``evidence/redact.py`` renames the names and addresses in a
   reading; ``evidence/redact_documents.py`` renames those in a field of an engine's document.
6. **Test the reading**: the reader in ``tests/host/read/``, and the script in ``tests/kernel/test_collect_*.py``, as
   root.
"""
