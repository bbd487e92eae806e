"""The Django project: what makes one service of the apps.

What every request needs is in `http`, what shows the API in `docs`, what only a local run needs in
`local`. What is about one resource belongs to its app.
"""

__version__ = "1.0.0"
