"""What clients saw: curl, ping, browsers, client libraries."""
