"""Collections, indexes and migrations: what changes the shape of a database.

Nothing here reads or writes documents for a query.
"""
