"""Why tests of Django's fail on the engine: by what was raised, or found out for one test."""

UNKNOWN = "**unknown**"

RULES = [
    (r"NotSupportedError: djongo_engine does not translate (.*?)\. Use the", r"Refused: \1"),
    (r"NotSupportedError: (.*)", r"Refused by Django: \1"),
]

KNOWN = {}
