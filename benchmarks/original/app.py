"""A FastAPI service of the original's kind: motor, pydantic models, HTTP Basic."""

import os
import secrets
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import UUID4, BaseModel, ConfigDict, Field
from pymongo.errors import DuplicateKeyError


class Category(StrEnum):
    """What an item is."""

    TOOLS = "tools"
    CONSUMABLES = "consumables"


class Item(BaseModel):
    """An item in stock."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID4 = Field(alias="_id")
    name: str = Field(min_length=1, max_length=8)
    category: Category
    count: int = Field(ge=0)
    price: float = Field(gt=0)


def check_credentials(given: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> None:
    """Answer 401 unless these are the service user's."""
    right_name = secrets.compare_digest(given.username, os.environ["SERVICE_USER"])
    right_password = secrets.compare_digest(given.password, os.environ["SERVICE_PWD"])
    if not (right_name and right_password):
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Basic"})


app = FastAPI(dependencies=[Depends(check_credentials)])
items = AsyncIOMotorClient(os.environ["MONGO_URL"])[os.environ["MONGO_DB"]]["items"]


@app.get("/v1/items", response_model=list[Item], response_model_by_alias=False)
async def every_item() -> list[dict[str, Any]]:
    """Return every item."""
    return [document async for document in items.find()]


@app.get("/v1/items/{id}", response_model=Item, response_model_by_alias=False)
async def one_item(id: UUID4) -> dict[str, Any]:
    """Return one item."""
    return found(await items.find_one({"_id": str(id)}))


@app.post("/v1/items", status_code=201, response_model=Item, response_model_by_alias=False)
async def create_item(item: Item) -> Item:
    """Store an item."""
    try:
        await items.insert_one(item.model_dump(mode="json", by_alias=True))
    except DuplicateKeyError as error:
        raise HTTPException(409, f"Item with id='{item.id}' already exists") from error
    return item


@app.put("/v1/items/{id}", response_model=Item, response_model_by_alias=False)
async def update_item(id: UUID4, count: Annotated[int, Field(ge=0)]) -> dict[str, Any]:
    """Change the count."""
    # The embedded server reads the whole collection for a find_one_and_update.
    await items.update_one({"_id": str(id)}, {"$set": {"count": count}})
    return found(await items.find_one({"_id": str(id)}))


def found(document: dict[str, Any] | None) -> dict[str, Any]:
    """Answer 404 when there is no document."""
    if document is None:
        raise HTTPException(404, "No such item")
    return document
