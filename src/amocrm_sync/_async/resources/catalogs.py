"""Lists (catalogs), their elements, and the products switch: ``/api/v4/catalogs``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from amocrm_sync._async.pager import AsyncPager
from amocrm_sync._async.resources._base import AsyncCore, AsyncReadMany, AsyncResource
from amocrm_sync._async.resources._entity_files import AsyncEntityFiles
from amocrm_sync._async.resources._links import AsyncLinked
from amocrm_sync._async.resources._parts import AsyncCustomFields
from amocrm_sync._async.resources._writing import AsyncCreatable, AsyncUpdateMany
from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.linking import Target
from amocrm_sync._core.payloads import embedded, number
from amocrm_sync._core.shapes import as_object
from amocrm_sync.errors import NotFoundError
from amocrm_sync.models import Catalog, CatalogElement, Link, ProductsSettings
from amocrm_sync.models.page import parse_rows


class _ElementsOf(
    AsyncReadMany[CatalogElement],
    AsyncCreatable[CatalogElement],
    AsyncUpdateMany[CatalogElement],
    AsyncLinked[CatalogElement],
):
    """Elements of one list."""

    key = "elements"
    model = CatalogElement

    def __init__(self, core: AsyncCore, catalog_id: int) -> None:
        super().__init__(core)
        self.path = f"/api/v4/catalogs/{number(catalog_id)}/elements"
        self._template = "/api/v4/catalogs/{catalog_id}/elements"
        self.entity = f"catalogs/{number(catalog_id)}"


class AsyncCatalogElements(AsyncResource[CatalogElement]):
    """Elements of lists; each call names its list first. There is no way to delete one by API."""

    path = "/api/v4/catalogs"
    key = "elements"
    model = CatalogElement
    with_values = ("invoice_link", "supplier_field_values")

    def list(
        self,
        catalog_id: int,
        /,
        *,
        filter: AnyFilter | None = None,
        with_: Sequence[str] | str = (),
        query: str | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> AsyncPager[CatalogElement]:
        """The elements, lazily. The API page has a filter by id and no order."""
        return self._of(catalog_id).list(filter=filter, with_=with_, query=query, limit=limit, page=page)

    async def get(self, catalog_id: int, id: int, *, with_: Sequence[str] | str = ()) -> CatalogElement:
        """One element.

        Raises:
            NotFoundError: There is none with this id in this list.
        """
        return await self._of(catalog_id).get(id, with_=with_)

    async def get_or_none(
        self, catalog_id: int, id: int, *, with_: Sequence[str] | str = ()
    ) -> CatalogElement | None:
        """One element, or ``None`` where there is none with this id."""
        return await self._of(catalog_id).get_or_none(id, with_=with_)

    async def get_many(
        self, catalog_id: int, ids: Iterable[int], *, with_: Sequence[str] | str = ()
    ) -> dict[int, CatalogElement]:
        """Elements by id, 250 a request; ids that do not exist are absent from the answer."""
        return await self._of(catalog_id).get_many(ids, with_=with_)

    async def create(
        self, catalog_id: int, item: CatalogElement | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> CatalogElement:
        """Add an element; the API needs ``name``."""
        return await self._of(catalog_id).create(item, **fields)

    async def create_many(
        self,
        catalog_id: int,
        items: Iterable[CatalogElement | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
    ) -> BatchResult[CatalogElement]:
        """Add many elements."""
        return await self._of(catalog_id).create_many(items, batch_size=batch_size)

    async def update(
        self, catalog_id: int, item: CatalogElement | Mapping[str, Any] | int, /, **fields: Any
    ) -> CatalogElement:
        """Change an element; only what changed is sent."""
        return await self._of(catalog_id).update(item, **fields)

    async def update_many(
        self,
        catalog_id: int,
        items: Iterable[CatalogElement | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
    ) -> BatchResult[CatalogElement]:
        """Change many elements."""
        return await self._of(catalog_id).update_many(items, batch_size=batch_size)

    async def link(self, catalog_id: int, id: int, to: Target | Iterable[Target]) -> Sequence[Link]:
        """Link an element to leads or customers.

        Known from the official PHP SDK only; the API page links from the other side:
        ``leads.link(lead_id, ("catalog_elements", id), catalog_id=…, quantity=…)``.
        """
        return await self._of(catalog_id).link(id, to)

    async def unlink(self, catalog_id: int, id: int, to: Target | Iterable[Target]) -> None:
        """Remove links of an element (known from the official PHP SDK only)."""
        await self._of(catalog_id).unlink(id, to)

    async def links(self, catalog_id: int, id: int, *, filter: AnyFilter | None = None) -> Sequence[Link]:
        """What an element is linked to (known from the official PHP SDK only)."""
        return await self._of(catalog_id).links(id, filter=filter)

    def files(self, catalog_id: int) -> AsyncEntityFiles:
        """Files of the elements of one list: ``catalogs.elements.files(5).list(element_id)``.

        Doubtful: known from the official PHP SDK only; the API page names leads, contacts, companies and customers.
        """
        return AsyncEntityFiles(
            self._core, f"/api/v4/catalogs/{number(catalog_id)}", "/api/v4/catalogs/{catalog_id}"
        )

    def _of(self, catalog_id: int) -> _ElementsOf:
        return _ElementsOf(self._core, catalog_id)


class AsyncCatalogs(AsyncCreatable[Catalog], AsyncUpdateMany[Catalog]):
    """Lists of the account."""

    path = "/api/v4/catalogs"
    key = "catalogs"
    model = Catalog

    def list(
        self, *, filter: AnyFilter | None = None, limit: int | None = None, page: int = 1
    ) -> AsyncPager[Catalog]:
        """The lists; ``CatalogFilter(type="products")`` is known from the official PHP SDK only."""
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, filter=filter, limit=limit, page=page)

    async def get(self, id: int) -> Catalog:
        """One list.

        Raises:
            NotFoundError: There is none with this id.
        """
        return await self._get(f"{self.path}/{number(id)}", f"{self.path}/{{id}}", ())

    async def get_or_none(self, id: int) -> Catalog | None:
        """One list, or ``None`` where there is none with this id."""
        try:
            return await self.get(id)
        except NotFoundError:
            return None

    async def delete(self, id: int) -> None:
        """Delete a list with its elements. Only the v2 API can do it: this is ``change_v2(delete=[id])``."""
        await self.change_v2(delete=[id])

    async def list_v2(self, id: int | None = None) -> Sequence[Catalog]:
        """Lists as the v2 API shows them, with fewer fields. Documented, but :meth:`list` serves the same."""
        path = "/api/v2/catalogs"
        data = await self._command("GET", path, path, query="" if id is None else f"id={number(id)}")
        return parse_rows(embedded(data, "items"), Catalog, strict=self._core.strict)

    async def change_v2(
        self,
        *,
        add: Iterable[Mapping[str, Any]] = (),
        update: Iterable[Mapping[str, Any]] = (),
        delete: Iterable[int] = (),
    ) -> Sequence[Catalog]:
        """Add, change and delete lists in one request of the v2 API; records with their ids come back."""
        parts: dict[str, list[Any]] = {
            "add": [dict(item) for item in add],
            "update": [dict(item) for item in update],
            "delete": [number(key) for key in delete],
        }
        path = "/api/v2/catalogs"
        data = await self._command("POST", path, path, {name: part for name, part in parts.items() if part})
        return parse_rows(embedded(data, "items"), Catalog, strict=self._core.strict)

    @cached_property
    def elements(self) -> AsyncCatalogElements:
        """Elements, by list."""
        return AsyncCatalogElements(self._core)

    def custom_fields(self, catalog_id: int) -> AsyncCustomFields:
        """Definitions of the custom fields of one list: ``catalogs.custom_fields(5).list()``."""
        return AsyncCustomFields(self._core, f"catalogs/{number(catalog_id)}", "catalogs/{catalog_id}")


class AsyncProducts(AsyncResource[ProductsSettings]):
    """Whether the account has products. Their elements are in the list of type ``products``."""

    path = "/api/v4/catalogs/products/settings"
    key = "settings"
    model = ProductsSettings

    async def get_settings(self) -> ProductsSettings:
        """Whether products are on (known from the official PHP SDK; the API page names the v2 address only)."""
        return await self._get(self.path, self.path, ())

    async def update_settings(self, *, is_enabled: bool) -> ProductsSettings:
        """Switch products on or off (known from the official PHP SDK; the API page names the v2 address only)."""
        return await self._one("PATCH", self.path, self.path, {"is_enabled": is_enabled})

    async def get_settings_v2(self) -> ProductsSettings:
        """Whether products are on, and which list they are in: the documented way."""
        path = "/api/v2/products_settings"
        return await self._get(path, path, ())

    async def update_settings_v2(self, *, is_enabled: bool) -> ProductsSettings:
        """Switch products on or off; the list is made when it is needed. The documented way.

        The page's table calls the key ``enable``, its example sends ``enabled``, as other clients do; so does this.
        """
        path = "/api/v2/products_settings"
        body = {"enabled": is_enabled}
        answer = as_object(await self._command("POST", path, path, body))
        return parse_rows([answer], ProductsSettings, strict=self._core.strict)[0]
