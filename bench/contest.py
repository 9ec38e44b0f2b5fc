"""The contest of hypotheses against the truth: how near each comes, what the judge takes, what an oracle would.

    python bench/contest.py DATA --every 4                  # validation objects, two views each
    python bench/contest.py DATA --train 200 --out rows.json  # objects that the network was trained on
    python bench/contest.py DATA --fit rows.json            # weights of the judge from such rows

The score is F@0.1 of protocol T in the camera's frame, without search and ICP, on 4,000 points.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from bench.generators import SIDE, thing_of
from bench.reconstruction import on_surface, score_clouds
from training.light import photograph
from training.objects import Library, Thing
from training.views import look, random_pose

import maquette as mq
from maquette.core.errors import MaquetteError
from maquette.core.subject import Subject
from maquette.generate.guess.input import balloon
from maquette.generate.guess.network import Guess, infer
from maquette.generate.guess.volume import Field, field_of
from maquette.generate.hypotheses.contest import proposals
from maquette.generate.hypotheses.judge import FEATURES, evidence, merits
from maquette.generate.sculpt.sculpt import _window_mask
from maquette.generate.sculpt.surface import surface_of
from maquette.geometry.f_score import unit_spread

RESOLUTION = 64


def surface_points(shape: Field, count: int = 4000) -> np.ndarray:
    """Points evenly over the surface where the field changes its sign, (count, 3).

    Where the grid's lines cross it they would lie closer together in front, where cells are small: so counted, a ball
    scored 0.55 of 1.
    """
    try:
        return on_surface(*surface_of(shape), count)
    except MaquetteError:
        return np.zeros((0, 3))


def judge_view(thing: Thing, seed: int, elevation: tuple[float, float]) -> dict[str, Any] | None:
    """Evidence and true score of every proposal for one view."""
    rng = np.random.default_rng([11, seed])
    pose = random_pose(thing, rng, elevation=elevation, plain=True)
    view = look(thing, pose, SIDE // 2, rng, repaint=False)
    if view.mask.sum() < 400:
        return None
    pixels = np.round(photograph(view, rng, backdrop=False) * 255).astype(np.uint8)
    subject = Subject(pixels, mask=view.mask.astype(np.float32))
    guess = infer(subject, "bench")
    mask = _window_mask(subject, guess, RESOLUTION)
    body = field_of(guess, mask, 0)
    truth = unit_spread(on_surface(pose.placed(thing.vertices), thing.faces, 4000))
    made = {}
    facts = facts_of(guess)
    some = proposals(body, guess, mask)
    worth = merits(some, body, guess)
    for name, proposal in some.items():
        points = surface_points(proposal.field)
        if len(points) < 100:
            continue
        score = score_clouds(unit_spread(points), truth, (0.1, 0.2, 0.5))
        seen = evidence(proposal, body, guess)
        up = pose.rotation @ [0, 0, 1]
        tilt = np.degrees(np.arccos(np.clip(proposal.up @ up / np.linalg.norm(proposal.up), -1, 1)))
        made[name] = {**seen, **facts, "F": score.fine, "CD": score.chamfer, "merit": worth[name], "tilt": float(tilt),
                      **{f"n_{k}": float(v) for k, v in proposal.numbers.items()}}  # fmt: skip
    return made


def facts_of(guess: Guess) -> dict[str, float]:
    """What is known of the photo before anything is proposed."""
    inside = guess.mask >= 0.5
    columns = np.flatnonzero(inside.any(axis=0))
    box = inside[:, columns[0] : columns[-1] + 1]
    alike = (box & box[:, ::-1]).sum() / max((box | box[:, ::-1]).sum(), 1)
    thick = (guess.back - guess.front)[inside]
    swell = 2 * balloon(guess.mask)[inside]
    return {
        "said": float(np.degrees(np.arcsin(np.clip(-guess.up[2] / np.linalg.norm(guess.up), -1, 1)))),
        "alike": float(alike), "doubt": float(guess.doubt[1][inside].mean()), "full": float(inside.mean()),
        "fat": float(np.log(thick.clip(0.01).mean() / max(float(swell.mean()), 0.01))), "eye": guess.eye,
    }  # fmt: skip


def report(rows: list[dict[str, Any]]) -> str:
    """Means of each hypothesis, of the judge's choice and of the oracle's, and what was chosen."""
    lines = ["| row | F@0.1 | CD | up off |", "| --- | --- | --- | --- |"]
    names = sorted({name for row in rows for name in row["made"]})
    picked: dict[str, list[dict[str, float]]] = {"judge": [], "oracle": []}
    chosen: dict[str, int] = {}
    for row in rows:
        made = row["made"]
        by_merit = max(made, key=lambda name: made[name]["merit"])
        chosen[by_merit] = chosen.get(by_merit, 0) + 1
        picked["judge"].append(made[by_merit])
        picked["oracle"].append(max(made.values(), key=lambda value: value["F"]))
    for name in names:
        picked[name] = [row["made"][name] for row in rows if name in row["made"]]
    for name, some in picked.items():
        means = [np.mean([value[key] for value in some]) for key in ("F", "CD", "tilt")]
        lines.append(f"| {name} ({len(some)}) | {means[0]:.3f} | {means[1]:.3f} | {means[2]:.1f} |")
    return "\n".join(lines) + f"\nchosen: {chosen}"


def fit_priors(rows: list[dict[str, Any]]) -> str:
    """Least squares of (F - F of the body) on the differences of the evidence, one prior a hypothesis."""
    names = sorted({name for row in rows for name in row["made"]} - {"body"})
    left, right = [], []
    for row in rows:
        own = row["made"]["body"]
        for name, value in row["made"].items():
            if name != "body":
                left.append([*(name == other for other in names), *(value[k] - own[k] for k in FEATURES)])
                right.append(value["F"] - own["F"])
    a, b = np.array(left, float), np.array(right)
    ridge = 0.5 * np.eye(a.shape[1])
    weights = np.linalg.solve(a.T @ a + ridge, a.T @ b)
    off = b - a @ weights
    words = ", ".join(f'"{k}": {w:.3f}' for k, w in zip([*names, *FEATURES], weights, strict=True))
    return f"{words}\nexplains {1 - off.var() / b.var():.0%} of the variance of {len(b)} differences"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--views", type=int, default=1)
    parser.add_argument("--train", type=int, default=0, help="so many training objects instead")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--fit", type=Path, nargs="+")
    parser.add_argument("--elevation", type=float, nargs=2, default=(0.0, 45.0))
    given = parser.parse_args()
    if given.fit:
        print(fit_priors([row for place in given.fit for row in json.loads(place.read_text())]))
        return
    rows = []
    if given.train:
        objects = Library(given.data)
        picked = np.random.default_rng(5).choice(len(objects), given.train, replace=False, p=objects.weights)
        things = ((f"train {number}", lambda number=int(number): objects[number]) for number in picked[given.first :])
    else:
        places = sorted((given.data / "meshes/validation").glob("*.glb"))[given.first :: given.every]
        things = ((place.stem, lambda place=place: thing_of(mq.load(place))) for place in places)
    for name, thing in things:
        for view in range(given.views):
            try:
                made = judge_view(thing(), 1000 * view + sum(name.encode()), tuple(given.elevation))
            except Exception as problem:
                print(f"{name}: {type(problem).__name__} {problem}", file=sys.stderr, flush=True)
                continue
            if made:
                rows.append({"object": name, "view": view, "made": made})
                words = "  ".join(f"{k} {v['F']:.3f}/{v['merit']:.2f}" for k, v in made.items())
                print(f"{name} {words}", file=sys.stderr, flush=True)
        if given.out:
            given.out.write_text(json.dumps(rows))
    print(report(rows))


if __name__ == "__main__":
    main()
