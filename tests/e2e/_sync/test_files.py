# Generated from tests/e2e/_async/test_files.py by tools/unasync.py: edit that file instead.
"""Twenty megabytes up in parts and down again, over a socket, against the emulator's drive."""

from __future__ import annotations

import hashlib
import random

import attrs
import pytest

from amocrm_sync import AmoCRM, NotFoundError, UploadInterrupted, UploadSession
from amocrm_sync.testing import Emulator, Faults

pytestmark = pytest.mark.anyio

SIZE = 20 * 1024 * 1024 + 7
PART = 524_288
PART_PATH = "POST /drive/v1.0/sessions/upload/*"


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(1).randbytes(SIZE)


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=3, pipelines=1)
    return emulator


@pytest.fixture
def server(emulator):
    with emulator.serve() as server:
        yield server


def in_pieces(content: bytes, size: int):
    for start in range(0, len(content), size):
        yield content[start : start + size]


def test_twenty_megabytes_come_down_as_they_went_up(emulator, server, content, tmp_path):
    source, target = tmp_path / "film.mp4", tmp_path / "back.mp4"
    source.write_bytes(content)
    up: list[tuple[int, int | None]] = []
    down: list[tuple[int, int | None]] = []
    with AmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
        file = amo.files.upload(source, content_type="video/mp4", progress=lambda *seen: up.append(seen))
        assert amo.files.download(file, target, progress=lambda *seen: down.append(seen)) == target
        assert amo.files.download(file.uuid or "") == content
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(content).digest()
    assert (file.name, file.extension, file.size) == ("film", "mp4", SIZE)
    assert len(up) == 41, "40 whole parts and the rest"
    assert up[-1] == down[-1] == (SIZE, SIZE)


def test_a_broken_part_is_gone_on_with(emulator, server, content):
    """The connection of the third part breaks before the drive has it; another process may go on."""
    with AmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None, retry=None) as amo:
        files, faults = amo.files, Faults()

        def break_the_third(sent: int, _total: int | None) -> None:
            if sent == 2 * PART:
                emulator.faults = faults
                faults.next(match=PART_PATH, lose_answer=True, hang=False, effect=False)

        with pytest.raises(UploadInterrupted, match=f"after {2 * PART} of {SIZE} bytes") as caught:
            files.upload(in_pieces(content, 100_000), name="a.bin", size=SIZE, progress=break_the_third)
        emulator.faults = None
        kept = attrs.asdict(caught.value.session)
        file = files.upload(in_pieces(content, 70_000), resume=UploadSession(**kept))
        assert files.download(file) == content


def test_a_part_that_arrived_unseen_ends_the_session_clearly(emulator, server, content):
    """Its answer was lost, the drive has moved on: the old address is gone, and a new upload works."""
    with AmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None, retry=None) as amo:
        small, faults = content[: 2 * PART], Faults()

        def lose_the_next_answer(_sent: int, _total: int | None) -> None:
            emulator.faults = faults
            faults.next(match=PART_PATH, lose_answer=True, hang=False)

        with pytest.raises(UploadInterrupted) as caught:
            amo.files.upload(small, name="a.bin", progress=lose_the_next_answer)
        emulator.faults = None
        with pytest.raises(NotFoundError):
            amo.files.upload(small, resume=caught.value.session)
        file = amo.files.upload(small, name="a.bin")
        assert amo.files.download(file) == small


def test_files_hang_on_elements_of_lists_too(emulator):
    """By the official PHP SDK; the API page does not say so."""
    with AmoCRM(
        "demo", token=emulator.long_lived_token(), http_client=emulator.http_client(), limiter=None
    ) as amo:
        goods, spare = [amo.catalogs.create(name=name) for name in ("Goods", "Spare parts")]
        boat = amo.catalogs.elements.create(goods.id, name="Boat")
        file = amo.files.upload(b"plan", name="plan.txt")
        files = amo.catalogs.elements.files(goods.id)
        files.attach(boat.id, file)
        assert [link.file_uuid for link in files.list(boat.id).to_list()] == [file.uuid]
        last = emulator.requests[-1]
        assert (last.endpoint, last.path) == (
            "entity_files.list",
            f"/api/v4/catalogs/{goods.id}/{boat.id}/files",
        )
        with pytest.raises(NotFoundError):
            amo.catalogs.elements.files(spare.id).attach(boat.id, file)
        files.detach(boat.id, file)
        assert files.list(boat.id).to_list() == []


def test_a_file_lives_its_life(emulator, server):
    with AmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
        lead = amo.leads.list().first()
        assert lead is not None
        assert lead.id is not None
        file = amo.files.upload(b"one", name="note.txt")
        newer = amo.files.upload(b"two!", name="note.txt", version_of=file)
        assert newer.uuid == file.uuid
        assert amo.files.download(newer) == b"two!"
        versions = amo.files.versions(newer)
        assert sorted(version.size or 0 for version in versions) == [3, 4]
        old = next(version for version in versions if not version.is_main)
        assert amo.files.download(old) == b"one"
        assert (amo.files.update(file, version=old)).version_uuid == old.uuid
        assert (amo.files.update(file, name="renamed")).name == "renamed"
        amo.leads.files.attach(lead.id, file)
        assert [link.file_uuid for link in amo.leads.files.list(lead.id).to_list()] == [file.uuid]
        assert [link.id for link in amo.files.links(file)] == [lead.id]
        amo.leads.files.detach(lead.id, file)
        assert amo.leads.files.list(lead.id).to_list() == []
        amo.files.delete(file)
        assert amo.files.list().to_list() == []
        amo.files.restore(file)
        assert [one.uuid for one in amo.files.list().to_list()] == [file.uuid]


def test_many_files_are_listed_and_their_links_walked(emulator, server):
    with AmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
        lead = amo.leads.list().first()
        assert lead is not None
        assert lead.id is not None
        files = [amo.files.upload(b"x", name=f"{number}.txt") for number in range(7)]
        amo.leads.files.attach(lead.id, files)
        listed = amo.files.list(limit=3).to_list()
        linked = amo.leads.files.list(lead.id, limit=3).to_list()
    uuids = {file.uuid for file in files}
    assert len(listed) == len(linked) == 7
    assert {file.uuid for file in listed} == {link.file_uuid for link in linked} == uuids
