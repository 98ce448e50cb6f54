"""Files: uploads in parts, versions, the trash, lists, downloads; and files that hang on cards."""

from __future__ import annotations

import hashlib
import time
from urllib.request import Request as Ask
from urllib.request import urlopen

import orjson
import pytest
from unit.emulator.desk import Desk

DRIVE = "https://drive-b.amocrm.ru"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.emu.settings.max_part_size = 4
    return desk


def drive(desk, method, path, body=None):
    return desk.send(method, f"{DRIVE}{path}", body)


def opened(desk, size, name="a.txt", **more):
    answer = drive(desk, "POST", "/v1.0/sessions", {"file_name": name, "file_size": size, **more})
    assert answer.status == 200, answer.body
    return answer.json


def upload(desk, data, name="a.txt", **more):
    """Send a file in the parts that the answers dictate; its row."""
    session = opened(desk, len(data), name, **more)
    url, size = session["upload_url"], session["max_part_size"]
    for start in range(0, len(data), size):
        answer = desk.send("POST", url, raw=data[start : start + size])
        assert answer.status == 200, answer.body
        url = answer.json.get("next_url")
    assert url is None
    return answer.json


class TestUploads:
    def test_the_account_tells_the_host(self, desk):
        assert desk.get("account?with=drive_url").json["drive_url"] == DRIVE

    def test_in_parts_and_down_again(self, desk):
        row = upload(desk, b"0123456789", "Отчёт.PDF", content_type="application/pdf")
        assert (row["name"], row["size"], row["type"]) == ("Отчёт", 10, "document")
        assert row["metadata"] == {"extension": "pdf", "mime_type": "application/pdf"}
        assert row["created_by"] == {"id": desk.emu.state.admin_id(), "type": "internal"}
        assert row["session_id"] >= 26_136_001
        for link in ("download", "download_version"):
            answer = desk.send("GET", row["_links"][link]["href"])
            assert (answer.status, answer.body) == (200, b"0123456789")
            assert answer.headers["content-type"] == "application/pdf"
        again = desk.send("GET", row["_links"]["self"]["href"]).json
        assert again == {key: value for key, value in row.items() if key != "session_id"}

    def test_every_part_has_its_own_address(self, desk):
        session = opened(desk, 8)
        first = desk.send("POST", session["upload_url"], raw=b"0123")
        assert first.json["session_id"] == session["session_id"]
        assert desk.send("POST", session["upload_url"], raw=b"0123").status == 404
        assert desk.send("POST", first.json["next_url"], raw=b"4567").json["size"] == 8
        assert desk.send("POST", first.json["next_url"], raw=b"4567").status == 404

    def test_a_refused_part_may_be_sent_again(self, desk):
        session = opened(desk, 6)
        assert desk.send("POST", session["upload_url"], raw=b"01234").status == 400
        assert desk.send("POST", session["upload_url"], raw=b"").status == 400
        following = desk.send("POST", session["upload_url"], raw=b"0123").json["next_url"]
        assert desk.send("POST", following, raw=b"456").status == 400
        row = desk.send("POST", following, raw=b"45").json
        assert desk.send("GET", row["_links"]["download"]["href"]).body == b"012345"

    def test_a_session_ends_after_a_day(self, desk):
        session = opened(desk, 4)
        desk.clock.advance(24 * 3600)
        assert desk.send("POST", session["upload_url"], raw=b"0123").status == 404

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"file_name": "a"}, ("0", "file_size", "FieldMissing")),
            ({"file_size": 5}, ("0", "file_name", "FieldMissing")),
            ({"file_name": "a", "file_size": 0}, ("0", "file_size", "OutOfRange")),
            ({"file_name": "a", "file_size": 314_572_801}, ("0", "file_size", "OutOfRange")),
            ({"file_name": "a", "file_size": 5, "file_uuid": "x"}, ("0", "file_uuid", "NotSupportedChoice")),
        ],
    )
    def test_a_session_that_cannot_be(self, desk, body, fault):
        assert drive(desk, "POST", "/v1.0/sessions", body).faults == [fault]

    def test_needs_a_token_and_is_not_counted_by_the_account_s_rate_rule(self):
        desk = Desk(rate_limit=True)
        for _ in range(20):
            assert drive(desk, "GET", "/v1.0/files").status == 204
        assert desk.send("GET", f"{DRIVE}/v1.0/files", authorization="Bearer nobody").status == 401

    def test_hosts_keep_to_themselves(self, desk):
        assert desk.send("GET", "/v1.0/files").status == 404
        assert drive(desk, "GET", "/api/v4/account").status == 404

    def test_20_megabytes_are_quick(self):
        desk = Desk()
        data = hashlib.sha256(b"x").digest() * (20 * 1024 * 1024 // 32)
        start = time.perf_counter()
        row = upload(desk, data, "big.bin")
        assert desk.send("GET", row["_links"]["download"]["href"]).body == data
        assert time.perf_counter() - start < 2


class TestOverASocket:
    def test_one_origin_serves_files_too(self, desk):
        with desk.emu.serve() as server:

            def ask(method, url, data=None):
                headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json"}
                with urlopen(Ask(url, data, headers, method=method)) as answer:
                    return answer.read()

            account = orjson.loads(ask("GET", f"{server.base_url}/api/v4/account?with=drive_url"))
            assert account["drive_url"] == f"{server.base_url}/drive"
            body = orjson.dumps({"file_name": "a.txt", "file_size": 6})
            session = orjson.loads(ask("POST", f"{account['drive_url']}/v1.0/sessions", body))
            assert session["upload_url"].startswith(account["drive_url"])
            following = orjson.loads(ask("POST", session["upload_url"], b"0123"))["next_url"]
            row = orjson.loads(ask("POST", following, b"45"))
            assert ask("GET", row["_links"]["download"]["href"]) == b"012345"


class TestFiles:
    def test_versions(self, desk):
        first = upload(desk, b"old", "a.txt")
        desk.clock.advance(5)
        second = upload(desk, b"newer", "a.txt", file_uuid=first["uuid"])
        assert second["uuid"] == first["uuid"]
        assert second["has_multiple_versions"] is True
        path = f"/v1.0/files/{first['uuid']}"
        listed = drive(desk, "GET", f"{path}/versions")
        assert listed.json["_count"] == 2
        assert [row["is_main"] for row in listed.rows("versions")] == [False, True]
        assert desk.send("GET", second["_links"]["download"]["href"]).body == b"newer"
        changed = drive(desk, "PATCH", path, {"version_uuid": first["version_uuid"]}).json
        assert (changed["version_uuid"], changed["size"]) == (first["version_uuid"], 3)
        assert desk.send("GET", second["_links"]["download"]["href"]).body == b"old"
        assert desk.send("GET", second["_links"]["download_version"]["href"]).body == b"newer"

    def test_rename(self, desk):
        row = upload(desk, b"x")
        path = f"/v1.0/files/{row['uuid']}"
        changed = drive(desk, "PATCH", path, {"name": "договор"}).json
        assert (changed["name"], changed["metadata"]["extension"]) == ("договор", "txt")
        for body in ({}, {"name": "a", "version_uuid": row["version_uuid"]}, {"name": ""}):
            assert drive(desk, "PATCH", path, body).status == 400
        wrong = drive(desk, "PATCH", path, {"version_uuid": "x"})
        assert wrong.faults == [("0", "version_uuid", "NotSupportedChoice")]
        assert drive(desk, "PATCH", "/v1.0/files/x", {"name": "a"}).status == 404

    def test_trash_and_back(self, desk):
        row, other = upload(desk, b"x"), upload(desk, b"y", "b.txt")
        assert drive(desk, "DELETE", "/v1.0/files", [{"uuid": row["uuid"]}]).status == 204
        assert [item["uuid"] for item in drive(desk, "GET", "/v1.0/files").rows("files")] == [other["uuid"]]
        (gone,) = drive(desk, "GET", "/v1.0/files?filter[deleted]=1").rows("files")
        assert (gone["is_trashed"], gone["deleted_at"]) == (True, desk.now)
        assert len(drive(desk, "GET", "/v1.0/files?with=deleted").rows("files")) == 2
        back = drive(desk, "POST", "/v1.0/files/restore", [{"uuid": row["uuid"]}])
        assert (back.json["_count"], back.rows("files")[0]["is_trashed"]) == (1, False)
        wrong = drive(desk, "DELETE", "/v1.0/files", [{"uuid": row["uuid"]}, {"uuid": "x"}])
        assert wrong.faults == [("1", "uuid", "EntityNotFound")]
        assert drive(desk, "GET", f"/v1.0/files/{row['uuid']}").json["is_trashed"] is False

    def test_pages_newest_first(self, desk):
        made = [upload(desk, b"x", f"{at}.txt")["uuid"] for at in range(5)]
        answer = drive(desk, "GET", "/v1.0/files?limit=2")
        found = [row["uuid"] for row in answer.rows("files")]
        assert answer.json["_count"] == 2
        while "next" in answer.json["_links"]:
            answer = desk.send("GET", answer.json["_links"]["next"]["href"])
            found += [row["uuid"] for row in answer.rows("files")]
        assert found == made[::-1]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("filter[name]=photo", ["photo"]),
            ("filter[name]=photo.png", ["photo"]),
            ("filter[extensions][]=txt&filter[extensions][]=png", ["photo", "note"]),
            ("filter[term]=OT", ["photo", "note"]),
            ("filter[size][unit]=2&filter[size][from]=2", ["note"]),
            ("filter[size][to]=3", ["photo"]),
            ("filter[created_by][]=0", []),
            ("filter[date][date_preset]=day", ["photo"]),
            ("filter[date][date_preset]=yesterday", ["note"]),
            ("filter[date][date_preset]=next_month", []),
            ("filter[date][type]=updated_at&filter[date][from]=1", ["photo", "note"]),
            ("filter[unheard_of]=1", ["photo", "note"]),
        ],
    )
    def test_filters(self, desk, query, names):
        upload(desk, b"12345", "note.txt")
        desk.clock.advance(86_400)
        upload(desk, b"123", "photo.png")
        answer = drive(desk, "GET", f"/v1.0/files?{query}")
        assert ([] if answer.status == 204 else [row["name"] for row in answer.rows("files")]) == names

    @pytest.mark.parametrize(
        "preset", ["week", "current_week", "month", "quarter", "year", "last_3_days", "last_6_month"]
    )
    def test_today_is_in_every_range_around_it_and_not_in_the_one_before(self, desk, preset):
        upload(desk, b"x")
        assert drive(desk, "GET", f"/v1.0/files?filter[date][date_preset]={preset}").status == 200
        if preset in ("week", "month", "quarter"):
            before = drive(desk, "GET", f"/v1.0/files?filter[date][date_preset]=previous_{preset}")
            assert before.status == 204


class TestFilesOfCards:
    def test_attach_list_detach(self, desk):
        lead = desk.lead(name="Сделка")
        uuids = [upload(desk, b"x", f"{at}.txt")["uuid"] for at in range(3)]
        path = f"/api/v4/leads/{lead}/files"
        assert desk.send("GET", path).status == 204
        for _ in range(2):
            assert desk.send("PUT", path, [{"file_uuid": uuid} for uuid in uuids]).status == 202
        listed = desk.send("GET", f"{path}?limit=2")
        assert [row["file_uuid"] for row in listed.rows("files")] == uuids[:0:-1]
        rest = desk.send("GET", listed.json["_links"]["next"]["href"])
        assert [row["file_uuid"] for row in rest.rows("files")] == uuids[:1]
        assert "next" not in rest.json["_links"]
        assert desk.send("DELETE", path, [{"file_uuid": uuid} for uuid in uuids]).status == 202
        assert desk.send("GET", path).status == 204

    def test_where_a_file_hangs(self, desk):
        uuid, lead, contact = upload(desk, b"x")["uuid"], desk.lead(price=5), desk.contact(name="Анна")
        for path in (f"leads/{lead}", f"contacts/{contact}"):
            desk.send("PUT", f"/api/v4/{path}/files", [{"file_uuid": uuid}])
        answer = desk.get(f"files/{uuid}/links").json
        assert answer["file_uuid"] == uuid
        assert [(row["entity_type"], row["id"]) for row in answer["entities"]] == [
            ("leads", lead),
            ("contacts", contact),
        ]
        assert answer["entities"][0]["price"] == 5
        assert "price" not in answer["entities"][1]
        found = drive(desk, "GET", "/v1.0/files?filter[term]=анна").rows("files")
        assert [row["uuid"] for row in found] == [uuid]

    def test_what_there_is_not(self, desk):
        path = f"/api/v4/leads/{desk.lead()}/files"
        assert desk.send("PUT", path, [{"file_uuid": "x"}]).faults == [
            ("0", "file_uuid", "NotSupportedChoice")
        ]
        assert desk.send("PUT", "/api/v4/leads/5/files", [{"file_uuid": "x"}]).status == 404
        assert desk.get("files/x/links").status == 404
