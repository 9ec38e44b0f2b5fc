"""Does the mask check say no when it should? Fits its weights on nine tenths of the masks, tests them on the rest.

    python bench/mask_truth.py DATA CACHE [--composites 160] [--keep CASES.json]

Masks are those that `matte` makes of photographs with drawn masks and of held-out composites. "Wrong" is an overlap
with the truth below 0.8. Wanted: of the wrong at least 80 % flagged, of the good at most 5 %.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np

from cutting_out import boundary, composites, ours, overlap, photographs, table
from maquette.core.errors import CannotDo
from maquette.photo.cues import Cues, cues_of
from maquette.photo.mask_truth import WEIGHTS, chance_of_truth

GOOD = 0.8
FOLDS, ROUNDS = 10, 20  # of the cross-validation


def measure_masks(data: Path, cache: Path, count: int, kept: Path | None) -> list[dict]:
    """Cues, overlap, boundary F and CPU seconds of every mask; what there is so far is kept in a file."""
    rows: list[dict] = []
    for kind, name, pixels, truth in photographs(data) + composites(cache, count):
        before = time.process_time()
        try:
            mask = ours(pixels)
        except CannotDo:
            rows.append({"kind": kind, "name": name, "overlap": 0.0, "boundary": 0.0, "seconds": 0.0, "refused": True})
            continue  # nobody is misled
        seconds = time.process_time() - before
        facts = {"overlap": overlap(mask, truth), "boundary": boundary(mask, truth), "seconds": seconds}
        rows.append({"kind": kind, "name": name, **facts, **dataclasses.asdict(cues_of(pixels, mask))})
        if kept:
            kept.write_text(json.dumps(rows))
    return rows


def fit(x: np.ndarray, y: np.ndarray, pull: float = 1.0) -> np.ndarray:
    """Logistic regression with a pull to zero on standardised cues, by Newton's method; (N, K), (N,) -> (K + 1,)."""
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = np.column_stack([(x - middle) / spread, np.ones(len(x))])
    weight = np.zeros(z.shape[1])
    share = np.where(y > 0, 0.5 / max(y.mean(), 1e-6), 0.5 / max(1 - y.mean(), 1e-6))
    ridge = pull * np.diag([1.0] * x.shape[1] + [0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ weight))
        slope = z.T @ (share * (p - y)) + ridge @ weight
        bend = (z * (share * p * (1 - p))[:, None]).T @ z + ridge
        weight -= np.linalg.solve(bend, slope)
    plain = weight[:-1] / spread
    return np.append(plain, weight[-1] - plain @ middle)


def flagged_shares(chances: np.ndarray, scores: np.ndarray, limit: float) -> tuple[float, float]:
    """Share of the wrong that is flagged, share of the good that is."""
    no = chances < limit
    return float(no[scores < GOOD].mean()), float(no[scores >= GOOD].mean())


def tell(what: str, chances: np.ndarray, scores: np.ndarray) -> None:
    """One line a limit."""
    for limit in (0.2, 0.3, 0.4, 0.5, 0.6):
        wrong, good = flagged_shares(chances, scores, limit)
        print(f"{what}: limit {limit:.1f} flags {wrong:.2f} of the wrong, {good:.2f} of the good")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--composites", type=int, default=160)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        rows = json.loads(options.keep.read_text())
    else:
        rows = measure_masks(options.data, options.cache, options.composites, options.keep)
    table("ours", [(row["kind"], row["name"], row["overlap"], row["boundary"], row["seconds"]) for row in rows])
    rows = [row for row in rows if "refused" not in row]
    names = [field.name for field in dataclasses.fields(Cues)]
    every = np.array([[row[name] for name in names] for row in rows])
    used = np.flatnonzero(WEIGHTS.numbers())
    x, scores = every[:, used], np.array([row["overlap"] for row in rows])
    y = (scores >= GOOD).astype(float)
    print(f"{len(rows)} masks, {int((1 - y).sum())} of them wrong")
    rng, chances = np.random.default_rng(0), np.zeros(len(rows))
    for _ in range(ROUNDS):
        fold = rng.permutation(len(rows)) % FOLDS
        for own in range(FOLDS):
            weight = fit(x[fold != own], y[fold != own], pull=3.0)
            chances[fold == own] += 1 / (1 + np.exp(-(x[fold == own] @ weight[:-1] + weight[-1]))) / ROUNDS
    tell("cross-validated", chances, scores)
    weight = fit(x, y, pull=3.0)
    print(
        ", ".join(f"{names[k]}={value:.2f}" for k, value in zip(used, weight[:-1], strict=True)),
        f"BASE = {weight[-1]:.2f}",
    )
    tell("as in the package", np.array([chance_of_truth(Cues(*row)) for row in every]), scores)


if __name__ == "__main__":
    main()
