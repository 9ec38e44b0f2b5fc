"""A project as one file: all jobs of a thing, their files, the results of their steps, comments and notes.

A zip of ``project.json``, ``files/DIGEST`` and ``steps/KEY``. On another machine the jobs have the ids that they had,
so links keep their meaning; steps that came along are kept there too, where its own user takes them in. What has not
ended stays behind. Everything in such a file is a stranger's word: digests are computed anew, ids and names are
checked, values are plain data.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from maquette.core.errors import BadInput, MaquetteError
from maquette.core.values import decode, encode
from maquette.flow.queue.entry import FINAL
from maquette.flow.queue.order import read_order
from maquette.flow.queue.owned import own_file
from maquette.flow.queue.shared import SharedRows
from maquette.flow.queue.tables import events, jobs
from maquette.flow.queue.workshop import Workshop

LOCAL = "local"  # the owner of what this machine's own user orders
FORMAT, MOST_JOBS, MOST_BYTES, MOST_TAG = 1, 1000, 2_000_000_000, 200
_ID = re.compile(r"[0-9a-f]{32}")
_KEY, _DIGEST = re.compile(r"[0-9a-f]{16,64}"), re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[\w][\w .()+-]{0,99}")
_COLUMNS = ("id", "wish", "tag", "state", "attempt", "created", "started", "ended", "outputs", "error", "facts")


def pack_project(workshop: Workshop, tag: str, owner: str) -> bytes:
    """The project of a tag as a zip; ``BadInput`` where nothing of it has ended."""
    mine = sa.and_(jobs.c.owner == owner, sa.or_(jobs.c.tag == tag, jobs.c.tag.startswith(f"{tag}-", autoescape=True)))
    with workshop.ledger.database.reading() as connection:
        rows = [row._mapping for row in connection.execute(sa.select(jobs).where(mine, jobs.c.state.in_(FINAL)))]
    if not rows:
        raise BadInput(f"project: nothing of {tag[:40]!r} has ended yet; wait for it")
    shared = SharedRows(workshop.ledger.database)
    nodes = {row["id"]: list(workshop.ledger.nodes_of(row["id"]).values()) for row in rows}
    names = [f"model/{tag}", *(f"graph/{row['id']}" for row in rows)]
    read = {name: shared.read(name, owner) for name in names}
    rooms = {name: document for name, document in read.items() if document is not None}
    facts = {"maquette_project": FORMAT, "tag": tag, "rooms": rooms}
    facts["jobs"] = [{**{name: row[name] for name in _COLUMNS}, "nodes": nodes[row["id"]]} for row in rows]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.json", json.dumps(facts))
        for digest in sorted({digest for row in rows for digest in _digests(row)}):
            if workshop.blobs.has(digest):
                archive.writestr(f"files/{digest}", workshop.blobs.read(digest))
        for key in sorted({node["key"] for listed in nodes.values() for node in listed if node.get("key")}):
            value = workshop.store.get(key)
            if value is not None:
                archive.writestr(f"steps/{key}", b"".join(encode(value)))
    return stream.getvalue()


def _digests(row: Any) -> list[str]:
    """The files that a job took and gave."""
    taken = [source.digest for source in read_order(row["wish"]).inputs.values()]
    return [*taken, *(each["digest"] for each in json.loads(row["outputs"]))]


def unpack_project(
    workshop: Workshop, data: bytes, owner: str, insist_on_room: Callable[[int], None]
) -> tuple[str, list[str]]:
    """Take a project in; its tag, and the ids of its jobs, newest last. Jobs that are here already stay as they are.

    ``insist_on_room`` refuses so many more bytes of this owner. Results of steps are everybody's, for their keys say
    nothing of what is in them: only this machine's own user brings them along.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise BadInput(f"project: more than {MOST_BYTES:,} bytes when unpacked; leave versions out")
            facts = json.loads(archive.read("project.json"))
            rows = [_insist_on_row(row) for row in facts["jobs"][:MOST_JOBS]]
            rooms = facts.get("rooms", {})
            if not isinstance(rooms, dict):
                raise BadInput(f"project: its rooms are a {type(rooms).__name__}, not an object; pack it again")
            sizes = _take_files(workshop, archive, rows, owner, insist_on_room)
            if owner == LOCAL:
                _take_steps(workshop, archive)
            else:
                rows = [{**row, "nodes": [_without_key(node) for node in row["nodes"]]} for row in rows]
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as problem:
        raise BadInput(f"project: this is no project of Maquette ({type(problem).__name__}); pack it again") from None
    _write_jobs(workshop, rows, owner, sizes)
    shared = SharedRows(workshop.ledger.database)
    for name, shared_rows in rooms.items():
        if isinstance(shared_rows, dict) and shared.read(name[:200], owner) is None:
            shared.write(name[:200], owner, shared_rows)
    return str(facts.get("tag", ""))[:200], [row["id"] for row in sorted(rows, key=lambda row: row["created"])]


def _insist_on_row(row: dict[str, Any]) -> dict[str, Any]:
    """A job's row; ``BadInput`` where it is none that we could have written."""
    plain = {name: row[name] for name in _COLUMNS}
    outputs = json.loads(plain["outputs"])
    plain["wish"] = replace(read_order(plain["wish"]), pay_usd=0.0).text()  # a file allows nobody to spend
    sound = _ID.fullmatch(plain["id"]) and isinstance(plain["tag"], str) and plain["state"] in FINAL
    sound = (
        sound
        and len(plain["tag"]) <= MOST_TAG
        and all(_DIGEST.fullmatch(each["digest"]) and _NAME.fullmatch(each["name"]) for each in outputs)
    )
    if not sound:
        raise BadInput(f"project: the job {str(plain['id'])[:40]!r} is none that we wrote; pack it again")
    json.loads(plain["facts"]), json.loads(plain["error"] or "null")
    plain |= {name: float(plain[name]) for name in ("created", "started", "ended") if plain[name] is not None}
    return {**plain, "attempt": int(plain["attempt"]), "nodes": [dict(node) for node in row["nodes"]]}


def _without_key(node: dict[str, Any]) -> dict[str, Any]:
    """What is said of a node, without the key of its result."""
    return {name: value for name, value in node.items() if name != "key"}


def _take_files(
    workshop: Workshop,
    archive: zipfile.ZipFile,
    rows: list[dict[str, Any]],
    owner: str,
    insist_on_room: Callable[[int], None],
) -> dict[str, int]:
    """The files that the jobs name, under digests that were computed here; their sizes."""
    packed = set(archive.namelist())
    digests = sorted({digest for row in rows for digest in _digests(row) if f"files/{digest}" in packed})
    sizes = {digest: archive.getinfo(f"files/{digest}").file_size for digest in digests}
    files = workshop.ledger.files
    insist_on_room(sum(size for digest, size in sizes.items() if files.file_of(digest, owner) is None))
    for digest in digests:
        data = archive.read(f"files/{digest}")
        if hashlib.sha256(data).hexdigest() != digest:
            raise BadInput(f"project: the file {digest[:64]} is not what its name says; pack it again")
        workshop.blobs.put(data)
    return sizes


def _take_steps(workshop: Workshop, archive: zipfile.ZipFile) -> None:
    """Results of steps that are not known here; one that cannot be read is made again when it is needed."""
    for name in archive.namelist():
        key = name.removeprefix("steps/")
        if name.startswith("steps/") and _KEY.fullmatch(key) and workshop.store.get(key) is None:
            try:
                workshop.store.put(key, decode(archive.read(name)))
            except MaquetteError:
                continue


def _write_jobs(workshop: Workshop, rows: list[dict[str, Any]], owner: str, sizes: dict[str, int]) -> None:
    """The jobs with what was said of their nodes, and whose their files are."""
    with workshop.ledger.database.writing() as connection:
        known = set(
            connection.execute(sa.select(jobs.c.id).where(jobs.c.id.in_([row["id"] for row in rows]))).scalars()
        )
        for row in rows:
            if row["id"] not in known:
                plain = {name: value for name, value in row.items() if name != "nodes"}
                connection.execute(jobs.insert().values(**plain, owner=owner, progress=1.0, message=""))
                tell = {"job": row["id"], "at": row["created"]}
                connection.execute(events.insert().values(**tell, kind="state", data=json.dumps({"state": "queued"})))
                for node in row["nodes"]:
                    connection.execute(events.insert().values(**tell, kind="node", data=json.dumps(node)))
                ended = json.dumps({"state": row["state"]})
                connection.execute(events.insert().values(**tell, kind="state", data=ended))
            names = {each["digest"]: each["name"] for each in json.loads(row["outputs"])}
            names |= {source.digest: source.name for source in read_order(row["wish"]).inputs.values()}
            for digest, name in names.items():
                if digest in sizes:
                    own_file(connection, digest, owner, name, sizes[digest])
