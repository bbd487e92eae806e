"""How every request is read and every answer is written, whatever it is about.

Nothing here knows an app: no import of items, accounts or health.
"""
