"""Results and weights on disk: results by the digest of what made them, weights by address and sha256."""

from maquette.store.blobs import Blobs
from maquette.store.folder import home
from maquette.store.results import NOUNS_VERSION, Store, key_of
from maquette.store.shared import Bucket, SharedBlobs, SharedStore
from maquette.store.weights import Weights, fetch

__all__ = [
    "NOUNS_VERSION",
    "Blobs",
    "Bucket",
    "SharedBlobs",
    "SharedStore",
    "Store",
    "Weights",
    "fetch",
    "home",
    "key_of",
]
