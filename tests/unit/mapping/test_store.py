from __future__ import annotations

import builtins

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import (
    AmbiguousStage,
    MappedStage,
    MappingEngine,
    NoStage,
    ReopenRefused,
    Stage,
    Status,
    StatusMapping,
    Suggestion,
    auto_apply,
)


def suggestion(stage_id, status="IN_PROGRESS", confidence=0.95, pipeline_id=7, name="Stage", **extra):
    return Suggestion(stage_id, name, pipeline_id, status, confidence, ("because",), **extra)


def stages(pipeline_id=7):
    return [
        Stage("Неразобранное", 1 + pipeline_id, 1, 10, pipeline_id),
        Stage("Новая заявка", 10 + pipeline_id, 0, 20, pipeline_id),
        Stage("Переговоры", 20 + pipeline_id, 0, 30, pipeline_id),
        Stage("Договор", 30 + pipeline_id, 0, 40, pipeline_id),
        Stage("Успех", 142, 0, 10_000, pipeline_id),
        Stage("Нет", 143, 0, 11_000, pipeline_id),
    ]


@pytest.fixture
def mapping():
    return StatusMapping.from_suggestions(MappingEngine().suggest([*stages(7), *stages(8)]))


class TestResolve:
    def test_a_stage_is_pipeline_and_id(self):
        mapping = StatusMapping.from_suggestions(
            [suggestion(5, "NEW", pipeline_id=7), suggestion(5, "CLOSED", pipeline_id=8)]
        )
        assert (mapping.resolve(5, 7), mapping.resolve(5, 8)) == ("NEW", "CLOSED")
        assert mapping.resolve(5) is None

    def test_unsure_suggestions_are_left_out(self):
        mapping = StatusMapping.from_suggestions(
            [suggestion(5, confidence=0.89), suggestion(6, confidence=0.9)]
        )
        assert (mapping.resolve(5, 7), mapping.resolve(6, 7)) == (None, "IN_PROGRESS")

    def test_without_a_pipeline_an_id_that_stands_once_is_found(self):
        assert StatusMapping.from_suggestions([suggestion(5)]).resolve(5) == "IN_PROGRESS"

    def test_won_and_lost_are_closed_in_a_pipeline_that_nobody_mapped(self, mapping):
        assert mapping.resolve(142, 999) == Status.CLOSED
        assert StatusMapping().resolve(143, 1) == Status.CLOSED

    def test_a_new_pipeline_takes_over_what_the_others_agree_on(self):
        mapping = StatusMapping.from_suggestions(
            [suggestion(142, "WON", pipeline_id=7), suggestion(142, "WON", pipeline_id=8)]
        )
        assert mapping.resolve(142, 9) == "WON"


class TestSet:
    def test_what_a_person_says_wins_over_later_suggestions(self, mapping):
        mapping.set(27, Status.CLOSED)
        mapping.update([suggestion(27, "NEW", 0.99)])
        assert mapping.resolve(27, 7) == "CLOSED"

    def test_it_survives_a_rename_and_learns_the_new_name(self, mapping):
        mapping.set(27, Status.CLOSED)
        mapping.update([suggestion(27, "NEW", 0.3, name="Новое имя")])
        (stage,) = [s for s in mapping if s.stage_id == 27]
        assert (stage.status, stage.source, stage.stage_name) == ("CLOSED", "person", "Новое имя")

    def test_it_survives_a_move_to_another_pipeline(self, mapping):
        mapping.set(27, Status.CLOSED)
        assert mapping.resolve(27, 99) == "CLOSED"

    def test_142_without_a_pipeline_means_every_pipeline_also_later_ones(self, mapping):
        mapping.set(142, "WON")
        assert {mapping.resolve(142, 7), mapping.resolve(142, 8), mapping.resolve(142, 99)} == {"WON"}

    def test_142_in_one_pipeline_leaves_the_others(self, mapping):
        mapping.set(142, "WON", pipeline_id=7)
        assert (mapping.resolve(142, 7), mapping.resolve(142, 8)) == ("WON", "CLOSED")

    def test_an_ambiguous_id_needs_the_pipeline(self):
        mapping = StatusMapping.from_suggestions([suggestion(5, pipeline_id=7), suggestion(5, pipeline_id=8)])
        with pytest.raises(AmbiguousStage, match="pipelines 7, 8; give pipeline_id") as caught:
            mapping.set(5, Status.NEW)
        assert (caught.value.stage_id, caught.value.pipeline_ids) == (5, (7, 8))
        mapping.set(5, Status.NEW, pipeline_id=8)
        assert (mapping.resolve(5, 7), mapping.resolve(5, 8)) == ("IN_PROGRESS", "NEW")

    def test_an_unknown_stage_may_be_set(self):
        mapping = StatusMapping()
        mapping.set(5, Status.NEW, pipeline_id=7)
        mapping.set(6, Status.CLOSED)
        assert (mapping.resolve(5, 7), mapping.resolve(6, 123)) == ("NEW", "CLOSED")


class TestKeeping:
    def test_dict_and_yaml_give_the_same_mapping_back(self, mapping):
        mapping.set(27, "VIEWING")
        assert StatusMapping.from_dict(mapping.to_dict()) == mapping
        assert StatusMapping.from_yaml(mapping.to_yaml()) == mapping
        assert StatusMapping.from_dict(mapping.to_dict()).resolve(8, 7) is Status.NEW

    def test_a_mapping_written_by_hand_is_a_persons(self):
        mapping = StatusMapping.from_yaml(
            "version: 1\nstages:\n- {stage_id: 5, pipeline_id: 7, status: NEW}\n"
        )
        assert mapping.set_by_person(5, 7)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({}, "version"),
            ({"version": 2, "stages": []}, "version: 2"),
            ({"version": 1}, "stages: a list"),
            ({"version": 1, "stages": ["x"]}, r"stages\[0\]: a stage is a mapping"),
            ({"version": 1, "stages": [{"stage_id": "5", "status": "NEW"}]}, r"stages\[0\]\.stage_id"),
            (
                {"version": 1, "stages": [{"stage_id": 5, "pipeline_id": "7", "status": "NEW"}]},
                r"stages\[0\]\.pipeline_id",
            ),
            ({"version": 1, "stages": [{"stage_id": 5, "status": ""}]}, r"stages\[0\]\.status"),
            (
                {"version": 1, "stages": [{"stage_id": 5, "status": "NEW", "source": "me"}]},
                r"stages\[0\]\.source",
            ),
        ],
    )
    def test_wrong_data_names_the_field(self, data, message):
        with pytest.raises(ConfigurationError, match=message):
            StatusMapping.from_dict(data)

    @pytest.mark.parametrize("text", ["stages: [", "- 1", "just words"])
    def test_wrong_yaml_is_refused(self, text):
        with pytest.raises(ConfigurationError):
            StatusMapping.from_yaml(text)

    def test_without_the_extra_the_error_names_the_pip_line(self, monkeypatch):
        real = builtins.__import__

        def without_yaml(name, *args, **kwargs):
            if name == "yaml":
                raise ImportError(name)
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", without_yaml)
        with pytest.raises(ConfigurationError, match=r'pip install "amocrm-sync\[yaml\]"'):
            StatusMapping().to_yaml()

    def test_stages_are_listed_in_the_pipelines_order(self, mapping):
        assert [s.stage_id for s in mapping.stages(pipeline_id=7)] == [8, 17, 27, 37, 142, 143]
        assert [s.stage_id for s in mapping.stages("NEW", 7)] == [8, 17]
        assert repr(mapping) == "StatusMapping(12 stages, 0 set by a person)"


class TestAutoApply:
    def test_applied_skipped_and_errors_with_their_reasons(self):
        given = [
            suggestion(1, "NEW", 0.95),
            suggestion(2, "NEW", 0.5),
            suggestion(None),
            suggestion(3, "NEW"),
            suggestion(3, "CLOSED"),
            suggestion(4, "NEW"),
        ]
        mapping = StatusMapping()
        mapping.set(4, "CLOSED", pipeline_id=7)
        result = auto_apply(given, mapping=mapping)
        assert [s.stage_id for s in result.applied] == [1]
        assert [(u.suggestion.stage_id, u.why) for u in result.skipped] == [
            (2, "Confidence 0.50 is below 0.90."),
            (4, "A person has set this stage."),
        ]
        assert [u.why for u in result.errors] == [
            "The stage has no id.",
            "The stage was given more than once, as CLOSED, NEW.",
            "The stage was given more than once, as CLOSED, NEW.",
        ]
        assert result.as_counts() == {"applied": 1, "skipped": 2, "errors": 3}
        assert result.mapping is mapping
        assert (mapping.resolve(1, 7), mapping.resolve(2, 7), mapping.resolve(4, 7)) == (
            "NEW",
            None,
            "CLOSED",
        )

    def test_a_dry_run_changes_nothing(self):
        mapping = StatusMapping()
        result = auto_apply([suggestion(1, "NEW")], mapping=mapping, dry_run=True)
        assert len(result.applied) == 1
        assert mapping == StatusMapping()
        assert result.mapping.resolve(1, 7) == "NEW"

    def test_the_limit_is_the_callers(self):
        assert auto_apply([suggestion(1, confidence=0.6)], 0.5).as_counts()["applied"] == 1

    def test_twice_is_the_same_as_once(self):
        given = MappingEngine().suggest(stages())
        once = auto_apply(given)
        assert auto_apply(given, mapping=once.mapping).mapping == auto_apply(given).mapping


class TestDiff:
    def test_nothing_changed(self, mapping):
        assert not mapping.diff([*stages(7), *stages(8)])

    def test_added_removed_renamed_and_moved(self, mapping):
        now = [s for s in [*stages(7), *stages(8)] if s.id not in {17, 27, 37}]
        now += [
            Stage("Переговоры!", 27, 0, 30, 7),
            Stage("Договор", 37, 0, 40, 8),
            Stage("Показ", 99, 0, 50, 7),
        ]
        found = mapping.diff(now)
        assert [s.id for s in found.added] == [99]
        assert [s.stage_id for s in found.removed] == [17]
        assert [(r.stage.stage_id, r.new_name) for r in found.renamed] == [(27, "Переговоры!")]
        assert [(m.stage.stage_id, m.new_pipeline_id) for m in found.moved] == [(37, 8)]
        assert found.lines() == [
            "new: pipeline 7, stage 99 “Показ” has no status",
            "gone: pipeline 7, stage 17 “Новая заявка”, was NEW",
            "renamed: pipeline 7, stage 27 “Переговоры” → “Переговоры!”",
            "moved: pipeline 7, stage 37 → pipeline 8",
        ]

    def test_with_suggestions_changed_statuses_are_told_but_not_a_persons(self, mapping):
        mapping.set(37, "IN_PROGRESS")
        renamed = [
            Stage("Отказ", s.id, s.type, s.sort, s.pipeline_id) if s.id in {27, 37} else s for s in stages(7)
        ]
        found = mapping.diff(MappingEngine().suggest([*renamed, *stages(8)]))
        assert [(c.stage.stage_id, str(c.suggestion.suggested_status)) for c in found.changed] == [
            (27, "CLOSED")
        ]
        assert len(found.renamed) == 2

    def test_an_entry_for_every_pipeline_covers_new_pipelines(self):
        mapping = StatusMapping()
        mapping.set(142, "WON")
        assert not mapping.diff([Stage("Успех", 142, 0, 1, 7)])


class TestWayBack:
    def test_a_lead_that_is_there_stays(self, mapping):
        choice = mapping.stage_for("IN_PROGRESS", 7, current=37)
        assert (choice.stage_id, choice.moves) == (37, False)

    def test_forward_to_the_nearest(self, mapping):
        choice = mapping.stage_for("IN_PROGRESS", 7, current=17)
        assert (choice.stage_id, choice.moves) == (27, True)
        assert choice.reasons == (
            "Stage 27 “Переговоры” stands for IN_PROGRESS; it is the nearest one after stage 17 of pipeline 7.",
        )

    def test_back_if_there_is_none_ahead_and_never_into_unsorted(self, mapping):
        assert mapping.stage_for("NEW", 7, current=37).stage_id == 17

    def test_without_a_present_stage_the_first(self, mapping):
        assert mapping.stage_for("IN_PROGRESS", 8).stage_id == 28

    def test_closing_needs_the_outcome(self, mapping):
        with pytest.raises(NoStage, match="outcome='won' or 'lost'"):
            mapping.stage_for("CLOSED", 7, current=27)
        assert mapping.stage_for("CLOSED", 7, current=27, outcome="won").stage_id == 142
        assert mapping.stage_for("CLOSED", 7, current=27, outcome="lost").stage_id == 143

    def test_won_and_lost_are_known_without_a_mapping(self):
        assert StatusMapping().stage_for("CLOSED", 7, outcome="won").stage_id == 142

    def test_statuses_of_the_hosts_own_need_no_outcome(self, mapping):
        mapping.set(142, "WON")
        mapping.set(143, "LOST")
        assert mapping.stage_for("WON", 7, current=27).stage_id == 142

    def test_a_closed_lead_is_not_opened_silently(self, mapping):
        with pytest.raises(ReopenRefused, match="reopen=True"):
            mapping.stage_for("IN_PROGRESS", 7, current=143)
        assert mapping.stage_for("IN_PROGRESS", 7, current=143, reopen=True).stage_id == 37

    def test_a_status_that_no_stage_stands_for_says_how_to_add_one(self, mapping):
        with pytest.raises(NoStage, match=r"mapping\.set\(stage_id, 'VIEWING', pipeline_id=7\)"):
            mapping.stage_for("VIEWING", 7)

    def test_another_pipelines_stages_are_not_chosen(self):
        mapping = StatusMapping([MappedStage(5, 8, "NEW")])
        with pytest.raises(NoStage):
            mapping.stage_for("NEW", 7)
