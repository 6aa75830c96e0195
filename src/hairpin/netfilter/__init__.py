"""Netfilter rules: one intermediate representation, its readers, its evaluation.

Read ``ir`` (the rules) with ``limit`` (limits whose state the kernel lists), ``packet`` (the properties of a packet
that rules can match) and ``evaluate`` (rules applied to a packet) first.  Rules are read by ``iptables``, ``nft``,
``ebtables`` and ``ipset``.  The words that these readers share are in ``address``, ``rule_address``,
``interface_name``, ``protocols`` and ``tool_version``.  ``meaning`` tells whether two rules mean the same, ``mss``
which segment size a rule sets, and ``sources`` which sources a rule compares.  ``collection`` switches Python's garbage
collector off while rules are read.

To add a match
--------------
The thing that decides a match also decides where the match belongs.

- a field of the packet or of its connection: a row of a table, as below.
- header bytes at an offset that the rule gives (``-m bpf``, ``@th,16,16``; ``-m u32`` is not understood yet).
  iptables: a program, as ``_bpf`` in ``iptables/matches.py`` makes it: ``evaluate/bytecode.py`` runs it on the bytes
  that this file knows. nft: ``payload()`` and ``_RAW`` in ``nft/fields.py``, if the bytes are a
  field with a name; for ``@ll``, ``nft/merged_fields.py``.
- history, chance, the data behind the headers (``-m string``), or a value that the sender's stack chooses (a TCP
  window, an MSS): the walk forks. iptables: an entry of ``_WHOLE`` in ``iptables/matches.py``; the argument of
  ``_stateful`` says whether a first packet usually matches. nft: ``_HISTORY`` in ``nft/matches.py``, or
  ``nft/statements.py``.
- the amount of traffic alone: as in the row above, and also ``LOAD_MATCHES`` of ``evaluate/load.py``.
- nothing that hairpin understands: the walk forks: an ``OpaqueMatch``, with its text.

The readers and the writers are made from the rows of these tables. So are the tests of the round trip (a rule is
written and read back), and the random rules in these tests.

1. **Find the field** in ``Field`` of ``netfilter/ir.py``. If the IR has no such field, add it there, and add the
   field's value in a packet to ``netfilter/evaluate/header.py``. No unit test notices a field that has no value there:
   rules with this field then match no packet. If the value is in no header, it is also a field of ``Seen`` in
   ``netfilter/packet.py``. If the packet's sender decides the value (such as the owner of a socket), ``State.seen`` in
   ``walk/state.py`` fills this field. If the namespace decides the value (such as the group of a link),
   ``with_groups`` in ``walk/hooks/surroundings.py`` fills it. ``_without`` in ``netfilter/evaluate/match.py`` says
   what a missing value means. By default a missing value satisfies no match. If the packet has a value that hairpin
   does not know, this default is wrong, and ``_without`` must return ``UNKNOWN``.
2. **iptables: write a row of ``ROWS`` in ``netfilter/iptables/match_rows.py``**: module, option, field, form of the
   value. ``OptionRow("length", "--length", "length", span(0xFFFF))`` reads and writes ``-m length --length 0:500``.
   ``OptionRow`` explains the other columns: older names of the option, protocols that have to stand before the option,
   and whether ``!`` may stand before it. The forms (number, range, mark with mask, names, flags, prefix) are in
   ``forms.py``; each form has its reader and its writer side by side. An option that iptables refuses to load is a row
   of ``demands.py``.
3. **nft: write a row of ``ROWS`` in ``netfilter/nft/fields.py``**: head, key, field, data type.
   ``FieldRow("meta", "mark", "mark", "mark")`` is ``meta mark`` in a script and ``{"meta": {"key": "mark"}}`` in JSON.
   Remove the key from ``_OTHER``. If a rule can write the key, also remove it from ``_HARMLESS`` in ``mangle.py``.
   Data types (width, names of numbers, how a script writes them) are rows of ``data_types.py``. ``_header_needs``
   below the table has the matches that a header implies.
4. **If a match has more than one field, or options that belong together**, write a reader and a writer in
   ``iptables/modules.py``. Call the reader in ``iptables/matches.py`` (one option: a row of ``beside``; a whole module:
   a row of ``_WHOLE``), and the writer in ``iptables/render.py``. For nft, readers are in ``nft/matches.py`` and
   writers in ``nft/render_matches.py``. Targets are in ``iptables/targets.py`` and ``field_targets.py`` in the same
   way.
5. **Test the match**: ``.venv/bin/python -m pytest -n 0 tests/netfilter tests/property``. The tests find the row by
   themselves. If the tests draw no value that the row's form can write, ``values`` in ``tests/strategies.py`` needs
   the field's width, or one more kind of value. If the IR that is read back differs from the IR that was written, the
   row is wrong. The modules of iptables that hairpin leaves opaque are in ``WIDE`` of
   ``tests/netfilter/iptables/test_save.py``. If a test fails because it uses your key as an example of an unknown key,
   give the test another key.
6. **Show the match**: add an example to ``tools/element_table.py`` (nft: ``element_table_nft.py``).
   ``.venv/bin/python -m tools.elements`` then writes docs/reference/elements.md; a test names each row that this page
   lacks.
7. **Ask the kernel**, as root, with two programs. ``tests/kernel/`` loads the lines of
   ``tests/fixtures/netfilter/every-option-*-save.txt``: add your line. ``make fidelity`` draws its rules in
   ``tests/fidelity/generate/rules/`` (``extensions.py``, ``nft_extensions.py``, ``rare.py`` …).
   ``tests/fidelity/judge/element_rows.py`` has the form by which a drawn nft rule is counted for its row.
8. **Look through docs/limitations.md**: several of its rows are about matches.
"""
