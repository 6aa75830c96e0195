"""A rule translates the packet wrongly, keeps another rule from translating it, or is missing on purpose.

``_translation`` finds the rule that translated a packet's destination.

"""
