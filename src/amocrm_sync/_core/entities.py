"""What each entity's API allows, as one table: paths, filters, orders, deletion signals, and how it is synced.

The time-keyset pull needs ``filter[updated_at]`` *and* an order by it; few entities have both. So the strategy is
stated per entity here, next to the facts that decide it, and nowhere else.
"""

from __future__ import annotations

from enum import Enum

import attrs


class Strategy(Enum):
    """How an entity's changes are read."""

    KEYSET = "keyset"
    """Ascending ``updated_at``, each page starting at the last second seen: no page number over a moving key."""
    SLICE = "slice"
    """``filter[updated_at]`` without an order by it: id order within the slice, until two passes are equal."""
    LIST = "list"
    """The whole list every time, compared by hash."""
    RECEIVED = "received"
    """No list has it: what webhooks bring is kept as it came."""


class Deletion(Enum):
    """How one can learn that a row is gone."""

    TRASH = "trash"
    """``with=only_deleted`` lists it."""
    EVENTS = "events"
    """The events list has a ``*_deleted`` row."""
    WEBHOOK = "webhook"
    """A ``delete_*`` webhook says so."""
    ABSENCE = "absence"
    """It is missing from a complete list, and an answer about its id alone has it not either."""
    RECONCILE = "reconcile"
    """Nothing says so: only a full comparison, each missing id read again by itself, shows it."""
    NEVER = "never"
    """Nothing is taken back."""


@attrs.frozen(kw_only=True)
class Entity:
    """One entity of amoCRM, as the sync sees it.

    Attributes:
        name: Plural, as in the path and in ``SyncConfig.entities``.
        singular: The word of event names and of ``amo_<singular>_id`` columns.
        path: List path; ``{parent}`` where the entity lives under others.
        embedded: Key of the rows within ``_embedded``.
        strategy: How changes are read.
        parents: The kinds of parent, for an entity that is read under them (notes).
        within: The entity whose rows are its parents, where the account decides which there are (catalogs).
        page_limit: Most rows a page can have; ``None`` where the list has no pages.
        filters: Filters that the documentation lists.
        orders: Orders that the documentation lists.
        with_: What to ask for along with the rows.
        deletion: Signals of deletion, best first.
        writable: Fields that a local edit may change.
        creatable: Fields of a new row beyond the writable ones.
        children: Entity whose rows arrive within this one's (stages within pipelines).
        never_empty: Every account has some, so an empty list is a fault of the moment and deletes nothing.
        optional: Accounts may be without it: a refusal says that this one is, and is no failure.
    """

    name: str
    singular: str
    path: str
    embedded: str
    strategy: Strategy
    parents: tuple[str, ...] = ()
    within: Entity | None = None
    page_limit: int | None = 250
    filters: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    with_: tuple[str, ...] = ()
    deletion: tuple[Deletion, ...] = (Deletion.RECONCILE,)
    writable: frozenset[str] = frozenset()
    creatable: frozenset[str] = frozenset()
    children: str | None = None
    never_empty: bool = False
    optional: bool = False

    @property
    def has_trash(self) -> bool:
        """Whether deleted rows can be listed."""
        return Deletion.TRASH in self.deletion

    @property
    def can_be_swept(self) -> bool:
        """Whether the whole list can be read with pages in flight, and its completeness be proven."""
        return self.has_trash and "created_at" in self.filters and "id" in self.orders

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The lists that together hold every row: one, or one per kind of parent.

        None where nobody knows them beforehand: they are the rows of :attr:`within`, or there is no list at all.
        """
        if self.within is not None or self.strategy is Strategy.RECEIVED:
            return ()
        if not self.parents:
            return (Stream(self, None),)
        return tuple(Stream(self, parent) for parent in self.parents)


@attrs.frozen
class Stream:
    """One list of the API that is read with a cursor of its own."""

    entity: Entity
    parent: str | None

    @property
    def key(self) -> str:
        """The name of the cursor: ``leads``, ``notes:contacts``."""
        return self.entity.name if self.parent is None else f"{self.entity.name}:{self.parent}"

    @property
    def path(self) -> str:
        """The list's path."""
        return self.entity.path.format(parent=self.parent)

    def remote_id(self, row_id: object) -> str:
        """A row's id in our store. A note's address is its parent's kind and its id, so both are in it."""
        return str(row_id) if self.parent is None else f"{self.parent}:{row_id}"

    def wire_id(self, remote_id: str) -> int:
        """The number that the API knows the row by."""
        return int(remote_id.rpartition(":")[2])


_PEOPLE_FILTERS = frozenset(
    {"id", "name", "created_by", "updated_by", "responsible_user_id", "created_at", "updated_at"}
    | {"closest_task_at", "custom_fields_values"}
)
_PEOPLE_DELETION = (Deletion.TRASH, Deletion.WEBHOOK, Deletion.EVENTS)

PIPELINES = Entity(
    name="pipelines",
    singular="pipeline",
    path="/api/v4/leads/pipelines",
    embedded="pipelines",
    strategy=Strategy.LIST,
    page_limit=None,
    deletion=(Deletion.ABSENCE,),
    children="stages",
    never_empty=True,
)
STAGES = Entity(
    name="stages",
    singular="stage",
    path="/api/v4/leads/pipelines/{parent}/statuses",
    embedded="statuses",
    strategy=Strategy.LIST,
    page_limit=None,
    deletion=(Deletion.ABSENCE,),
)
USERS = Entity(
    name="users",
    singular="user",
    path="/api/v4/users",
    embedded="users",
    strategy=Strategy.LIST,
    never_empty=True,
    deletion=(Deletion.ABSENCE,),
)
ROLES = Entity(
    name="roles",
    singular="role",
    path="/api/v4/roles",
    embedded="roles",
    strategy=Strategy.LIST,
    deletion=(Deletion.ABSENCE,),
)
LEADS = Entity(
    name="leads",
    singular="lead",
    path="/api/v4/leads",
    embedded="leads",
    strategy=Strategy.KEYSET,
    filters=_PEOPLE_FILTERS | {"price", "statuses", "pipeline_id", "closed_at"},
    orders=frozenset({"created_at", "updated_at", "id"}),
    with_=("contacts", "loss_reason"),
    deletion=_PEOPLE_DELETION,
    writable=frozenset(
        {"name", "price", "status_id", "pipeline_id", "responsible_user_id", "loss_reason_id"}
        | {"custom_fields_values"}
    ),
    creatable=frozenset({"_embedded"}),
)
CONTACTS = Entity(
    name="contacts",
    singular="contact",
    path="/api/v4/contacts",
    embedded="contacts",
    strategy=Strategy.KEYSET,
    filters=_PEOPLE_FILTERS,
    orders=frozenset({"updated_at", "id"}),
    deletion=_PEOPLE_DELETION,
    writable=frozenset({"name", "first_name", "last_name", "responsible_user_id", "custom_fields_values"}),
)
COMPANIES = Entity(
    name="companies",
    singular="company",
    path="/api/v4/companies",
    embedded="companies",
    strategy=Strategy.KEYSET,
    filters=_PEOPLE_FILTERS,
    orders=frozenset({"updated_at", "id"}),
    deletion=_PEOPLE_DELETION,
    writable=frozenset({"name", "responsible_user_id", "custom_fields_values"}),
)
TASKS = Entity(
    name="tasks",
    singular="task",
    path="/api/v4/tasks",
    embedded="tasks",
    strategy=Strategy.SLICE,
    filters=frozenset(
        {"responsible_user_id", "is_completed", "task_type", "entity_type", "entity_id", "id", "updated_at"}
    ),
    orders=frozenset({"created_at", "complete_till", "id"}),
    deletion=(Deletion.WEBHOOK, Deletion.EVENTS, Deletion.RECONCILE),
    writable=frozenset(
        {"text", "complete_till", "task_type_id", "responsible_user_id", "is_completed", "duration", "result"}
    ),
    creatable=frozenset({"entity_id", "entity_uid", "entity_type"}),
)
NOTES = Entity(
    name="notes",
    singular="note",
    path="/api/v4/{parent}/notes",
    embedded="notes",
    strategy=Strategy.KEYSET,
    parents=("leads", "contacts", "companies"),
    filters=frozenset({"id", "note_type", "updated_at", "entity_id"}),
    orders=frozenset({"updated_at", "id"}),
    deletion=(Deletion.RECONCILE,),
)

CUSTOMERS = Entity(
    name="customers",
    singular="customer",
    path="/api/v4/customers",
    embedded="customers",
    strategy=Strategy.SLICE,
    filters=_PEOPLE_FILTERS | {"status_id", "next_price", "next_date"},
    orders=frozenset({"id"}),  # the official library sends it, the documentation is silent
    with_=("contacts", "companies"),
    deletion=(Deletion.WEBHOOK, Deletion.EVENTS, Deletion.RECONCILE),
    writable=frozenset(
        {"name", "next_price", "next_date", "status_id", "periodicity", "responsible_user_id"}
        | {"custom_fields_values"}
    ),
    creatable=frozenset({"_embedded"}),
    optional=True,
)
CATALOGS = Entity(
    name="catalogs",
    singular="catalog",
    path="/api/v4/catalogs",
    embedded="catalogs",
    strategy=Strategy.LIST,
)
"""Not kept: only asked for, to know where products are."""
PRODUCTS = Entity(
    name="products",
    singular="product",
    path="/api/v4/catalogs/{parent}/elements",
    embedded="elements",
    strategy=Strategy.LIST,
    within=CATALOGS,
    filters=frozenset({"id"}),
    deletion=(Deletion.WEBHOOK, Deletion.ABSENCE),
    optional=True,
)
COMMUNICATIONS = Entity(
    name="communications",
    singular="communication",
    path="",
    embedded="",
    strategy=Strategy.RECEIVED,
    page_limit=None,
    deletion=(Deletion.NEVER,),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        PIPELINES,
        STAGES,
        USERS,
        ROLES,
        CONTACTS,
        COMPANIES,
        LEADS,
        CUSTOMERS,
        PRODUCTS,
        TASKS,
        NOTES,
        COMMUNICATIONS,
    )
}
"""Every entity by name, parents before what refers to them."""

BY_SINGULAR: dict[str, Entity] = {entity.singular: entity for entity in ENTITIES.values()} | {
    "catalog_element": PRODUCTS
}
"""Every entity by what webhooks and events call one row of it."""

PRODUCT_CATALOGS = frozenset({"products", "regular"})
"""Types of catalogs whose elements are products; invoices and suppliers are something else."""

ALIASES = {"deals": "leads", "catalog_elements": "products"}
"""Names that hosts use for the same thing."""

SYNCED = tuple(name for name in ENTITIES if name != "stages")
"""What can be asked for in a pull; stages come with their pipelines."""


def entity_named(name: str) -> Entity:
    """The entity of that name.

    Raises:
        KeyError: The name is unknown; the message lists the known ones.
    """
    found = ENTITIES.get(ALIASES.get(name, name))
    if found is None:
        raise KeyError(f"unknown entity {name!r}; known are {', '.join(ENTITIES)}")
    return found


def stream_named(key: str) -> Stream:
    """The stream that a cursor or a hint names, e.g. ``notes:contacts``."""
    name, _, parent = key.partition(":")
    return Stream(entity_named(name), parent or None)
