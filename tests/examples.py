"""An item as a client sends it, as MongoDB stores it, and as the API and its CSV show it."""

ID = "dbb86c27-2eed-410d-881e-ad47487dd228"
SENT = {"name": "Hammer", "category": "tools", "count": 20, "price": 9.99}
STORED = {"_id": ID, **SENT}
SHOWN = {"id": ID, **SENT}
CSV_HEADER = "id,name,category,count,price"
CSV_ROW = ",".join(map(str, SHOWN.values()))

OTHER_ID = "00000000-0000-4000-8000-000000000000"
OTHER = {"name": "Saw", "category": "consumables", "count": 3, "price": 12.5}
"""What a client sends of another item, which differs in every field."""
