"""Files that hang on cards and on elements of lists, and what a file hangs on."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import PLAIN, number
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, rows_of
from amocrm_sync.testing.emulator.state import CARDS, ELEMENTS
from amocrm_sync.testing.emulator.tables import Row, Span
from amocrm_sync.testing.emulator.visit import Route, Visit

_ACCEPTED: Final = Response(status=202)


def list_files(visit: Visit) -> Response:
    """Files of a card, the last linked first; the next page is asked for by ``before_id``."""
    node = _node(visit)
    size = visit.query.size(PLAIN)
    before = number(visit.query.values.get("before_id"))
    table = visit.state.entity_files
    span = Span(high=None if before is None else before - 1)
    rows = [table.rows[row_id] for row_id in table.walk("id", span, descending=True)]
    found = [row for row in rows if row["_node"] == node][: size + 1]
    if not found:
        raise NothingFound
    links = {"self": hal.link(f"{visit.request.origin}{visit.request.path}")}
    if len(found) > size:
        query = f"limit={size}&before_id={found[size - 1]['id']}"
        links["next"] = hal.link(f"{visit.request.origin}{visit.request.path}?{query}")
    shown = [{"file_uuid": row["file_uuid"], "id": row["id"]} for row in found[:size]]
    return hal.document({"_links": links, "_embedded": {"files": shown}})


def attach(visit: Visit) -> Response:
    """Hang files on a card; one that hangs there already stays."""
    node = _node(visit)
    for uuid in _uuids(visit):
        if _link(visit, node, uuid) is None:
            row_id = visit.state.next_id("entity_files")
            visit.state.entity_files.add({"id": row_id, "file_uuid": uuid, "_node": node})
    return _ACCEPTED


def detach(visit: Visit) -> Response:
    """Take files off a card; one that does not hang there is no error."""
    node = _node(visit)
    for uuid in _uuids(visit):
        link = _link(visit, node, uuid)
        if link is not None:
            visit.state.entity_files.drop(link["id"])
    return _ACCEPTED


def links_of_file(visit: Visit) -> Response:
    """The cards that a file hangs on, in old names of their fields. The page has no shape for elements of lists."""
    uuid = str(visit.params["uuid"])
    if uuid not in visit.state.drive.files:
        raise not_found("File not found")
    hung = [row["_node"] for row in visit.state.entity_files.all() if row["file_uuid"] == uuid]
    nodes = [node for node in hung if node[0] in CARDS]
    return hal.document({"file_uuid": uuid, "entities": [_entity(visit, *node) for node in nodes]})


def _node(visit: Visit) -> tuple[str, int]:
    entity = visit.entity
    row = visit.state.cards[entity if entity in CARDS else ELEMENTS].live(visit.id)
    if row is None or (entity not in CARDS and row["catalog_id"] != visit.params["catalog_id"]):
        raise not_found()
    return entity, visit.id


def _uuids(visit: Visit) -> list[str]:
    def check(body: Row) -> tuple[str, list[Fault]]:
        uuid = str(body.get("file_uuid"))
        known = uuid in visit.state.drive.files
        return uuid, [] if known else [Fault("NotSupportedChoice", "file_uuid")]

    return [uuid for _, uuid in checked(rows_of(visit.body, most=MAX_ITEMS), check)]


def _link(visit: Visit, node: tuple[str, int], uuid: str) -> Row | None:
    rows = visit.state.entity_files.all()
    return next((row for row in rows if row["_node"] == node and row["file_uuid"] == uuid), None)


def _entity(visit: Visit, entity: str, row_id: int) -> Row:
    row = visit.state.cards[entity].rows[row_id]
    shown = {
        "id": row_id,
        "name": row["name"],
        "created_by": row["created_by"],
        "main_user_id": row["responsible_user_id"],
        "date_create": row["created_at"],
        "date_update": row["updated_at"],
        "updated_by": row["updated_by"],
        "entity_type": entity,
    }
    if entity == "leads":
        shown |= {name: row[name] for name in ("price", "pipeline_id", "status_id", "closest_task_at")}
    return shown


_PATH: Final = "/api/v4/{entity}/{id}/files"
_ENTITIES: Final = (*CARDS, "catalogs/{catalog_id}")
ROUTES: Final = (
    Route("entity_files.list", "GET", _PATH, list_files, entities=_ENTITIES),
    Route("entity_files.attach", "PUT", _PATH, attach, entities=_ENTITIES),
    Route("entity_files.detach", "DELETE", _PATH, detach, entities=_ENTITIES),
    Route("files.links", "GET", "/api/v4/files/{uuid}/links", links_of_file),
)
