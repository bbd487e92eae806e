"""Whether the service can reach what it needs; open to everybody."""
