"""The service user: its model, Basic authentication, and the command that seeds it."""
