"""What OpenAPI says of the items API: arguments, bodies, answers and examples.

Nothing here decides what the API does.
"""
