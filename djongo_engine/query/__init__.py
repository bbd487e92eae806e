"""Django's query tree translated to MongoDB commands: what reads and writes documents.

Nothing here changes a collection's indexes or its options.
"""
