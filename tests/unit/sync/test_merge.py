"""The three-way comparison, field by field, and who decides."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.sync.conflicts import ConflictRules, FieldConflict, Take
from amocrm_sync._core.sync.fields import CUSTOM, assemble, covers, fits, flatten, overlay
from amocrm_sync._core.sync.merge import Merged, three_way
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState
from amocrm_sync._core.sync.records import Record
from amocrm_sync.errors import ConfigurationError

BASE = {"id": 7, "name": "Kitchen", "price": 100, "updated_at": 50}


def edit(seq: int = 1, base: dict | None = None, **fields) -> Op:
    made_at = fields.pop("made_at", 1000.0)
    state = fields.pop("state", OpState.PENDING)
    before = {name: BASE.get(name) for name in fields} if base is None else base
    return Op(
        seq=seq, entity="leads", uid="u", kind=OpKind.PATCH, fields=fields, base_fields=before,
        made_at=made_at, state=state,
    )  # fmt: skip


def merged(*ops: Op, rules: object = "local", base: dict = BASE, **remote) -> Merged:
    record = Record(entity="leads", uid="u", remote_id="7", base=base, local={"x": 1})
    row = {**BASE, **remote}
    return three_way(record, row, ops, ConflictRules.of(rules), updated_at=row["updated_at"], now=2000.0)


def states(found: Merged) -> dict[int, OpState]:
    return {op.seq: op.state for op in found.ops}


class TestOutcomes:
    def test_what_amocrm_left_alone_keeps_its_edit(self):
        found = merged(edit(price=300), name="Bath")
        assert (found.local, found.ops, found.conflicts) == ({"price": 300}, (), ())

    def test_the_same_value_on_both_sides_is_done(self):
        found = merged(edit(price=300), price=300)
        assert (found.local, states(found), found.conflicts) == ({}, {1: OpState.DONE}, ())

    def test_an_edit_of_two_fields_of_which_one_arrived_keeps_the_other(self):
        found = merged(edit(price=300, name="Bath"), price=300)
        assert found.local == {"name": "Bath"}
        [op] = found.ops
        assert (op.state, op.fields) == (OpState.PENDING, {"name": "Bath"})

    @pytest.mark.parametrize("state", [OpState.INFLIGHT, OpState.UNKNOWN])
    def test_an_edit_under_way_waits_for_its_settlement(self, state):
        found = merged(edit(price=300, state=state), price=200)
        assert (found.local, found.ops, found.conflicts) == ({"price": 300}, (), ())

    def test_what_the_server_filled_into_a_row_of_ours_is_no_conflict(self):
        found = merged(edit(price=300), base={"id": 7, "name": "Kitchen"}, price=0)
        assert found.conflicts == ()
        assert found.local == {"price": 300}
        assert found.ops[0].base_fields["price"] == 0


class TestPolicies:
    def test_local_keeps_the_edit_over_what_amocrm_has_now(self):
        found = merged(edit(price=300), price=200)
        assert found.local == {"price": 300}
        [conflict] = found.conflicts
        assert (conflict.base, conflict.local, conflict.remote) == (100, 300, 200)
        assert (conflict.policy, conflict.state, conflict.resolution, conflict.value) == (
            "local",
            "auto",
            "local",
            300,
        )
        again = merged(*found.ops, price=200)
        assert again.conflicts == (), "it is told once"

    def test_remote_takes_amocrms_value_and_ends_the_edit(self):
        found = merged(edit(price=300), rules="remote", price=200)
        assert found.local == {}
        assert states(found) == {1: OpState.SUPERSEDED}
        assert found.ops[0].fields == {"price": 300}, "it keeps what it was"
        assert found.conflicts[0].resolution == "remote"

    @pytest.mark.parametrize(
        ("made_at", "wins"), [(49.0, "remote"), (50.0, "remote"), (50.99, "remote"), (51.0, "local")]
    )
    def test_the_last_write_wins_and_a_tie_within_a_second_goes_to_amocrm(self, made_at, wins):
        found = merged(edit(price=300, made_at=made_at), rules="last_write_wins", price=200)
        assert found.conflicts[0].resolution == wins

    def test_manual_holds_the_edit(self):
        found = merged(edit(price=300), rules="manual", price=200)
        assert states(found) == {1: OpState.HELD}
        assert found.local == {"price": 300}
        assert (found.conflicts[0].state, found.conflicts[0].resolution) == ("open", None)
        assert merged(*found.ops, rules="manual", price=250).conflicts == (), "one conflict is open already"

    def test_a_held_edit_that_amocrm_comes_to_agree_with_is_done(self):
        held = attrs.evolve(edit(price=300), state=OpState.HELD)
        found = merged(held, price=300)
        assert states(found) == {1: OpState.DONE}
        assert found.settled == ("price",)

    def test_a_function_merges(self):
        def larger(asked: FieldConflict) -> int:
            return max(asked.local, asked.remote)

        found = merged(edit(price=300), rules={"leads.price": larger}, price=400)
        assert (found.local, found.conflicts[0].resolution) == ({}, "merged")
        found = merged(
            edit(1, price=150), edit(2, base={"price": 150}, price=180), rules=lambda _: 500, price=400
        )
        assert found.local == {"price": 500}
        assert states(found) == {1: OpState.SUPERSEDED, 2: OpState.PENDING}

    @pytest.mark.parametrize(
        ("answer", "left"), [(Take.LOCAL, {"price": 300}), (Take.REMOTE, {}), (Take.HOLD, {"price": 300})]
    )
    def test_a_function_may_take_a_side(self, answer, left):
        assert merged(edit(price=300), rules=lambda _: answer, price=200).local == left

    def test_a_function_that_fails_holds_the_edit(self):
        found = merged(edit(price=300), rules=lambda _: 1 / 0, price=200)
        assert states(found) == {1: OpState.HELD}

    def test_the_rule_of_the_field_wins_over_that_of_the_entity_and_the_default(self):
        rules = {"*": "remote", "deals": "local", "leads.price": "manual", f"leads.{CUSTOM}.5": "manual"}
        found = ConflictRules.of(rules)
        assert found.rule_for("leads", "price") == "manual"
        assert found.rule_for("leads", "name") == "local"
        assert found.rule_for("leads", f"{CUSTOM}.5") == "manual"
        assert found.rule_for("leads", f"{CUSTOM}.6") == "local"
        assert found.rule_for("tasks", "text") == "remote"

    @pytest.mark.parametrize(
        ("rules", "named"), [({"leads": "mine"}, "mine"), ({"gizmos": "local"}, "gizmos")]
    )
    def test_a_mistake_in_the_rules_is_named(self, rules, named):
        with pytest.raises(ConfigurationError, match=named):
            ConflictRules.of(rules)


class TestChains:
    def test_later_edits_are_compared_with_what_the_first_one_saw(self):
        chain = (edit(1, price=200), edit(2, base={"price": 200}, price=300))
        assert merged(*chain, name="Bath").conflicts == ()
        [conflict] = merged(*chain, price=150).conflicts
        assert (conflict.base, conflict.local, conflict.remote) == (100, 300, 150)

    @pytest.mark.parametrize("rules", ["remote", "local", "manual"])
    def test_a_later_edit_is_not_in_conflict_with_an_earlier_one_that_has_arrived(self, rules):
        chain = (
            edit(1, price=200),
            edit(2, base={"price": 200}, price=300),
            edit(3, base={"price": 300}, price=400),
        )
        found = merged(*chain, rules=rules, price=300)
        assert found.conflicts == ()
        assert found.local == {"price": 400}
        assert [(op.seq, op.state) for op in found.ops] == [(1, OpState.DONE), (2, OpState.DONE)]

    def test_a_record_with_an_edit_just_acknowledged_is_not_in_conflict_with_the_next(self):
        assert merged(edit(2, base={"price": 200}, price=300), price=200).conflicts == ()

    def test_only_the_field_in_conflict_is_taken_from_an_edit(self):
        found = merged(edit(price=300, name="Bath"), rules="remote", price=200)
        assert found.local == {"name": "Bath"}
        [op] = found.ops
        assert (op.state, op.fields) == (OpState.PENDING, {"name": "Bath"})


def custom(**values: object) -> list[dict]:
    return [{"field_id": int(key[1:]), "values": [{"value": value}]} for key, value in values.items()]


class TestCustomFields:
    def test_each_is_a_field_of_its_own(self):
        before = {CUSTOM: custom(f1="a", f2="b")}
        mine = edit(base=before, **{CUSTOM: custom(f1="x")})
        base = {**BASE, **before}
        assert merged(mine, base=base, **{CUSTOM: custom(f1="a", f2="c")}).conflicts == ()
        [conflict] = merged(mine, base=base, **{CUSTOM: custom(f1="y", f2="b")}).conflicts
        assert (conflict.field, conflict.remote) == (f"{CUSTOM}.1", [{"value": "y"}])

    def test_a_field_named_by_code_is_the_one_that_the_row_has_by_id(self):
        row = {CUSTOM: [{"field_id": 3, "field_code": "PHONE", "values": [{"value": "+7", "enum_id": 1}]}]}
        mine = {CUSTOM: [{"field_code": "PHONE", "values": [{"value": "+8", "enum_code": "WORK"}]}]}
        assert list(flatten(mine, row)) == [f"{CUSTOM}.3"]
        [field] = overlay(row, mine)[CUSTOM]
        assert (field["field_id"], field["values"]) == (3, [{"value": "+8", "enum_code": "WORK"}])
        assert not covers(row, mine)

    def test_two_values_of_one_kind_are_told_apart(self):
        row = {CUSTOM: [{"field_id": 3, "values": [{"value": "+7", "enum_id": 1}]}]}
        assert not covers(row, {CUSTOM: [{"field_id": 3, "values": [{"value": "+8", "enum_id": 1}]}]})


class TestNotation:
    @pytest.mark.parametrize(
        ("wanted", "present"),
        [
            (5, "5"),
            ("5", 5.0),
            (" a ", "a"),
            ([{"value": "x"}], [{"value": "x", "enum_id": 4}]),
            ([], None),
            (None, ""),
            ({"text": "done"}, {"text": "done", "id": 3}),
        ],
    )
    def test_the_server_may_write_it_otherwise(self, wanted, present):
        assert fits(wanted, present)

    @pytest.mark.parametrize(
        ("wanted", "present"),
        [(0, None), (False, None), ("a", "b"), ([{"value": 1}], []), ({"a": 1}, {"b": 1})],
    )
    def test_but_not_have_another_value(self, wanted, present):
        assert not fits(wanted, present)

    @given(
        st.dictionaries(
            st.sampled_from(["name", "price", f"{CUSTOM}.5", f"{CUSTOM}.PHONE"]), st.just([{"value": 1}])
        )
    )
    def test_taking_apart_and_putting_together_are_inverse(self, paths):
        assert flatten(assemble(paths)) == paths


values = st.sampled_from([1, 2, 3])
fields = st.dictionaries(st.sampled_from(["name", "price", "status_id"]), values, min_size=1, max_size=3)


@given(
    base=fields,
    edits=st.lists(fields, max_size=3),
    remote=fields,
    policy=st.sampled_from(["local", "remote", "manual"]),
)
def test_no_edit_and_no_remote_value_is_lost_silently(base, edits, remote, policy):
    """Every edited field shows either the edit, or the remote value with a conflict or with equal values to explain it."""
    base = {"id": 7, "name": 1, "price": 1, "status_id": 1, **base}
    row = {**base, **remote}
    ops, view = [], dict(base)
    for seq, change in enumerate(edits, start=1):
        ops.append(edit(seq, base={name: view[name] for name in change}, **change))
        view |= change
    record = Record(entity="leads", uid="u", remote_id="7", base=base, local={"x": 1})
    found = three_way(record, row, ops, ConflictRules.of(policy), updated_at=1, now=2.0)
    shown = overlay(row, found.local)
    conflicts = {item.field: item for item in found.conflicts}
    after = {**{op.seq: op for op in ops}, **{op.seq: op for op in found.ops}}
    for name in base:
        edited = any(name in op.fields for op in ops)
        if not edited:
            assert shown[name] == row[name]
        elif name in conflicts:
            assert base[name] != row[name] != view[name]
            assert shown[name] == (row[name] if policy == "remote" else view[name])
        else:
            assert shown[name] == view[name]
            ours = {view[name], *(op.fields[name] for op in ops if name in op.fields)}
            assert base[name] == row[name] or row[name] in ours
    still = [op for op in after.values() if op.state in OPEN_STATES]
    assert covers(shown, {name: value for op in still[-1:] for name, value in op.fields.items()})
