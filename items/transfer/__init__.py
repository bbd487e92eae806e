"""Items in files: CSV and NDJSON, read and written, for the API and the commands alike."""
