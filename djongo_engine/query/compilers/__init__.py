"""The SQL compilers, under the names by which Django looks for them.

Django picks one for each kind of statement (`DatabaseOperations.compiler_module`) and calls its
`execute_sql()`. They translate Django's query tree to MongoDB commands and run them; no SQL text
is made on the way.
"""

from djongo_engine.query.compilers.delete import SQLDeleteCompiler
from djongo_engine.query.compilers.insert import SQLInsertCompiler
from djongo_engine.query.compilers.select import SQLAggregateCompiler, SQLCompiler
from djongo_engine.query.compilers.update import SQLUpdateCompiler

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]
