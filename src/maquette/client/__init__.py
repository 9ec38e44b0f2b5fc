"""A Maquette that runs elsewhere, from Python: needs httpx and nothing heavier."""

from maquette.client.connection import Client
from maquette.client.remote_job import RemoteJob

__all__ = ["Client", "RemoteJob"]
