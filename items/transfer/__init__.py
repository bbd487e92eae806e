"""Items in files, CSV and NDJSON: one reader, one writer, the import, and the API's export.

What the commands ask and print stays with the commands.
"""
