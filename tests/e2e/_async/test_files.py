"""Twenty megabytes up in parts and down again, over a socket, against the emulator's drive."""

from __future__ import annotations

import hashlib
import random

import attrs
import pytest

from amocrm_sync import AsyncAmoCRM, NotFoundError, UploadInterrupted, UploadSession
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


async def in_pieces(content: bytes, size: int):
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def test_twenty_megabytes_come_down_as_they_went_up(emulator, server, content, tmp_path):
    source, target = tmp_path / "film.mp4", tmp_path / "back.mp4"
    source.write_bytes(content)
    up: list[tuple[int, int | None]] = []
    down: list[tuple[int, int | None]] = []
    async with AsyncAmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
        file = await amo.files.upload(
            source, content_type="video/mp4", progress=lambda *seen: up.append(seen)
        )
        assert await amo.files.download(file, target, progress=lambda *seen: down.append(seen)) == target
        assert await amo.files.download(file.uuid or "") == content
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(content).digest()
    assert (file.name, file.extension, file.size) == ("film", "mp4", SIZE)
    assert len(up) == 41, "40 whole parts and the rest"
    assert up[-1] == down[-1] == (SIZE, SIZE)


async def test_a_broken_part_is_gone_on_with(emulator, server, content):
    """The connection of the third part breaks before the drive has it; another process may go on."""
    async with AsyncAmoCRM(
        server.base_url, token=emulator.long_lived_token(), limiter=None, retry=None
    ) as amo:
        files, faults = amo.files, Faults()

        def break_the_third(sent: int, _total: int | None) -> None:
            if sent == 2 * PART:
                emulator.faults = faults
                faults.next(match=PART_PATH, lose_answer=True, hang=False, effect=False)

        with pytest.raises(UploadInterrupted, match=f"after {2 * PART} of {SIZE} bytes") as caught:
            await files.upload(in_pieces(content, 100_000), name="a.bin", size=SIZE, progress=break_the_third)
        emulator.faults = None
        kept = attrs.asdict(caught.value.session)
        file = await files.upload(in_pieces(content, 70_000), resume=UploadSession(**kept))
        assert await files.download(file) == content


async def test_a_part_that_arrived_unseen_ends_the_session_clearly(emulator, server, content):
    """Its answer was lost, the drive has moved on: the old address is gone, and a new upload works."""
    async with AsyncAmoCRM(
        server.base_url, token=emulator.long_lived_token(), limiter=None, retry=None
    ) as amo:
        small, faults = content[: 2 * PART], Faults()

        def lose_the_next_answer(_sent: int, _total: int | None) -> None:
            emulator.faults = faults
            faults.next(match=PART_PATH, lose_answer=True, hang=False)

        with pytest.raises(UploadInterrupted) as caught:
            await amo.files.upload(small, name="a.bin", progress=lose_the_next_answer)
        emulator.faults = None
        with pytest.raises(NotFoundError):
            await amo.files.upload(small, resume=caught.value.session)
        file = await amo.files.upload(small, name="a.bin")
        assert await amo.files.download(file) == small


async def test_files_hang_on_elements_of_lists_too(emulator):
    """By the official PHP SDK; the API page does not say so."""
    async with AsyncAmoCRM(
        "demo", token=emulator.long_lived_token(), http_client=emulator.http_client(), limiter=None
    ) as amo:
        goods, spare = [await amo.catalogs.create(name=name) for name in ("Goods", "Spare parts")]
        boat = await amo.catalogs.elements.create(goods.id, name="Boat")
        file = await amo.files.upload(b"plan", name="plan.txt")
        files = amo.catalogs.elements.files(goods.id)
        await files.attach(boat.id, file)
        assert [link.file_uuid for link in await files.list(boat.id).to_list()] == [file.uuid]
        last = emulator.requests[-1]
        assert (last.endpoint, last.path) == (
            "entity_files.list",
            f"/api/v4/catalogs/{goods.id}/{boat.id}/files",
        )
        with pytest.raises(NotFoundError):
            await amo.catalogs.elements.files(spare.id).attach(boat.id, file)
        await files.detach(boat.id, file)
        assert await files.list(boat.id).to_list() == []


async def test_a_file_lives_its_life(emulator, server):
    async with AsyncAmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
        lead = await amo.leads.list().first()
        assert lead is not None
        assert lead.id is not None
        file = await amo.files.upload(b"one", name="note.txt")
        newer = await amo.files.upload(b"two!", name="note.txt", version_of=file)
        assert newer.uuid == file.uuid
        assert await amo.files.download(newer) == b"two!"
        versions = await amo.files.versions(newer)
        assert sorted(version.size or 0 for version in versions) == [3, 4]
        old = next(version for version in versions if not version.is_main)
        assert await amo.files.download(old) == b"one"
        assert (await amo.files.update(file, version=old)).version_uuid == old.uuid
        assert (await amo.files.update(file, name="renamed")).name == "renamed"
        await amo.leads.files.attach(lead.id, file)
        assert [link.file_uuid for link in await amo.leads.files.list(lead.id).to_list()] == [file.uuid]
        assert [link.id for link in await amo.files.links(file)] == [lead.id]
        await amo.leads.files.detach(lead.id, file)
        assert await amo.leads.files.list(lead.id).to_list() == []
        await amo.files.delete(file)
        assert await amo.files.list().to_list() == []
        await amo.files.restore(file)
        assert [one.uuid for one in await amo.files.list().to_list()] == [file.uuid]


async def test_many_files_are_listed_and_their_links_walked(emulator, server):
    async with AsyncAmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
        lead = await amo.leads.list().first()
        assert lead is not None
        assert lead.id is not None
        files = [await amo.files.upload(b"x", name=f"{number}.txt") for number in range(7)]
        await amo.leads.files.attach(lead.id, files)
        listed = await amo.files.list(limit=3).to_list()
        linked = await amo.leads.files.list(lead.id, limit=3).to_list()
    uuids = {file.uuid for file in files}
    assert len(listed) == len(linked) == 7
    assert {file.uuid for file in listed} == {link.file_uuid for link in linked} == uuids
