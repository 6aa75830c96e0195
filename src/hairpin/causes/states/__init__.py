"""States of an engine or a container that are faults.  A reading of the host shows such a state, often before any
packet is lost.

A state is asked only about a host with one of its signs (``STATES`` of ``causes/signs.py``), and otherwise not loaded.

Some of these states keep an engine from making its rules, or have removed the rules.  Rules that were lost in this way
follow from the state.  ``_start_words`` finds the cause that an engine's error text means, and why dockerd does not
run.  ``_kernel_parts`` finds missing kernel features.  ``_on_bridge`` finds the namespaces behind a bridge's ports.
"""
