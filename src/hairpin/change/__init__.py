"""One value for a change: simulated on a network, shown as steps, carried out on a host, undone.

Read ``change`` (what can be changed), ``simulation/`` (the network after it), ``difference`` (the change between two
networks, which can undo another change), ``step`` and ``steps`` (the steps that make a change on a host, with
``expect`` and ``expected``), ``calls`` (requests to engines, firewalld and ufw), ``ufw`` and ``firewalld`` (the effects
of these requests), ``narrower`` (requests that a wider one makes needless), ``commands/`` (the commands that show a
step and carry it out), ``intent`` (the purpose of a rule change).

To add a call
-------------
A part of a host may have an owner: an engine, firewalld, ufw, systemd, a ban list. A call is a command that asks the
owner for a change (ADR 0041). A cause proposes the call, or code that keeps a repair after a reboot. The call stands
in a ``Change``; the rest of this ``Change`` changes the host's model.

1. **The call** is a class in ``change/calls.py``, in a union of ``OwnersCall``. The type checkers then name five
   functions that need a case for it:
   - ``call_argv``, in the same file, returns the command.
   - ``reverse``, in the same file, returns the call that undoes it.
   - ``call_expects`` is in ``change/expected.py``. A new kind of expectation is a class of ``change/expect.py``.
   - ``_kind_of_call`` is in ``remedy/boot/lasting.py``.
   - ``_told``, in ``remedy/told.py``, gives the owner's files after the call. Events are simulated with these files.
2. **The type checkers do not name these places**, because each has a default.
   - ``deaf_owner`` in ``causes/deaf_owners.py``: whether the owner has to run for the call.
   - ``disrupts`` in ``change/calls.py``: whether the call ends connections: such a repair needs a choice.
   - ``_of_call`` in ``remedy/decisions.py``: whether the call undoes a person's decision.
   - ``apply/backups.py``, with ``written_paths`` as in ``change/firewalld.py``: whether the undo restores a file
     that the owner writes in its own format.
   - ``_OF_FIREWALL`` in ``apply/backups.py``: whether the rules are saved before the call.
   - ``call_text`` in ``change/commands/text.py``, ``carrying.py`` in the same folder: whether the command is typed or
     run in another way.
   - ``report/text/plan_text.py``: the sentence about what stays after the undo.
3. **What lasts**: ``lasting`` in ``remedy/boot/lasting.py`` returns the call among ``Lasting.calls``. Routes and
   addresses come from ``remedy/boot/network_configuration.py``. A file that the owner writes is read back in
   ``host/boot/``.
4. **Test the call**: add rows to ``tests/change/test_calls.py``, ``tests/change/test_expected.py`` and
   ``tests/remedy/test_told.py``. Add it to ``CALLS`` of ``tests/kernel/test_printed_commands.py`` (or to
   ``NOT_INSTALLED`` in that file) and to ``CALLS`` of ``tests/acceptance/test_rebooted_parts.py``. Add its kind to
   ``_COMMANDS`` of ``tests/reboot/parts.py``.
5. **Describe the call**: docs/changing.md says what hairpin may touch, and what it does not do yet.

To add a primitive
------------------
Add the kind to one of the unions of ``change/change.py``. The type checkers then name each function that must handle
the kind: its effect, its command, its undo, its probe, and the part that keeps it after a boot. If a comparison of two
networks has to find changes of this kind (for ``undo``, and for ``hairpin diff``), add the kind to
``change/difference.py``, and its words to ``compare/setting_words.py``.
"""
