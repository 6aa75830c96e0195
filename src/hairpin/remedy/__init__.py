"""Makes a remedy from a proven cause: steps that repair now, and steps that keep the repair in the host's own way.

Read ``remedy`` (the type), ``plan`` (makes a remedy), ``in_turn`` (several remedies, one after another), ``boot/`` (the
steps that keep a repair).  ``averting``: the remedy of a cause that an event will bring.  ``under_events``: the events
that undo a remedy.  ``told``: the settings that the called owners keep, which later events use.  ``decisions``: the
decision that a remedy undoes.  ``stopped_by_person``: the signs that a person
stopped a container.
``decided_rules``: the signs that a person decided a rule.  ``ufw_typed``: the command of ufw with which a person made
a rule.  ``nearest_rule``: the allow rule that was meant.
``effects`` simulates a remedy on the ``known_flows`` of its host that have a changed element ``on_path``.
``effects`` returns values of the types in ``effect``.  ``diverted``: the flows that leave by another link.
"""
