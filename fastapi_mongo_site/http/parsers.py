"""The JSON parser: strict, with decimal digits kept and duplicate keys refused."""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser


class JSONParser(BaseParser):
    """Parses RFC 8259 JSON in UTF-8; numbers with a fraction or an exponent become Decimal."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body of the request in the context.

        Raises UnsupportedMediaType for another type or charset, ParseError for anything that is not
        strict JSON, and RequestDataTooBig.
        """
        request: Any = (parser_context or {})["request"]
        bare_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if bare_type != self.media_type:
            # DRF lets `*/*` and `application/*` through.
            raise UnsupportedMediaType(bare_type)
        charset = request.content_params.get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(charset, f"JSON is in UTF-8, not in {charset}.")
        coding = request.META.get("HTTP_CONTENT_ENCODING", "identity")
        if coding.lower() != "identity":
            raise UnsupportedMediaType(coding, f"The body may not be encoded as {coding}.")
        # The body and not the stream, since Django's limit applies to the body alone.
        return parse_json(request.body)


def parse_json(text: bytes) -> Any:
    """Return what JSON text in UTF-8 says. Raises ParseError for anything that is not strict."""
    if text.startswith(BOM_UTF8):
        # RFC 8259 section 8.1
        raise ParseError("Not JSON: begins with a byte order mark (BOM).")
    try:
        parsed = _decoder.decode(text.decode("utf-8"))
        if b"\\u" in text:
            json.dumps(parsed, ensure_ascii=False, default=str).encode()
    except UnicodeDecodeError as error:
        raise ParseError(f"Not UTF-8: {error.reason}.") from error
    except UnicodeEncodeError as error:
        raise ParseError("A string holds half of a surrogate pair.") from error
    except RecursionError as error:
        raise ParseError("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise ParseError(f"Not JSON: {error}.") from error
    return parsed


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise ParseError(f"The number {digits[:50]} is out of all bounds.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key in times if times[key] > 1)
        raise ParseError(f"The key {json.dumps(twice)} is given twice.")
    return parsed


_decoder = json.JSONDecoder(
    parse_float=_decimal, parse_constant=_refuse_constant, object_pairs_hook=_object
)
