"""Decides what rules do with a packet.

Read in this order: ``truth`` (three values), ``header`` and ``set_field`` (a packet's fields read and written),
``set_index`` (a long set's elements by value), ``bytecode`` (programs of classic BPF),
 ``match`` (one match), ``load`` (what only traffic decides), ``bound`` (the traffic below a limit),
``index`` (a long chain's rules by address and port), ``chain`` (a base chain's decision, and the places of its rules),
``traversal`` (one base chain over one packet). ``observation`` has the events for an observer.
"""
