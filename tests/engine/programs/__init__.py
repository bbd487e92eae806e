"""Random programs of the ORM, which both databases run: `make probes`.

A program is one or more statements, each the text of an expression over `t`, the tables of one
database: `t.books.filter(Q(reviews__stars=5)).count()`. A seed grows the same programs each time.
"""
