"""The original's eight operations as FastAPI's documentation writes them today: pydantic 2."""

import os
import secrets
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import UUID4, BaseModel, ConfigDict, Field
from pymongo.errors import DuplicateKeyError, PyMongoError

SERVICE = {"name": os.environ["NAME"], "version": os.environ["VERSION"]}

database = AsyncIOMotorClient(os.environ["MONGO_URL"])[os.environ["MONGO_DB"]]
items = database["items"]


class Category(StrEnum):
    """What an item is."""

    TOOLS = "tools"
    CONSUMABLES = "consumables"


Name = Annotated[str, Field(min_length=1, max_length=8)]
Count = Annotated[int, Field(ge=0)]
Price = Annotated[float, Field(gt=0)]


class Item(BaseModel):
    """An item in stock, with MongoDB's `_id` as its `id`."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID4 = Field(alias="_id")
    name: Name
    category: Category
    count: Count
    price: Price


class Query(BaseModel):
    """What was asked for."""

    name: Name | None = None
    count: Count | None = None
    price: Price | None = None
    category: Category | None = None


class Selection(BaseModel):
    """What was asked for, and what was found."""

    query: Query
    selection: list[Item]


class Resource(BaseModel):
    """Something that the service needs."""

    name: str
    status: bool


class Health(BaseModel):
    """The service, and what it needs."""

    status: bool
    name: str
    version: str
    resources: list[Resource]


def check_credentials(given: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> None:
    """Answer 401 unless these are the service user's."""
    right_name = secrets.compare_digest(given.username, os.environ["SERVICE_USER"])
    right_password = secrets.compare_digest(given.password, os.environ["SERVICE_PWD"])
    if not (right_name and right_password):
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Basic"})


app = FastAPI()
router = APIRouter(prefix="/v1/items", dependencies=[Depends(check_credentials)])


@app.get("/")
async def start() -> dict[str, str]:
    """Return name and version."""
    return {"message": f"You are visiting: {SERVICE['name']} v{SERVICE['version']}"}


@app.get("/health", response_model=Health)
async def health() -> Any:
    """Tell whether MongoDB answers."""
    try:
        await database.command("ping")
        status = True
    except PyMongoError:
        status = False
    report = Health(status=status, **SERVICE, resources=[Resource(name="MongoDb", status=status)])
    return report if status else JSONResponse(report.model_dump(mode="json"), 500)


@router.post("", status_code=201, response_model=Item, response_model_by_alias=False)
async def create_item(item: Item) -> Item:
    """Store an item."""
    try:
        await items.insert_one(item.model_dump(mode="json", by_alias=True))
    except DuplicateKeyError as error:
        where = f"{database.name}.{items.name}"
        raise HTTPException(409, f"Item with id='{item.id}' already exists in {where}") from error
    return item


@router.get("", response_model=list[Item], response_model_by_alias=False)
async def every_item() -> list[dict[str, Any]]:
    """Return every item."""
    return await items.find().to_list(None)


@router.get("/", response_model=Selection, response_model_by_alias=False)
async def select_items(query: Annotated[Query, Depends()]) -> dict[str, Any]:
    """Return the items that have every given value."""
    given = query.model_dump(mode="json", exclude_none=True)
    if not given:
        raise HTTPException(400, "No query values provided in query URL")
    return {"query": query, "selection": await items.find(given).to_list(None)}


@router.get("/{id}", response_model=Item, response_model_by_alias=False)
async def one_item(id: UUID4) -> dict[str, Any]:
    """Return one item."""
    return found(await items.find_one({"_id": str(id)}))


@router.put("/{id}", response_model=Item, response_model_by_alias=False)
async def update_item(
    id: UUID4, name: Name | None = None, count: Count | None = None, price: Price | None = None
) -> dict[str, Any]:
    """Change the given values."""
    given = {"name": name, "count": count, "price": price}
    values = {field: value for field, value in given.items() if value is not None}
    if not values:
        raise HTTPException(400, "No query values provided in update URL")
    # Not find_one_and_update: the embedded server reads the whole collection for that.
    await items.update_one({"_id": str(id)}, {"$set": values})
    return found(await items.find_one({"_id": str(id)}))


@router.delete("/{id}", status_code=204)
async def delete_item(id: UUID4) -> Response:
    """Delete an item."""
    result = await items.delete_one({"_id": str(id)})
    if not result.deleted_count:
        found(None)
    return Response(status_code=204)


def found(document: dict[str, Any] | None) -> dict[str, Any]:
    """Answer 404 when there is no document."""
    if document is None:
        raise HTTPException(404, "No such item")
    return document


app.include_router(router)
