"""From a proven cause to its remedy: steps that repair now, and steps that keep the repair in the host's own way.

Read ``remedy`` (what it is), ``plan`` (makes it), ``in_turn`` (several, one after another), ``boot/`` (what keeps it).
``averting`` keeps away what an event would bring, ``under_events`` says which event undoes a remedy (``told``: what the
owners of the host keep of it).  ``decisions`` says whose decision a remedy undoes (``decided_rules``: what shows that
somebody decided one).  ``effects`` holds a remedy against the ``known_flows`` of its host that have a changed element
``on_path``; ``effect`` is what it finds.
"""
