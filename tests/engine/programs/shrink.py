"""Makes a failing program small: what can go without the failure going too, goes."""

import ast
import copy
from collections.abc import Callable, Iterator
from itertools import islice

from tests.engine.programs.rows import Rows

Statements = tuple[str, ...]
Fails = Callable[[Statements, Rows], bool]
RUNS_AT_MOST = 400


def shrink(statements: Statements, rows: Rows, fails: Fails) -> tuple[Statements, Rows]:
    """Return fewer and shorter statements over fewer rows, which still fail."""
    left = RUNS_AT_MOST
    while left > 0:
        for candidate in islice(_smaller(statements, rows), left):
            left -= 1
            if fails(*candidate):
                statements, rows = candidate
                break
        else:
            break
    return statements, rows


def _smaller(statements: Statements, rows: Rows) -> Iterator[tuple[Statements, Rows]]:
    for position in range(len(statements)):
        if len(statements) > 1:
            yield (*statements[:position], *statements[position + 1 :]), rows
    for table, held in rows.items():
        if len(held) > 1:
            yield statements, {**rows, table: []}
    for position, statement in enumerate(statements):
        for text in shorter(statement):
            yield (*statements[:position], text, *statements[position + 1 :]), rows
    for table, held in rows.items():
        for number in range(len(held)):
            yield statements, {**rows, table: [*held[:number], *held[number + 1 :]]}
    for table, held in rows.items():
        for number, row in enumerate(held):
            for column in row:
                if column == "id":
                    continue
                less = {name: other for name, other in row.items() if name != column}
                yield statements, {**rows, table: [*held[:number], less, *held[number + 1 :]]}


def shorter(text: str) -> Iterator[str]:
    """Yield the statement without one of its parts, those without the largest first."""
    tree = ast.parse(text, mode="eval")
    found = []
    for index, node in enumerate(ast.walk(tree)):
        for way in range(_ways(node)):
            changed = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(changed)) if i == index)
            found.append(ast.unparse(_Without(target, way).visit(changed)))
    yield from sorted({other for other in found if other != text}, key=len)


def _ways(node: ast.AST) -> int:
    """The number of ways to shorten a node."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) + len(node.args) + len(node.keywords)
    if isinstance(node, ast.BinOp):
        return 2
    if isinstance(node, (ast.UnaryOp, ast.Subscript)):
        return 1
    if isinstance(node, (ast.List, ast.Tuple)):
        return len(node.elts)
    return 0


class _Without(ast.NodeTransformer):
    """Shortens one node in one of its ways."""

    def __init__(self, target: ast.AST, way: int) -> None:
        self.target = target
        self.way = way

    def visit(self, node: ast.AST) -> ast.AST:
        return self._shortened(node) if node is self.target else self.generic_visit(node)

    def _shortened(self, node: ast.AST) -> ast.AST:
        way = self.way
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                if not way:
                    return node.func.value
                way -= 1
            if way < len(node.args):
                del node.args[way]
            else:
                del node.keywords[way - len(node.args)]
        elif isinstance(node, ast.BinOp):
            return (node.left, node.right)[way]
        elif isinstance(node, ast.UnaryOp):
            return node.operand
        elif isinstance(node, ast.Subscript):
            return node.value
        elif isinstance(node, (ast.List, ast.Tuple)):
            del node.elts[way]
        return node
