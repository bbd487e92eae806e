"""A Django database ENGINE over djongo that gives the right answer or refuses.

djongo's connection wrapper, storage layout (collections, `__schema__` counters) and
`DjongoManager` are kept. Its translation of SQL text is not used: Django's own query tree is
translated instead, so a construct is either known and translated, or refused by name with
`django.db.NotSupportedError` before anything is written. See docs/engine.md.
"""
