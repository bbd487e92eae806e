"""The original's eight operations on its stack of 2023: pydantic 1, motor, a model per answer."""

import os
import secrets
from enum import Enum
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import UUID4, BaseModel, Field
from pymongo.errors import DuplicateKeyError, PyMongoError

SERVICE = {"name": os.environ["NAME"], "version": os.environ["VERSION"]}

database = AsyncIOMotorClient(os.environ["MONGO_URL"])[os.environ["MONGO_DB"]]
items = database["items"]


class Category(str, Enum):  # noqa: UP042, pydantic 1 knows no StrEnum
    """What an item is."""

    TOOLS = "tools"
    CONSUMABLES = "consumables"


class Item(BaseModel):
    """An item in stock."""

    id: UUID4
    name: str = Field(min_length=1, max_length=8)
    category: Category
    count: int = Field(ge=0)
    price: float = Field(gt=0)

    @classmethod
    def from_mongo(cls, document: dict[str, Any]) -> "Item":
        """Return the item of a document."""
        return cls(id=document.pop("_id"), **document)

    def to_mongo(self) -> dict[str, Any]:
        """Return the document of the item."""
        values = self.dict(exclude={"id"})
        return {"_id": str(self.id), **values, "category": self.category.value}


class QueryArguments(BaseModel):
    """What was asked for."""

    name: str | None
    count: int | None
    price: float | None
    category: Category | None


class Selection(BaseModel):
    """What was asked for, and what was found."""

    query: QueryArguments
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


def check_credentials(given: HTTPBasicCredentials = Depends(HTTPBasic())) -> None:  # noqa: B008
    """Answer 401 unless these are the service user's."""
    right_password = secrets.compare_digest(given.password, os.environ["SERVICE_PWD"])
    right_name = secrets.compare_digest(given.username, os.environ["SERVICE_USER"])
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
    report = Health(status=status, resources=[Resource(name="MongoDb", status=status)], **SERVICE)
    return report if status else JSONResponse(report.dict(), 500)


@router.post("", status_code=201, response_model=Item)
async def create_item(item: Item) -> Item:
    """Store an item."""
    try:
        await items.insert_one(item.to_mongo())
    except DuplicateKeyError as error:
        where = f"{database.name}.{items.name}"
        raise HTTPException(409, f"Item with id='{item.id}' already exists in {where}") from error
    return item


@router.get("", response_model=list[Item])
async def every_item() -> list[Item]:
    """Return every item."""
    return [Item.from_mongo(document) async for document in items.find()]


@router.get("/", response_model=Selection)
async def select_items(
    name: str | None = Query(None, min_length=1, max_length=8),
    count: int | None = Query(None, ge=0),
    price: float | None = Query(None, gt=0),
    category: Category | None = None,
) -> Selection:
    """Return the items that have every given value."""
    query = QueryArguments(name=name, count=count, price=price, category=category)
    given = query.dict(exclude_none=True)
    if not given:
        raise HTTPException(400, "No query values provided in query URL")
    found = [Item.from_mongo(document) async for document in items.find(given)]
    return Selection(query=query, selection=found)


@router.get("/{id}", response_model=Item)
async def one_item(id: UUID4) -> Item:
    """Return one item."""
    return await read(id)


@router.put("/{id}", response_model=Item)
async def update_item(
    id: UUID4,
    name: str | None = Query(None, min_length=1, max_length=8),
    count: int | None = Query(None, ge=0),
    price: float | None = Query(None, gt=0),
) -> Item:
    """Change the given values."""
    given = {"name": name, "count": count, "price": price}
    values = {field: value for field, value in given.items() if value is not None}
    if not values:
        raise HTTPException(400, "No query values provided in update URL")
    await items.update_one({"_id": str(id)}, {"$set": values})
    return await read(id)


@router.delete("/{id}", status_code=204)
async def delete_item(id: UUID4) -> Response:
    """Delete an item."""
    result = await items.delete_one({"_id": str(id)})
    if not result.deleted_count:
        raise HTTPException(404, "No such item")
    return Response(status_code=204)


async def read(id: UUID4) -> Item:
    """Return the item; answer 404 when there is none."""
    document = await items.find_one({"_id": str(id)})
    if document is None:
        raise HTTPException(404, "No such item")
    return Item.from_mongo(document)


app.include_router(router)
