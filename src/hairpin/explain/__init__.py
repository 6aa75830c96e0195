"""What an error text or a log line means, and whether it is true on this host now.  Pure."""
