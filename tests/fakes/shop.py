"""A street of fake providers for one test: each opened at its own address, with a key, and without waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.base_server import KEY, Fake
from maquette.generate.hosted import web
from maquette.generate.hosted.provider import Provider


class Street:
    """Fakes that are open; ``close`` ends them all."""

    def __init__(self, patch: pytest.MonkeyPatch, home: Path) -> None:
        self.patch, self.home = patch, home
        self.fakes: list[Fake] = []

    def open(self, fake: Fake, name: str, provider: Provider) -> Fake:
        """A fake in the place of a provider."""
        self.fakes.append(fake)
        self.patch.setenv("MAQUETTE_HOME", str(self.home))
        self.patch.setenv(f"MAQUETTE_{name.upper().replace('-', '_')}_ADDRESS", fake.url)
        self.patch.setenv(provider.offer.secrets[0], KEY)
        self.patch.setattr(web, "pause", lambda *_: None)
        return fake

    def close(self) -> None:
        for fake in self.fakes:
            fake.close()
