"""What `make run` needs and a deployment does not: the embedded MongoDB and the local secrets.

Nothing that serves a request imports from here.
"""
