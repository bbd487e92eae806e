"""What the service writes to its log, and in which form."""
