"""What the operations of the items API have in common: an example, errors, headers, conditions."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    inline_serializer,
)
from rest_framework import serializers

from items.documents import FIELDS
from items.limits import PRICE_LIMIT_EURO
from items.serializers import ItemSerializer

ITEM = {
    "id": "dbb86c27-2eed-410d-881e-ad47487dd228",
    "name": "Hammer",
    "category": "tools",
    "count": 20,
    "price": 9.99,
}
BODY = {name: ITEM[name] for name in FIELDS}


class Detail(serializers.Serializer[Any]):
    """What went wrong, in a sentence."""

    detail = serializers.CharField()


Invalid = inline_serializer(
    "Invalid",
    {
        "detail": serializers.CharField(),
        "errors": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()),
            required=False,
            help_text="The messages for each field or argument at fault.",
        ),
    },
)


def answer(serializer: Any, description: str, example: Any) -> OpenApiResponse:
    """Return an answer with its example."""
    examples = [OpenApiExample(description, value=example, response_only=True)]
    return OpenApiResponse(serializer, description=description, examples=examples)


def problem(sentence: str) -> OpenApiResponse:
    """Return an error with a sentence alone."""
    return answer(Detail, sentence, {"detail": sentence})


def invalid(**errors: str) -> OpenApiResponse:
    """Return the answer to a request that does not validate."""
    messages = {name: [message] for name, message in errors.items()}
    return answer(
        Invalid, "Not valid", {"detail": f"Not valid: {', '.join(errors)}.", "errors": messages}
    )


NAMESPACE = "api_db.items"
ITEM_ANSWER = answer(ItemSerializer, "The item", ITEM)
BAD_PRICE = f"Must be greater than 0 and less than {PRICE_LIMIT_EURO}."
NO_ITEM = f"Item with id='{ITEM['id']}' not found in {NAMESPACE}"
TAKEN = f"Item with id='{ITEM['id']}' already exists in {NAMESPACE}"
NOT_FOUND = problem(NO_ITEM)
NOT_JSON = problem('Unsupported media type "text/plain" in request.')
COMMON: dict[int, OpenApiResponse] = {
    401: answer(
        Detail,
        "Credentials are missing, or the user name or the password is wrong",
        {"detail": "Incorrect username or password"},
    ),
    503: problem("The database does not answer. Try again later."),
}
ID = OpenApiParameter(
    "id",
    str,
    OpenApiParameter.PATH,
    description="A UUID in any of its spellings.",
    examples=[OpenApiExample("A hammer", ITEM["id"])],
)

TAG = '"5bd8a5cd4fa3f0a5a0c9d8aa3a2bd1c0"'
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 304],
    description="A hash of the stored item in double quotes; it changes with the item. "
    "Only JSON has it.",
    examples=[OpenApiExample("Of the item", TAG)],
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="Do it only while the item has one of these ETags; `*` for any item.",
    examples=[OpenApiExample("As it was read", TAG)],
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Do it only while the item has none of these ETags; a read answers 304.",
    examples=[OpenApiExample("As it was read", TAG)],
)
CONDITIONS = [IF_MATCH, IF_NONE_MATCH]
CHANGED = problem("The item is not, or no longer, the one that the condition asks for.")
BAD_CONDITION = invalid(**{"If-Match": 'Must be "*" or a list of ETags in double quotes.'})
