"""What was read, verbatim: its types, its one file format, its redaction, the hosts of one question together."""
