"""What the service's code can print or log for an operator, found in its source."""

import ast
import re
from collections.abc import Iterator

from tests.support.service import PROJECT

PACKAGES = ("accounts", "djongo_engine", "fastapi_mongo_site", "health", "items", "stock")
LEVELS = {"warning", "error", "exception", "critical"}
ERRORS = {"CommandError", "EmbeddedMongoError", "LockLostError", "NoFileError", "RotationError"}


def text_of(node: ast.expr) -> list[str]:
    """The constant parts of a text, where % or a brace puts in what differs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.split(r"%\.?\d*[sdf]", node.value)
    if isinstance(node, ast.JoinedStr):
        return [part for value in node.values for part in text_of(value)]
    return []


def is_message(call: ast.Call) -> bool:
    """Tell whether a call logs a warning or an error, or makes an error that a command prints."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr in LEVELS and ast.unparse(function.value) == "logger"
    return isinstance(function, ast.Name) and function.id in ERRORS


def messages() -> Iterator[tuple[str, str]]:
    """Each place, and the longest sentence, or part of one, that its message always has."""
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and node.args and is_message(node):
                    text = "\n".join(text_of(node.args[0]))
                    part = max(re.split(r"[.:] |\n", text), key=len).strip(" .:")
                    if len(part) > 3:
                        yield f"{path.relative_to(PROJECT)}:{node.lineno}", part


def checks() -> set[str]:
    """The names of the project's system checks."""
    found = set()
    for package in PACKAGES:
        for path in (PROJECT / package).rglob("checks.py"):
            label = "site" if package == "fastapi_mongo_site" else package
            codes = re.findall(r'"(?:\w+\.)?([EW]\d{3})"', path.read_text())
            found |= {f"{label}.{code}" for code in codes}
    return found
