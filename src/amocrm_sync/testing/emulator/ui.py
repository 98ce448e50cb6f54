"""What people do in amoCRM's own pages, where there is no API for it or where it should look like them."""

from __future__ import annotations

from typing import Any

from amocrm_sync.testing.emulator.changes import Changes
from amocrm_sync.testing.emulator.rules.cards import draft
from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row


class UI:
    """A person at the account's own pages. Every change writes events and sends webhooks like any other.

    ``by`` is the user's id; the first administrator acts where it is not given.
    """

    def __init__(self, state: State, changes: Changes) -> None:
        """Act on an account."""
        self._state = state
        self._changes = changes

    def delete_lead(self, lead_id: int, *, by: int | None = None) -> None:
        """Put a lead into the trash."""
        self._delete("leads", lead_id, by)

    def delete_contact(self, contact_id: int, *, by: int | None = None) -> None:
        """Put a contact into the trash."""
        self._delete("contacts", contact_id, by)

    def delete_company(self, company_id: int, *, by: int | None = None) -> None:
        """Put a company into the trash."""
        self._delete("companies", company_id, by)

    def delete_customer(self, customer_id: int, *, by: int | None = None) -> None:
        """Delete a customer."""
        self._delete("customers", customer_id, by)

    def delete_element(self, element_id: int, *, by: int | None = None) -> None:
        """Delete an element of a list."""
        self._card("catalog_elements", element_id)
        self._changes.delete_element(element_id, by=self._user(by))

    def delete_task(self, task_id: int, *, by: int | None = None) -> None:
        """Delete a task; tasks have no trash."""
        self._changes.delete_task(task_id, by=self._user(by))

    def restore_lead(self, lead_id: int, *, by: int | None = None) -> None:
        """Take a lead out of the trash."""
        self._changes.restore_card("leads", lead_id, by=self._user(by))

    def restore_contact(self, contact_id: int, *, by: int | None = None) -> None:
        """Take a contact out of the trash."""
        self._changes.restore_card("contacts", contact_id, by=self._user(by))

    def merge_contacts(self, kept_id: int, lost_id: int, *, by: int | None = None) -> None:
        """Make one contact of two; the second id is gone afterwards, also from the trash."""
        self._merge("contacts", kept_id, lost_id, by)

    def merge_companies(self, kept_id: int, lost_id: int, *, by: int | None = None) -> None:
        """Make one company of two."""
        self._merge("companies", kept_id, lost_id, by)

    def merge_leads(self, kept_id: int, lost_id: int, *, by: int | None = None) -> None:
        """Make one lead of two."""
        self._merge("leads", kept_id, lost_id, by)

    def edit(self, entity: str, row_id: int, *, by: int | None = None, **fields: Any) -> Row:
        """Change a lead, contact or company; fields are named and shaped as in the API.

        Raises:
            KeyError: There is no such row.
            ValueError: amoCRM would not take these values; the message says which.
        """
        row = self._card(entity, row_id)
        made, faults = draft(self._state, entity, fields, row, is_user=lambda _: True)
        if faults:
            raise ValueError("; ".join(f"{fault.path}: {fault.code}" for fault in faults))
        changes = dict(made.fields)
        if made.tags is not None:
            changes["tags"] = [self._state.tag(entity, tag["name"]) for tag in made.tags]
        return dict(self._changes.change_card(entity, row_id, changes, by=self._user(by)))

    def move_lead(
        self, lead_id: int, status_id: int, pipeline_id: int | None = None, *, by: int | None = None
    ) -> Row:
        """Drag a lead to another stage, also of another pipeline."""
        target = self._card("leads", lead_id)["pipeline_id"] if pipeline_id is None else pipeline_id
        return self.edit("leads", lead_id, by=by, status_id=status_id, pipeline_id=target)

    def complete_task(self, task_id: int, result: str = "", *, by: int | None = None) -> Row:
        """Close a task, with what came of it."""
        changes: Row = {"is_completed": True, "result": {"text": result} if result else []}
        return dict(self._changes.change_task(task_id, changes, by=self._user(by)))

    def follow(self, entity: str, row_id: int, user_id: int) -> None:
        """Subscribe a user to a card."""
        self._card(entity, row_id)
        self._state.followers[entity, row_id].append(user_id)

    def api_key(self, user_id: int | None = None) -> str:
        """The old API key of a user, as the profile shows it."""
        return str(self._state.users.rows[self._user(user_id)]["_api_key"])

    def deactivate_user(self, user_id: int) -> None:
        """Switch a user off."""
        user = self._state.users.rows[user_id]
        self._state.users.change(user_id, {"rights": {**user["rights"], "is_active": False}})

    def _card(self, entity: str, row_id: int) -> Row:
        row = self._state.cards[entity].live(row_id)
        if row is None:
            raise KeyError(f"{entity} has no row {row_id}")
        return row

    def _delete(self, entity: str, row_id: int, by: int | None) -> None:
        self._card(entity, row_id)
        self._changes.delete_card(entity, row_id, by=self._user(by))

    def _merge(self, entity: str, kept_id: int, lost_id: int, by: int | None) -> None:
        for row_id in (kept_id, lost_id):
            self._card(entity, row_id)
        self._changes.merge(entity, kept_id, lost_id, by=self._user(by))

    def _user(self, by: int | None) -> int:
        return self._state.admin_id() if by is None else by
