"""Draft, then final: a cheap generator until the photo is right, then one run that costs, of the very same photo.

A draft leaves a lock beside it: the photos' sha256, the options, and what the draft's own checks said. A final run is
made of the locked photo and options and of no others; where the photo has changed since, a new draft comes first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.report import Report
from maquette.flow import disk
from maquette.flow.deliver import Delivery, deliver
from maquette.flow.jobs import Destination, job_from
from maquette.flow.make import generators
from maquette.flow.photos import Photo, Photos
from maquette.flow.streams import read_bytes
from maquette.registry import registry
from maquette.store import Store

NOISE = (  # checks whose warning means that the generator did not understand the photo, not that the thing is awkward
    "inner-shells", "self-intersections", "edge-manifold", "vertex-manifold", "watertight", "degenerate", "silhouette",
    "small-holes", "winding",
)  # fmt: skip
LOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Lock:
    """What a draft was made of and what was said of it."""

    photos: Mapping[str, str]
    destination: Destination
    options: Mapping[str, Any]
    generator: str
    verdict: str
    noise: tuple[str, ...] = ()


def make_draft(
    destination: Destination, photo: Photo, output: Path, generator: str, options: Mapping[str, Any]
) -> tuple[Delivery, Lock]:
    """A draft as ``OUT.draft.EXT``, and its lock beside it; only generators that cost nothing draft."""
    _insist_on_generator(generator, is_free=True)
    place = draft_place(output)
    job = job_from(destination, photo, place, {**options, "generator": generator})
    done = deliver(job, Store())
    noise = noise_in(done.made.report)
    lock = Lock(_digests(photo), destination, dict(options), generator, done.made.report.verdict, noise)
    text = json.dumps(asdict(lock), indent=1, default=str)
    name = lock_place(output).name
    disk.put(Files(name, {name: text.encode()}), lock_place(output))
    return done, lock


def make_final(photo: Photo, output: Path, generator: str, lock: Lock) -> Delivery:
    """The final run: the locked photo and options with another generator; ``BadInput`` for another photo."""
    _insist_on_generator(generator, is_free=False)
    insist_on_locked(photo, lock)
    options = {**lock.options, "generator": generator}
    return deliver(job_from(lock.destination, photo, output, options), Store())


def read_lock(output: Path) -> Lock | None:
    """The lock beside an output; None where there is none yet, ``BadInput`` for what is none."""
    place = lock_place(output)
    if not place.exists():
        return None
    try:
        plain = json.loads(read_bytes(place, LOCK_BYTES))
        lock = Lock(**{**plain, "noise": tuple(plain["noise"])})
        if lock.destination not in ("print", "model") or not isinstance(lock.options, dict):
            raise ValueError("its fields are not a lock's")
        return lock
    except (ValueError, TypeError, KeyError) as problem:
        raise BadInput(f"{place.name}: is no lock of a draft ({problem}); delete it and draft again") from None


def is_of(lock: Lock, photo: Photo, options: Mapping[str, Any], destination: Destination) -> bool:
    """Whether a draft was made of this very photo, with these options, for this destination."""
    plain = json.loads(json.dumps(dict(options), default=str))
    return (lock.photos, lock.options, lock.destination) == (_digests(photo), plain, destination)


def insist_on_locked(photo: Photo, lock: Lock) -> None:
    """``BadInput`` where the photo is not the one that the draft was made of."""
    wanted, digests = lock.photos, _digests(photo)
    for name in sorted({*wanted, *digests}):
        if wanted.get(name) != digests.get(name):
            raise BadInput(
                f"final: the photo {name} is not the one of the draft (sha256 {str(digests.get(name))[:12]}…, drafted "
                f"{str(wanted.get(name))[:12]}…); draft again first"
            )


def noise_in(report: Report) -> tuple[str, ...]:
    """Checks of a draft that say that its generator did not understand the photo."""
    return tuple(f.check for f in report.findings if f.check in NOISE and f.verdict in ("warn", "fail"))


def draft_place(output: Path) -> Path:
    """``chair.draft.glb`` beside ``chair.glb``."""
    return output.with_name(f"{output.stem}.draft{output.suffix}")


def lock_place(output: Path) -> Path:
    """``chair.lock.json`` beside it."""
    return output.with_name(f"{output.stem}.lock.json")


def _digests(photo: Photo) -> dict[str, str]:
    """sha256 of each photo by direction."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in Photos.of(photo).by_direction.items()}


def _insist_on_generator(name: str, *, is_free: bool) -> None:
    """There is such a generator, and a draft's costs nothing."""
    if name not in generators():
        raise BadSetting(f"draft: no generator {name!r}; `maquette generators` lists them")
    if is_free and registry()[name].stage.facts.price_of:
        raise BadSetting(f"draft: {name} costs money; draft with one that runs here, as sculpt")
