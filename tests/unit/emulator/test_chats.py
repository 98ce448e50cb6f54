"""The host of chats, talks, and chats of contacts: signed requests, messages both ways, what they do to the account."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import format_datetime

import orjson
import pytest
from unit.emulator.desk import Answer, Desk

from amocrm_sync.testing.emulator.http import Request
from amocrm_sync.testing.emulator.rules.chats import check_signature

AMOJO = "https://amojo.amocrm.ru"
ROOT = "/v2/origin/custom"


class Line:
    """A channel's own back end."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.channel = desk.emu.chat_channel
        self.account = desk.get("account?with=amojo_id").json["amojo_id"]
        self.scope = f"{self.channel.id}_{self.account}"
        self.count = 0

    def send(self, method, tail, body=None, *, base=AMOJO, signed=None, **wrong) -> Answer:
        path = f"{ROOT}/{tail}"
        data = b"" if body is None else orjson.dumps(body)
        headers = {
            "date": format_datetime(datetime.fromtimestamp(self.desk.clock.now(), UTC)),
            "content-type": "application/json",
            "content-md5": hashlib.md5(data).hexdigest(),
        }
        lines = (method, headers["content-md5"], headers["content-type"], headers["date"])
        text = "\n".join((*lines, (signed or path).partition("?")[0]))
        headers["x-signature"] = hmac.new(self.channel.secret.encode(), text.encode(), "sha1").hexdigest()
        headers |= {name.replace("_", "-"): value for name, value in wrong.items()}
        response = self.desk.emu.handle(Request(method=method, url=base + path, headers=headers, body=data))
        return Answer(response.status, dict(response.headers), response.body)

    def connect(self):
        body = {"account_id": self.account, "hook_api_version": "v2", "title": "Чат"}
        return self.send("POST", f"{self.channel.id}/connect", body)

    def write(self, text="привет", *, sender=None, receiver=None, conversation="conv", **payload) -> Answer:
        self.count += 1
        now = self.desk.now
        sender = sender or {"id": "client", "name": "Вася", "profile": {"phone": "+79990000000"}}
        message = payload.pop("message", {"type": "text", "text": text})
        more = {"receiver": receiver} if receiver else {}
        body = {
            "timestamp": now,
            "msec_timestamp": now * 1000,
            "msgid": f"m{self.count}",
            "conversation_id": conversation,
            "sender": sender,
            "message": message,
            **more,
            **payload,
        }
        return self.send("POST", self.scope, {"event_type": "new_message", "payload": body})


@pytest.fixture
def line(desk) -> Line:
    line = Line(desk)
    assert line.connect().status == 200
    return line


def manager(desk):
    (user,) = desk.get("users?with=amojo_id").rows("users")
    return {"id": "u1", "name": "Менеджер", "ref_id": user["amojo_id"]}


CLIENT = {"id": "client", "name": "Вася"}


class TestSignature:
    def test_the_sample_of_the_documentation(self):
        url = f"{AMOJO}{ROOT}/344a5002-f8ca-454d-af3d-396180102ac7/connect"
        body = (
            b'{"account_id":"52e591f7-c98f-4255-8495-827210138c81","title":"ChatsIntegration",'
            b'"hook_api_version":"v2"}'
        )
        headers = {
            "date": "Wed, 15 Dec 2021 23:12:55 +0000",
            "content-type": "application/json",
            "content-md5": "2fbcb3c652b61e24e004daddfc73d0ce",
            "x-signature": "81211856ce0c5095f3e1a90c0a38dc9d736cfd55",
        }
        request = Request(method="POST", url=url, headers=headers, body=body)
        check_signature(request, "f2d7f8704eff95087ed45b23ba99c0b5aac8278e", 1_639_609_975)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"x_signature": "0" * 40},
            {"x_signature": ""},
            {"content_md5": hashlib.md5(b"other").hexdigest()},
            {"content_md5": ""},
            {"date": "Mon, 03 Oct 2020 15:11:21 +0000"},
            {"date": "yesterday"},
            {"content_type": "text/plain"},
        ],
    )
    def test_anything_wrong_is_403_in_the_service_s_own_shape(self, line, wrong):
        answer = line.send("POST", f"{line.channel.id}/connect", {"account_id": line.account}, **wrong)
        assert answer.status == 403
        assert answer.json["error_type"] == "ORIGIN_INVALID_SIGNATURE"
        assert answer.json["error_code"] == 403

    def test_a_date_is_good_for_a_quarter_of_an_hour(self, line):
        date = format_datetime(datetime.fromtimestamp(line.desk.now, UTC))
        line.desk.clock.advance(14 * 60)
        path = f"{line.channel.id}/connect"
        body = {"account_id": line.account}
        assert line.send("POST", path, body, date=date).status == 403  # signed with the present time
        assert line.send("POST", path, body).status == 200

    def test_one_address_for_all_hosts(self, line):
        base = "http://127.0.0.1:8080/amojo"
        body = {"account_id": line.account}
        tail = f"{line.channel.id}/connect"
        assert line.send("POST", tail, body, base=base).status == 200
        assert line.send("POST", tail, body, base=base, signed=f"/amojo{ROOT}/{tail}").status == 200
        assert line.desk.send("POST", f"{ROOT}/{tail}", body).status == 404


class TestChannel:
    def test_connect_and_disconnect(self, desk):
        line = Line(desk)
        assert line.write().status == 404
        answer = line.connect().json
        assert answer == {
            "account_id": line.account,
            "scope_id": line.scope,
            "title": "Чат",
            "hook_api_version": "v2",
            "is_time_window_disabled": False,
        }
        assert line.write().status == 200
        off = line.send("DELETE", f"{line.channel.id}/disconnect", {"account_id": line.account})
        assert (off.status, off.body) == (200, b"")
        assert line.write().json["error_type"] == "ORIGIN_NOT_REGISTERED"

    @pytest.mark.parametrize("body", [{}, {"account_id": "x"}, {"account_id": None}])
    def test_a_wrong_account(self, line, body):
        assert line.send("POST", f"{line.channel.id}/connect", body).status == 400

    def test_an_unknown_channel_and_version(self, line):
        assert line.send("POST", "nobody/connect", {"account_id": line.account}).status == 404
        body = {"account_id": line.account, "hook_api_version": "v3"}
        assert line.send("POST", f"{line.channel.id}/connect", body).status == 400


class TestChats:
    def test_a_chat_before_its_first_message(self, line):
        user = {**CLIENT, "profile": {"phone": "+7999"}, "avatar": "https://example.com/a.png"}
        made = line.send("POST", f"{line.scope}/chats", {"conversation_id": "conv", "user": user}).json
        assert made["user"]["client_id"] == "client"
        assert (made["user"]["phone"], "email" in made["user"]) == ("+7999", False)
        again = line.send("POST", f"{line.scope}/chats", {"conversation_id": "conv", "user": user}).json
        assert again == made
        assert line.desk.get("contacts").status == line.desk.get("talks").status == 204

    @pytest.mark.parametrize(
        "body",
        [
            {"user": CLIENT},
            {"conversation_id": "c"},
            {"conversation_id": "c", "user": {"id": "x"}},
            {"conversation_id": "c", "user": CLIENT, "source": {"external_id": "x" * 41}},
            {"conversation_id": "c", "user": CLIENT, "source": {"external_id": "источник"}},
        ],
    )
    def test_what_is_missing(self, line, body):
        answer = line.send("POST", f"{line.scope}/chats", body)
        assert (answer.status, answer.json["error_type"]) == (400, "BAD_REQUEST")


class TestMessages:
    def test_the_first_one_makes_a_contact_an_incoming_lead_and_a_talk(self, line):
        desk = line.desk
        desk.subscribe("add_unsorted", "add_talk", "add_message")
        answer = line.write("привет").json["new_message"]
        assert (answer["ref_id"], answer["conversation_id"], answer["receiver_id"]) == ("m1", "conv", None)
        (unsorted,) = desk.get("leads/unsorted").rows("unsorted")
        assert unsorted["category"] == "chats"
        assert unsorted["metadata"]["last_message_text"] == "привет"
        contact = unsorted["_embedded"]["contacts"][0]["id"]
        values = desk.get(f"contacts/{contact}").json["custom_fields_values"]
        assert [item["values"][0]["value"] for item in values] == ["+79990000000"]
        (talk,) = desk.get("talks").rows("talks")
        assert (talk["contact_id"], talk["is_in_work"], talk["is_read"]) == (contact, True, False)
        assert talk["entity_id"] == unsorted["_embedded"]["leads"][0]["id"]
        assert "id" not in talk
        hooks = dict(desk.hooks())
        assert hooks["add_message"]["message"]["add"]["0"]["text"] == "привет"
        assert hooks["add_talk"]["talk"]["add"]["0"]["talk_id"] == str(talk["talk_id"])
        assert hooks["add_unsorted"]["unsorted"]["add"]["0"]["uid"] == unsorted["uid"]
        assert "incoming_chat_message" in {event["type"] for event in desk.emu.events}

    def test_the_next_ones_join_the_talk(self, line):
        line.desk.subscribe("add_talk", "update_talk", "add_message", "add_outgoing_message")
        line.write("раз")
        line.write("два")
        line.write("три", sender=manager(line.desk), receiver=CLIENT)
        assert len(line.desk.get("talks").rows("talks")) == 1
        assert [name for name, _ in line.desk.hooks()] == [
            "add_talk",
            "add_message",
            "add_message",
            "add_outgoing_message",
            "update_talk",
        ]
        assert line.desk.get("talks").rows("talks")[0]["is_read"] is True

    def test_a_source_decides_the_pipeline(self, line):
        desk = line.desk
        (pipeline,) = desk.make(
            "leads/pipelines", {"name": "Вторая", "sort": 2, "is_main": False, "is_unsorted_on": True}
        )
        body = {"name": "Номер", "external_id": "78001234567", "pipeline_id": pipeline}
        (source,) = desk.make("sources", body)
        line.write(source={"external_id": "78001234567"})
        (row,) = desk.get("leads/unsorted").rows("unsorted")
        assert (row["pipeline_id"], row["source_name"]) == (pipeline, "Номер")
        lead = desk.get(f"leads/{row['_embedded']['leads'][0]['id']}?with=source,source_id").json
        assert lead["source_id"] == source
        assert lead["_embedded"]["source"] == {"id": source, "name": "Номер"}

    def test_a_silent_one_makes_no_incoming_lead(self, line):
        assert line.write(silent=True).status == 200
        assert line.desk.get("leads/unsorted").status == 204
        assert line.desk.get("contacts").rows("contacts")[0]["name"] == "Вася"

    def test_a_chat_that_was_given_to_a_contact_makes_none_either(self, line):
        desk = line.desk
        body = {"conversation_id": "conv", "user": CLIENT}
        chat = line.send("POST", f"{line.scope}/chats", body).json["id"]
        contact = desk.contact(name="Вася")
        lead = desk.lead(_embedded={"contacts": [{"id": contact}]})
        desk.post("contacts/chats", [{"contact_id": contact, "chat_id": chat}])
        line.write()
        assert desk.get("leads/unsorted").status == 204
        (talk,) = desk.get("talks").rows("talks")
        assert (talk["contact_id"], talk["entity_id"], talk["entity_type"]) == (contact, lead, "lead")
        assert talk["_embedded"]["leads"][0]["id"] == lead

    @pytest.mark.parametrize(
        "payload",
        [
            {"message": {"type": "poem", "text": "x"}},
            {"message": {"type": "text"}},
            {"message": {"type": "file", "media": "https://example.com/x"}},
            {"message": {"type": "location"}},
            {"sender": {"id": "x"}},
            {"sender": {"id": "x", "name": "y", "ref_id": "nobody"}, "receiver": CLIENT},
            {"sender": {"id": "x", "name": "y", "ref_id": "nobody"}},
            {"msgid": ""},
            {"timestamp": None},
            {"conversation": ""},
        ],
    )
    def test_what_does_not_fit(self, line, payload):
        assert line.write(**payload).status == 400

    def test_one_msgid_once(self, line):
        line.write()
        assert line.write(msgid="m1").status == 400

    def test_edit(self, line):
        first = line.write("до").json["new_message"]
        payload = {"msgid": "m1", "conversation_id": "conv", "message": {"type": "text", "text": "после"}}
        body = {"event_type": "edit_message", "payload": payload}
        assert line.send("POST", line.scope, body).json["new_message"]["msgid"] == first["msgid"]
        chat = line.desk.get("talks").rows("talks")[0]["chat_id"]
        (row,) = line.send("GET", f"{line.scope}/chats/{chat}/history").json["messages"]
        assert row["message"]["text"] == "после"
        payload["msgid"] = "other"
        assert line.send("POST", line.scope, body).status == 404

    def test_history_is_newest_first_in_pages_of_fifty(self, line):
        for at in range(55):
            line.write(str(at))
        chat = line.desk.get("talks").rows("talks")[0]["chat_id"]
        path = f"{line.scope}/chats/{chat}/history"
        rows = line.send("GET", f"{path}?limit=100").json["messages"]
        assert [row["message"]["text"] for row in rows[:2]] == ["54", "53"]
        assert len(rows) == 50
        assert rows[0]["sender"]["client_id"] == "client"
        assert len(line.send("GET", f"{path}?offset=50").json["messages"]) == 5
        assert line.send("GET", f"{path}?offset=60").status == 204
        assert line.send("GET", f"{line.scope}/chats/nobody/history").status == 204

    def test_delivery_typing_and_reactions(self, line):
        msgid = line.write().json["new_message"]["msgid"]
        path = f"{line.scope}/{msgid}/delivery_status"
        assert line.send("POST", path, {"status_code": 2}).status == 200
        assert line.send("POST", path, {"status_code": -1}).status == 400
        body = {"status_code": -1, "error_code": 905, "error": "нет"}
        assert line.send("POST", path, body).status == 200
        assert line.send("POST", f"{line.scope}/nobody/delivery_status", body).status == 404
        typing = {"conversation_id": "conv", "sender": {"id": "client"}}
        assert line.send("POST", f"{line.scope}/typing", typing).status == 204
        assert line.send("POST", f"{line.scope}/typing", {"conversation_id": "conv"}).status == 400
        react = {"conversation_id": "conv", "msgid": "m1", "user": {"id": "client"}, "type": "react"}
        assert line.send("POST", f"{line.scope}/react", react).status == 400
        assert line.send("POST", f"{line.scope}/react", {**react, "emoji": "+"}).status == 200
        assert line.send("POST", f"{line.scope}/react", {**react, "type": "unreact"}).status == 200
        assert line.send("POST", f"{line.scope}/react", {**react, "msgid": "x", "emoji": "+"}).status == 404


class TestTalks:
    def test_messages_both_ways_and_the_channel_s_own_hook(self, line):
        desk = line.desk
        line.write("вопрос")
        (talk,) = desk.get("talks").rows("talks")
        path = f"talks/{talk['talk_id']}"
        answer = desk.post(f"{path}/send_message", {"text": "ответ"})
        assert answer.status == 202
        rows = desk.get(f"{path}/messages").rows("messages")
        assert [(row["type"], row["text"]) for row in rows] == [("outgoing", "ответ"), ("incoming", "вопрос")]
        assert rows[0]["id"] == answer.json["id"]
        (hook,) = desk.emu.channel_hooks
        signature = hmac.new(line.channel.secret.encode(), hook.body, "sha1").hexdigest()
        assert hook.signature == signature
        message = orjson.loads(hook.body)["message"]
        assert message["conversation"]["client_id"] == "conv"
        assert message["message"]["text"] == "ответ"

    def test_close(self, line):
        desk = line.desk
        desk.subscribe("update_talk")
        line.write()
        talk = desk.get("talks").rows("talks")[0]["talk_id"]
        assert desk.post(f"talks/{talk}/close", {"force_close": True}).status == 202
        assert desk.post(f"talks/{talk}/close", {"force_close": True}).status == 422
        assert desk.get(f"talks/{talk}").json["is_in_work"] is False
        ((_, body),) = desk.hooks()
        assert body["talk"]["update"]["0"]["is_in_work"] == "0"
        assert desk.get("talks/5").status == desk.post("talks/5/close", {}).status == 404
        line.write("снова")
        assert len(desk.get("talks").rows("talks")) == 2
        assert len(desk.get("talks?filter[only_in_work]=1").rows("talks")) == 1

    def test_filters(self, line):
        line.write()
        line.write(conversation="other", sender={"id": "c2", "name": "Петя"})
        first, second = line.desk.get("talks").rows("talks")
        lead = first["entity_id"]

        def found(query):
            return [row["talk_id"] for row in line.desk.get(f"talks?{query}").rows("talks")]

        both = [first["talk_id"], second["talk_id"]]
        assert found(f"filter[talk_id][]={both[1]}") == both[1:]
        assert found(f"filter[contact_id][]={first['contact_id']}") == both[:1]
        assert found(f"filter[entity_id][]={lead}&filter[entity_type]=lead") == both[:1]
        assert found(f"filter[entity_id][]={lead}") == both

    def test_wrong_messages_and_a_closed_door(self, line):
        line.write()
        talk = line.desk.get("talks").rows("talks")[0]["talk_id"]
        assert line.desk.post(f"talks/{talk}/send_message", {"text": ""}).status == 400
        attachment = {"type": "song", "drive_uuid": "x"}
        answer = line.desk.post(f"talks/{talk}/send_message", {"attachment": attachment})
        assert [path for _, path, _ in answer.faults] == ["attachment.type", "attachment.drive_uuid"]
        line.desk.emu.settings.talks_are_open = False
        assert line.desk.get(f"talks/{talk}/messages").status == 403
        assert line.desk.post(f"talks/{talk}/send_message", {"text": "x"}).status == 403
        assert line.desk.get(f"talks/{talk}").status == 200


class TestChatsOfContacts:
    def test_one_contact_per_chat(self, line):
        desk = line.desk
        line.write()
        (link,) = desk.get("contacts/chats").rows("chats")
        other = desk.contact(name="Пётр")
        body = {"contact_id": other, "chat_id": link["chat_id"], "request_id": "r"}
        (moved,) = desk.post("contacts/chats", [body]).rows("chats")
        assert (moved["contact_id"], moved["request_id"]) == (other, "r")
        assert moved["id"] != link["id"]
        assert desk.get(f"contacts/chats?contact_id[]={other}").rows("chats")[0]["id"] == moved["id"]
        assert desk.get(f"contacts/chats?contact_id={link['contact_id']}").status == 204
        assert desk.get(f"contacts/chats?chat_id={link['chat_id']}").json["_total_items"] == 1
        assert desk.get("talks").rows("talks")[0]["contact_id"] == other

    def test_what_there_is_not(self, desk):
        answer = desk.post("contacts/chats", [{"contact_id": 5, "chat_id": "x"}])
        assert [path for _, path, _ in answer.faults] == ["contact_id", "chat_id"]


class TestLinkingAnIncomingChat:
    @pytest.mark.parametrize("is_known", [True, False])
    def test_to_a_lead(self, line, is_known):
        desk = line.desk
        line.write()
        (unsorted,) = desk.get("leads/unsorted").rows("unsorted")
        own, lead, known = unsorted["_embedded"]["contacts"][0]["id"], desk.lead(), desk.contact(name="Вася")
        link = {"entity_id": lead, "entity_type": "leads"}
        if is_known:
            link["metadata"] = {"contact_id": known}
        answer = desk.post(f"leads/unsorted/{unsorted['uid']}/link", {"link": link})
        assert answer.json["_embedded"]["leads"][0]["id"] == lead
        final = known if is_known else own
        linked = desk.get(f"leads/{lead}?with=contacts").json["_embedded"]["contacts"]
        assert [row["id"] for row in linked] == [final]
        (talk,) = desk.get("talks").rows("talks")
        assert (talk["entity_id"], talk["contact_id"]) == (lead, final)
        assert desk.get("contacts/chats").rows("chats")[0]["contact_id"] == final
        assert (own in desk.emu.trash("contacts")) is is_known
        assert desk.get("leads/unsorted").status == 204

    @pytest.mark.parametrize(
        ("link", "path"),
        [
            ({"entity_type": "contacts", "entity_id": 1}, "link.entity_type"),
            ({"entity_type": "leads", "entity_id": 1}, "link.entity_id"),
        ],
    )
    def test_to_nothing(self, line, link, path):
        line.write()
        uid = line.desk.get("leads/unsorted").rows("unsorted")[0]["uid"]
        assert line.desk.post(f"leads/unsorted/{uid}/link", {"link": link}).faults[0][1] == path
