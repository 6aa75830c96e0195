"""The law of what was not read: no command calls fine what a missing reading may decide, and none is alarmed by a
reading that decides nothing for it.

``table`` says by hand which reading decides what each command says, ``dropping`` takes readings from recorded hosts,
``telling`` asks the commands, ``law`` holds what they say.  ``python -m tests.unread`` tries many; CI has a few.
"""
