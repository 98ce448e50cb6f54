# Generated from tests/contract/_async/test_files.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import attrs
import orjson
import pytest
from wire import LOST, Answer, Sent, Wire, hal, problem

from amocrm_sync import (
    AmoCRM,
    ConfigurationError,
    FileFilter,
    InvalidResponseError,
    NotFoundError,
    Range,
    ServerError,
    UploadInterrupted,
)
from amocrm_sync.models.file import File

pytestmark = pytest.mark.anyio

DRIVE = "https://drive-b.amocrm.ru"
UUID = "367b9f38-5f01-4cea-947e-dfab47aea522"
ACCOUNT = Answer(json={"id": 1, "drive_url": DRIVE})


def row(uuid: str = UUID, **more) -> dict:
    links = {
        "download": {"href": f"{DRIVE}/download/acc/{uuid}/report.pdf"},
        "download_version": {"href": f"{DRIVE}/download/acc/{uuid}/v1/report.pdf"},
    }
    metadata = {"extension": "pdf", "mime_type": "application/pdf"}
    return {"uuid": uuid, "name": "report", "size": 5, "metadata": metadata, "_links": links, **more}


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


class Drive:
    """A drive that takes parts of four bytes and remembers them."""

    def __init__(self, *, part_size: int = 4, broken: dict | None = None) -> None:
        self.part_size = part_size
        self.parts: list[bytes] = []
        self.opened: list[dict] = []
        self.types: list[str] = []
        self.broken = broken or {}
        self.attempts = 0
        self.size = 0

    def __call__(self, sent: Sent) -> Answer:
        if sent.path == "/api/v4/account":
            return ACCOUNT
        if sent.path == "/v1.0/sessions":
            self.opened.append(sent.json)
            self.size = sent.json["file_size"]
            limits = {"max_file_size": 100, "max_part_size": self.part_size}
            return Answer(json={"session_id": 7, "upload_url": f"{DRIVE}/v1.0/sessions/upload/p0", **limits})
        self.attempts += 1
        fault = self.broken.pop(self.attempts, None)
        if fault is not None:
            return fault
        assert sent.path == f"/v1.0/sessions/upload/p{len(self.parts)}", (
            "parts go in order, to the address given"
        )
        self.parts.append(sent.body)
        self.types.append(sent.headers["content-type"])
        if sum(map(len, self.parts)) == self.size:
            return Answer(json=row(size=self.size))
        return Answer(json={"session_id": 7, "next_url": f"{DRIVE}/v1.0/sessions/upload/p{len(self.parts)}"})

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)


def pieces(*parts: bytes):
    for part in parts:
        yield part


def test_files_are_listed_from_the_drive_that_the_account_names(connect):
    wire = Wire(
        ACCOUNT,
        Answer(json=hal("files", [row()], next_url=f"{DRIVE}/v1.0/files?limit=1&page=2")),
        Answer(json=hal("files", [row("other")])),
        Answer(204),
    )
    files = connect(wire).files
    when = Range(start=10, end=20)
    found = FileFilter(uuid=["a", "b"], extensions="pdf", deleted=True, size_from=1, created_at=when)
    listed = files.list(filter=found, limit=1).to_list()
    assert files.list().to_list() == []
    assert [file.uuid for file in listed] == [UUID, "other"]
    assert listed[0].download_url == f"{DRIVE}/download/acc/{UUID}/report.pdf"
    assert listed[0].filename == "report.pdf"
    assert [sent.path for sent in wire.sent] == ["/api/v4/account", *["/v1.0/files"] * 3], "found once"
    assert wire.sent[0].query == [("with", "drive_url")]
    assert sorted(wire.sent[1].query) == [
        ("filter[date][from]", "10"),
        ("filter[date][to]", "20"),
        ("filter[date][type]", "created_at"),
        ("filter[deleted]", "1"),
        ("filter[extensions][]", "pdf"),
        ("filter[size][from]", "1"),
        ("filter[uuid]", "a,b"),
        ("limit", "1"),
    ]
    assert wire.sent[1].url.startswith(DRIVE)
    assert wire.sent[1].token == "t"


def test_a_file_is_read_changed_removed_and_brought_back(connect):
    wire = Wire(
        ACCOUNT,
        Answer(json=row()),
        Answer(json={"_embedded": {"versions": [{"uuid": "v1", "file_uuid": UUID, "is_main": True}]}}),
        Answer(json=row(name="new")),
        Answer(json=row(version_uuid="v1")),
        Answer(204),
        Answer(json=hal("files", [row()])),
    )
    files = connect(wire).files
    file = files.get(UUID)
    [version] = files.versions(file)
    assert (files.update(file, name="new")).name == "new"
    assert (files.update(UUID, version=version)).version_uuid == "v1"
    files.delete(file)
    [restored] = files.restore([UUID])
    assert restored.uuid == UUID
    assert [(sent.method, sent.path) for sent in wire.sent[1:]] == [
        ("GET", f"/v1.0/files/{UUID}"),
        ("GET", f"/v1.0/files/{UUID}/versions"),
        ("PATCH", f"/v1.0/files/{UUID}"),
        ("PATCH", f"/v1.0/files/{UUID}"),
        ("DELETE", "/v1.0/files"),
        ("POST", "/v1.0/files/restore"),
    ]
    assert [sent.json for sent in wire.sent[3:]] == [
        {"name": "new"},
        {"version_uuid": "v1"},
        [{"uuid": UUID}],
        [{"uuid": UUID}],
    ]


@pytest.mark.parametrize("answer", [Answer(204), problem(404)])
def test_a_file_that_is_not_there_is_an_error(connect, answer):
    with pytest.raises(NotFoundError):
        connect(Wire(ACCOUNT, answer)).files.get(UUID)


def test_an_account_without_a_drive_says_what_to_tick(connect):
    with pytest.raises(InvalidResponseError, match="Access to files"):
        connect(Wire(Answer(json={"id": 1}))).files.get(UUID)


def test_a_forbidden_drive_does_not_stop_the_account(connect):
    wire = Wire(
        ACCOUNT, Answer(403, body=b"<h1>no</h1>", headers={"content-type": "text/html"}), ACCOUNT, ACCOUNT
    )
    amo = connect(wire)
    with pytest.raises(Exception, match="403"):
        amo.files.get(UUID)
    assert (amo.account.get()).id == 1


def test_bytes_go_up_in_the_parts_that_the_answer_dictates(connect):
    drive = Drive()
    told: list[tuple[int, int | None]] = []
    file = connect(Wire(otherwise=drive)).files.upload(
        b"0123456789",
        name="report.pdf",
        content_type="application/pdf",
        version_of=UUID,
        with_preview=True,
        progress=lambda done, total: told.append((done, total)),
    )
    assert drive.parts == [b"0123", b"4567", b"89"]
    assert drive.types == ["application/pdf"] * 3
    assert told == [(4, 10), (8, 10), (10, 10)]
    assert file.uuid == UUID
    assert drive.opened == [
        {
            "file_name": "report.pdf",
            "file_size": 10,
            "content_type": "application/pdf",
            "with_preview": True,
            "file_uuid": UUID,
        }
    ]


def test_a_path_and_a_file_object_know_their_name_and_size(connect, tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"0123456789")
    by_path, by_file = Drive(), Drive()
    connect(Wire(otherwise=by_path)).files.upload(path)
    with path.open("rb") as file:
        file.seek(2)
        connect(Wire(otherwise=by_file)).files.upload(file)
        assert not file.closed, "it belongs to the caller"
    assert by_path.opened == [{"file_name": "list.txt", "file_size": 10}]
    assert by_file.opened == [{"file_name": "list.txt", "file_size": 8}]
    assert (by_path.content, by_file.content) == (b"0123456789", b"23456789")


def test_a_stream_of_pieces_is_cut_anew(connect):
    drive = Drive()
    files = connect(Wire(otherwise=drive)).files
    files.upload(pieces(b"0", b"123456", b"", b"789"), name="s.bin", size=10)
    assert drive.parts == [b"0123", b"4567", b"89"]


class Pipe(io.RawIOBase):
    """A file that cannot be moved in and gives little at a time."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(size, 3))


def test_a_pipe_needs_its_size_told(connect):
    drive = Drive()
    files = connect(Wire(otherwise=drive)).files
    with pytest.raises(ConfigurationError, match="size: the source cannot tell"):
        files.upload(Pipe(b"0123456789"), name="p")
    files.upload(Pipe(b"0123456789"), name="p", size=10)
    assert drive.parts == [b"0123", b"4567", b"89"]


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        (b"", {"name": "x"}, "empty"),
        (b"abc", {}, "name: the source has no name"),
        (b"abc", {"name": "x", "size": 9}, "shorter than the 9 bytes"),
        (b"abc", {"name": "x", "size": 2}, "longer than the 2 bytes"),
        (b"a" * 101, {"name": "x"}, "up to 100 bytes"),
        ("/no/such/file", {}, "No such file"),
        (io.StringIO("text"), {"name": "x"}, "open the file in binary mode"),
        (5, {}, "a path, bytes, a binary file"),
    ],
)
def test_a_source_that_cannot_be_sent_is_refused(connect, source, arguments, message):
    drive = Drive()
    with pytest.raises(ConfigurationError, match=message):
        connect(Wire(otherwise=drive)).files.upload(source, **arguments)
    assert drive.content == b"", "no part of it was sent"


@pytest.mark.parametrize("fault", [LOST, problem(503), problem(429)], ids=["lost", "503", "429"])
def test_a_broken_part_says_how_to_go_on(connect, tmp_path, fault):
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    drive = Drive()
    script = [ACCOUNT, drive, drive, fault]
    wire = Wire(*script, otherwise=drive)
    files = connect(wire).files
    with pytest.raises(UploadInterrupted, match="after 4 of 10 bytes") as caught:
        files.upload(path)
    assert len(wire.sent) == 4, "the part was not sent twice by itself"
    session = pickle.loads(pickle.dumps(caught.value)).session
    assert (session.sent, session.size, session.session_id) == (4, 10, 7)
    assert "upload/p1" not in f"{caught.value!r} {caught.value} {session!r}"
    file = files.upload(path, resume=type(session)(**attrs.asdict(session)))
    assert file.uuid == UUID
    assert drive.parts == [b"0123", b"4567", b"89"]
    assert len(drive.opened) == 1


def test_a_stream_goes_on_as_well(connect):
    drive = Drive()
    files = connect(Wire(ACCOUNT, drive, drive, LOST, otherwise=drive)).files
    with pytest.raises(UploadInterrupted) as caught:
        files.upload(pieces(b"01234", b"56789"), name="s", size=10)
    files.upload(pieces(b"01", b"23456789"), resume=caught.value.session)
    assert drive.content == b"0123456789"


def test_a_last_part_without_an_answer_says_where_to_look(connect):
    drive = Drive()
    with pytest.raises(UploadInterrupted, match="look whether the file is there"):
        connect(Wire(ACCOUNT, drive, LOST)).files.upload(b"abc", name="x")


def test_a_source_that_breaks_leaves_its_session(connect):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 4:
                raise OSError("disk gone")
            return super().read(size)

    drive = Drive()
    with pytest.raises(UploadInterrupted, match="disk gone") as caught:
        connect(Wire(otherwise=drive)).files.upload(Broken(b"0123456789"), name="x")
    assert caught.value.session.sent == 4


def test_going_on_with_another_file_is_refused(connect):
    drive = Drive()
    files = connect(Wire(ACCOUNT, drive, LOST, otherwise=drive)).files
    with pytest.raises(UploadInterrupted) as caught:
        files.upload(b"0123456789", name="x")
    with pytest.raises(ConfigurationError, match="another file"):
        files.upload(b"012345678", resume=caught.value.session)


def test_a_session_that_is_over_is_said_so(connect):
    drive = Drive()
    with pytest.raises(NotFoundError):
        connect(Wire(ACCOUNT, drive, problem(404, "session"))).files.upload(b"abc", name="x")


@pytest.mark.parametrize("answer", [Answer(json={"session_id": 7}), Answer(json=row())])
def test_a_drive_that_loses_count_is_noticed(connect, answer):
    with pytest.raises(InvalidResponseError, match="after 4 of 10 bytes"):
        connect(Wire(ACCOUNT, Drive(), answer)).files.upload(b"0123456789", name="x")


def test_the_token_goes_to_no_other_host(connect):
    session = {
        "session_id": 1,
        "max_part_size": 4,
        "max_file_size": 9,
        "upload_url": "https://evil.example/x",
    }
    with pytest.raises(InvalidResponseError, match=r"evil\.example"):
        connect(Wire(ACCOUNT, Answer(json=session))).files.upload(b"abc", name="x")
    stranger = File.model_validate({"uuid": UUID, "download_url": "https://evil.example/f"})
    with pytest.raises(InvalidResponseError, match=r"evil\.example"):
        connect(Wire(ACCOUNT)).files.download(stranger)


def test_a_download_comes_as_bytes_or_into_a_file(connect, tmp_path):
    content = os.urandom(600_000)
    body = Answer(
        body=content, headers={"content-type": "application/pdf", "content-length": str(len(content))}
    )
    wire = Wire(ACCOUNT, Answer(json=row()), body, body, body)
    files = connect(wire).files
    told: list[tuple[int, int | None]] = []
    assert files.download(UUID, progress=lambda *seen: told.append(seen)) == content
    file = File.model_validate(row() | {"download_url": f"{DRIVE}/download/acc/{UUID}/report.pdf"})
    assert files.download(file, tmp_path) == tmp_path / "report.pdf"
    target = tmp_path / "old.bin"
    target.write_bytes(b"old")
    assert files.download(file, str(target)) == target
    assert target.read_bytes() == (tmp_path / "report.pdf").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.bin", "report.pdf"]
    assert told[-1] == (600_000, 600_000)
    assert len(told) > 1, "it came in pieces"
    assert (wire.sent[2].token, wire.sent[2].path) == ("t", f"/download/acc/{UUID}/report.pdf")


def test_a_broken_download_leaves_what_was_there(connect, tmp_path):
    target = tmp_path / "old.bin"
    target.write_bytes(b"old")
    file = File.model_validate(row() | {"download_url": f"{DRIVE}/download/x"})
    for fault, error in ((problem(500), ServerError), (problem(404), NotFoundError)):
        with pytest.raises(error):
            connect(Wire(ACCOUNT, fault)).files.download(file, target)

    def stop(done: int, total: int | None) -> None:
        raise RuntimeError("stopped by hand")

    with pytest.raises(RuntimeError, match="by hand"):
        connect(Wire(ACCOUNT, Answer(body=b"new"))).files.download(file, target, progress=stop)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["old.bin"]


def test_files_hang_on_records(connect):
    links = [{"id": 9, "file_uuid": UUID}, {"id": 4, "file_uuid": "b"}]
    entity = {"id": 5, "entity_type": "leads", "date_create": 1_669_372_247, "closest_task_at": None}
    wire = Wire(
        Answer(202),
        Answer(json=hal("files", links)),
        Answer(json=hal("files", [{"id": 2, "file_uuid": "c"}])),
        Answer(204),
        Answer(202),
        Answer(json={"file_uuid": UUID, "entities": [entity]}),
    )
    amo = connect(wire)
    amo.leads.files.attach(5, [File.model_validate(row()), "b"])
    found = amo.leads.files.list(5, limit=2).to_list()
    amo.companies.files.detach(6, found[0])
    [link] = amo.files.links(UUID)
    assert [one.file_uuid for one in found] == [UUID, "b", "c"]
    assert (link.id, link.entity_type) == (5, "leads")
    assert [(sent.method, sent.path) for sent in wire.sent] == [
        ("PUT", "/api/v4/leads/5/files"),
        *[("GET", "/api/v4/leads/5/files")] * 3,
        ("DELETE", "/api/v4/companies/6/files"),
        ("GET", f"/api/v4/files/{UUID}/links"),
    ]
    assert [sent.query for sent in wire.sent[1:4]] == [
        [("limit", "2")],
        [("limit", "2"), ("before_id", "4")],
        [("limit", "2"), ("before_id", "2")],
    ]
    assert wire.sent[0].json == [{"file_uuid": UUID}, {"file_uuid": "b"}]
    assert wire.sent[4].json == [{"file_uuid": UUID}]


def test_a_long_list_of_links_goes_on_after_the_smallest_id_of_a_page(connect):
    def page(*ids: int) -> Answer:
        rows = [{"file_uuid": "x" * 600, "id": key, "_links": {"self": {"href": UUID}}} for key in ids]
        return Answer(body=orjson.dumps(hal("files", rows)))

    wire = Wire(page(*range(300, 200, -1)), page(*range(200, 100, -1)), page(*range(100, 0, -1)), Answer(204))
    found = [link.id for link in connect(wire).leads.files.list(5)]
    assert found == list(range(300, 0, -1))
    assert [sent.query for sent in wire.sent[1:]] == [[("before_id", key)] for key in ("201", "101", "1")]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "", "\\x"])
def test_a_name_from_outside_stays_in_its_folder(name):
    file = File.model_validate({"uuid": "u", "name": name, "metadata": {"extension": "txt"}})
    assert Path(file.filename).name == file.filename


def test_a_filter_that_would_select_everything_is_refused():
    with pytest.raises(ConfigurationError, match="everything"):
        FileFilter(uuid=[])
    with pytest.raises(ConfigurationError, match="one of them"):
        FileFilter(created_at=Range(start=1), updated_at=Range(start=1))
