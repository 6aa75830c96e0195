"""Mistakes that are planted into the walk, to see that the hunt finds each of them.

Read in this order: ``catalogue`` (the mistakes, as edits of source text), ``planted`` (a copy of the package with one
mistake), ``judging`` (the process that imports the copy), ``search`` (how many packets until a mistake is found).
"""
