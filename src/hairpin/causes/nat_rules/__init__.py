"""A rule translates the packet wrongly, or keeps another rule from translating it.

``_translation`` finds the rule that translated a packet's destination.
``_transparent`` tells what a rule with TPROXY lacks.
"""
