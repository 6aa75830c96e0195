"""One module for each family of outputs that people paste.  ``registry.py`` lists the forms."""
