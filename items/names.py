"""When two names are one to the API."""


def name_key(name: str) -> str:
    """Return what names have in common that differ in case alone.

    That is Unicode's simple case folding, as a pattern of MongoDB with the option `i` compares: one
    character with one, so that `ß` is not `ss`. Python's `casefold` is the full one.
    """
    return "".join(map(_folded, name))


def _folded(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character
