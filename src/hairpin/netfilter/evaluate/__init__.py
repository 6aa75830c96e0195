"""What rules make of a packet.

Read in this order: ``truth`` (three values), ``header`` and ``set_field`` (a packet's fields read and written),
``match`` (one match), ``index`` (a long chain's rules by what they ask for), ``chain`` (what a base chain decides, and
where its rules stand), ``traversal`` (one base chain over one packet).  ``observation``: what an observer learns of it.
"""
