"""Open-weight generators on this machine's own graphics card, each a program of its own: see ``process``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting, CannotDo, Unavailable
from maquette.core.subject import Subject, Views
from maquette.generate.hosted.files import insist_on_model, land, pictures_of
from maquette.generate.hosted.provider import Effort, Faces, Looks, Offer, Refusal, Seed
from maquette.generate.workers.process import Description, described_workers, read_description, run_job, workers_folder
from maquette.registry import stage


def missing() -> str:
    """Ready as soon as one worker is described."""
    if described_workers():
        return ""
    return f"describe a worker in {workers_folder()}/NAME.json (docs/providers.md; scripts: examples/workers)"


@stage(
    licence="as the worker's model; it is noted in the result",
    device="the worker's, most often cuda",
    missing=missing,
    varying="another program with an environment of its own",
)
def local_worker(
    subject: Subject | Views,
    *,
    worker: Annotated[
        str, Field(pattern=r"^[a-z0-9.-]{0,40}$", description="its name; empty: the only one that is described")
    ] = "",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by an open-weight model that runs on this machine as a program of its own.

    TRELLIS, TRELLIS.2, Hunyuan3D-2, TripoSG and SAM 3D have ready scripts. Nothing leaves this machine. The worker is
    started once and stays for the next job; whoever stops the job ends it.
    """
    front = subject.subjects["front"] if isinstance(subject, Views) else subject
    if front.mask is None:
        raise BadInput("local-worker: the subject has no mask; cut it out with matte first")
    description = _chosen_worker(worker)
    offer = _as_offer(description)
    settings = {"effort": effort, "looks": looks, "faces": faces, "seed": seed}
    with tempfile.TemporaryDirectory(prefix="maquette-worker-") as folder:
        pictures: dict[str, str] = {}
        for name, data in pictures_of(subject, offer).items():
            place = Path(folder) / f"{name}.png"
            place.write_bytes(data)
            pictures[name] = str(place)
        output = run_job(description, pictures, Path(folder) / "model.glb", settings)
        try:
            model = insist_on_model(output.read_bytes(), "a file")
        except Refusal as refusal:
            raise CannotDo(f"local-worker: {description.name}: {refusal.words}; see its log") from None
    return land(model, subject, offer, "on this machine")


def _chosen_worker(name: str) -> Description:
    """The worker of this name, or the only one there is."""
    if name:
        return read_description(name)
    workers = described_workers()
    if not workers:
        raise Unavailable(f"local-worker: there is none; {missing()}")
    if len(workers) > 1:
        raise BadSetting(f"local-worker: which one? there are {', '.join(workers)}; say worker")
    return next(iter(workers.values()))


def _as_offer(description: Description) -> Offer:
    """What a worker takes and under which licence it gives, in the words of all generators elsewhere."""
    name = description.name
    return Offer("local-worker", name, "", (), "", description.licence, "", "", views=description.views)
