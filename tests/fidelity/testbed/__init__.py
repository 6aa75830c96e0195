"""The running kernel's side of a case.

Read in this order: ``netns`` (namespaces held by file descriptors), ``frames`` and ``fragments`` (packets as bytes),
``listeners``, ``neighbours`` and ``programs`` (what a namespace has besides links, routes and rules), ``evidence`` (the
product's own readings of it), ``events`` (what became of a packet), ``transmissions`` (what a flow sends next), and
``ask``, which carries a whole case out.  ``capabilities``: what this kernel can do, asked before a case is made.
"""
