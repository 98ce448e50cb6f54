# Generated from src/amocrm_sync/_async/sync/statuses.py by tools/unasync.py: edit that file instead.
"""The stage mapping in force: kept in the store, and projected onto leads and stages."""

from __future__ import annotations

import attrs

from amocrm_sync._core.sync.stages import StageMapping
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.mappings import load_mapping
from amocrm_sync.mapping import AutoApplyResult, MappingEngine, StatusMapping, auto_apply


class Statuses:
    """Loads, changes and applies the mapping."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def load(self) -> None:
        """Take the mapping that the store has, unless the host gave one; a given one that differs is used at once."""
        context = self._context
        kept = load_mapping(context.store, context.tenant)
        if context.stages.mapping is None:
            context.stages.mapping = kept
        elif _plain(kept) != _plain(context.stages.mapping):
            self.use(context.stages.mapping)

    def use(self, mapping: StageMapping) -> int:
        """Use a mapping, keep it, and project it, all in one transaction; the number of rows whose status changed."""
        context = self._context
        before, context.stages.mapping = context.stages.mapping, mapping
        try:
            with context.tx() as tx:
                if isinstance(mapping, StatusMapping):
                    tx.stages.save(mapping.to_dict()["stages"])
                changed: list[Stored] = []
                for entity, column in (("stages", "mapped_status"), ("leads", "status")):
                    rows = tx.records.find(entity, {}, deleted=True)
                    changed += [
                        row for row in rows if context.stored(row.record).row[column] != row.row[column]
                    ]
                if changed:
                    version = tx.clock.next()
                    context.put(tx, [attrs.evolve(item.record, version=version) for item in changed])
        except BaseException:
            context.stages.mapping = before  # what is not stored is not in force
            raise
        return len(changed)

    def present(self) -> StatusMapping:
        """A copy of the mapping in force; an empty one if there is none, or if it is of the host's own kind."""
        mapping = self._context.stages.mapping
        return StatusMapping(mapping) if isinstance(mapping, StatusMapping) else StatusMapping()

    def auto_apply(self, min_confidence: float, *, dry_run: bool) -> AutoApplyResult:
        """Suggest for the stored stages and use what is sure enough, or only say what would be used."""
        context = self._context
        with context.tx(write=False) as tx:
            stages = tx.records.find("stages", {})
        # A copy: the mapping in force changes when it is stored, not before.
        suggestions = MappingEngine().suggest([item.record.view for item in stages])
        result = auto_apply(suggestions, min_confidence, mapping=self.present())
        if not dry_run:
            self.use(result.mapping)
        return result


def _plain(mapping: StageMapping | None) -> object:
    """What can be compared of a mapping; a host's own kind is compared by identity."""
    return mapping.to_dict() if isinstance(mapping, StatusMapping) else mapping
