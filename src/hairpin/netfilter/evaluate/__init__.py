"""What rules make of a packet.

Read in this order: ``truth`` (three values), ``header`` and ``set_field`` (a packet's fields read and written),
``match`` (one match), ``index`` (a long chain's rules by what they ask for), ``chain`` (all chains of a hook).
"""
