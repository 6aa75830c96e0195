"""Walks a packet and its reply through a network as the kernel would carry them; the result is a trace of steps.

Read ``walk`` (request, reply, first data), ``begin`` (where the request starts or enters a host), ``trace`` (the
result), ``state`` (a packet at a stage, and how its walk can end), ``decided`` (what decided a step) and
``packet_walk`` (the stages in the kernel's order).  Then:

- The stages: ``link`` (layer 2), ``ip`` (routing), ``hooks`` (netfilter), ``sockets`` (socket lookup, and sockets that
  serve no client).
- The edge of the hosts: ``outside``, ``tunnelled`` (clients behind a tunnel), ``presumed`` (outside machines that are
  assumed to answer), ``granted/`` (what a careful outside may refuse), ``user_stack`` (a rootless engine's own network
  stack, and the connections of docker-proxy and other relays).
- The answer to a request: ``answer`` (its packet, user and mark), ``reply`` (whether and where it starts, and
  TCP's first data), ``open_connection`` (whether a connection survives a change of the network), ``size/``
  (full-sized segments), ``naming`` (whether a name server knows a container), ``misdirected`` (whether something else
  answers than the asked container), ``own_entries`` (the conntrack entries that the next datagram of a flow's sender
  matches), ``verdicts`` (the verdict on the flow).
- Around a walk: ``unread`` ends it at readings that are missing, ``walked`` caches it, ``alike`` takes the verdict of
  an alike flow over, ``reads`` records the parts of the network that it read, ``deciders`` the routes and rules that
  decided it.

To add a stop, a stage or a sysctl
----------------------------------
A cause with ``find`` is asked only at a stop of a walk. If the kernel loses packets at a place where the walk does not
stop, change the walk first. The list above says which file walks which part of the kernel's path.
``grep -rn 'namespace.<field>' src/hairpin/walk`` shows whether the walk already uses a reading.

1. **The stop** is a call of ``stopped(…)`` of ``walk/state.py``, in the file of the stage in which the kernel loses
   the packet. The call names the thing that decided (``walk/decided.py``). The docstring has the kernel's file and
   function. If the fact was not read, the walk goes both ways, each under a ``Condition``. A test of the stage is in
   ``tests/walk/``, and a test of the whole way is in ``tests/walk/test_walk.py``.
2. **A new reason** is a word of ``Reason`` in ``walk/state.py``. Tests fail until ``report/stops.py`` has its sentence
   and ``report/open_ends.py`` has its question. Two more places are named by no test. If a replica does not have the
   state that stops the packet, add the reason to ``_NOT_REBUILT`` in ``judges/agreement.py``. If the stop can be the
   result of a source address that the sender's host should have translated, add the reason to ``_LOST`` in
   ``diagnose/search.py``. If another program takes the packet, this is no stop but an ``End`` with an assumption, as
   in ``balanced`` of ``walk/packet_walk.py``.
3. **A new stage** is a word of ``Stage`` in ``walk/state.py``, a function in ``_STAGES`` of ``walk/packet_walk.py``,
   and a name in ``_STAGES`` of ``report/text/path.py``. Then run ``python -m tools.schemas``.
4. **A sysctl** is a row of ``SYSCTLS`` in ``host/sysctl.py``: the value at boot, whether a replica sets it, whether it
   is read in containers. Tests hold that ``collect/collect.sh`` reads each row, and that each sysctl of a link for
   which the code asks has a row. The walk calls ``namespace.sysctl(…)``, which tells the observers of the walk that the
   sysctl was read. These places remain.
   - ``collect/collect.sh``: a sysctl of a link is a word of ``CONF_KEYS``, ``CONF_KEYS4`` or ``CONF_KEYS6``. A sysctl
     of a namespace has to match a pattern of ``named_sysctls``, or is a word of ``further`` in ``sysctls()`` (for the
     host's own namespace) and of ``FURTHER_OF_CONTAINER`` (for all other namespaces).
   - ``_KEYS`` in ``tests/fidelity/testbed/evidence.py`` reads a sysctl of a namespace for ``make fidelity``, and a
     function in ``tests/fidelity/generate/network/`` draws the value (``topology.py`` has most of these functions).
     ``tests/hunt/real/draws/values.py`` and ``_SET`` of ``tests/fidelity/changes/random_change.py`` change it.
   - If the kernel changes other values together with the sysctl, ``change/simulation/simulate.py`` must do the same.
   - ``remedy/boot/sysctl_file.py`` keeps each sysctl in a file. If a kernel module makes the sysctl's folder, add the
     folder to ``_MADE_BY`` of that file. If another program also writes the value, add the sysctl to the file about
     that program: dockerd (``engines/sysctls.py``), networkd (``host/boot/link_settings.py``), NetworkManager or tuned
     (``host/boot/daemon_sysctls.py``).
5. **A setting of a link or of a bridge port**: first make the setting a field of ``Link`` or ``BridgePort``
   (``host/__init__.py`` says how). Then the setting needs these places. Where no test is named, none notices.
   - ``walk/link/bridge.py``, ``forwarding_entry.py`` in the same folder (flooding): which frames a port passes.
   - ``_let_through`` in ``walk/link/segment.py``, ``_BLOCKED`` in ``neighbour.py`` in the same folder: which ARP and
     neighbour requests a port passes.
   - A port's flag has no more places: ``PORT_FLAGS`` in ``host/link.py`` is made of the fields. Any other setting is a
     line of ``link_commands`` in ``change/commands/words.py``, and of ``replica/plan/links.py`` or
     ``link_settings.py``.
   - ``tests/fidelity/generate/network/``: random values of the setting. The long run below fails without them.
     ``tests/hunt/real/draws/links.py`` changes the setting on a real host.
6. **As root**, run ``make fidelity N=20000``, and once at the end ``make fidelity N=100000``. ``make fidelity``
   searches the walk's code for the sysctls and reasons, and for the fields of links, bridges, ports, addresses, routes
   and neighbours that the walk reads (fields whose default is None, true or false). A run of 100,000 pairs or more
   fails if its networks never use one of these sysctls, reasons or fields. If no kernel or no network can show a
   reason, sysctl or field, add it as a row to ``NO_KERNELS_MATTER`` in ``tests/fidelity/coverage/summary.py``. If only
   this kernel lacks an element, ``unavailable.py`` in the same folder tries it.
"""
