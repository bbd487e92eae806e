"""A Django database ENGINE over djongo that gives the right answer or refuses.

It keeps djongo's connection wrapper, storage layout (collections, `__schema__` counters) and
`DjongoManager`. Instead of SQL text it translates Django's own query tree: a construct is either
known and translated, or refused by name with `django.db.NotSupportedError` before anything is
written. See README.md in this folder. Nothing here imports the project.
"""
