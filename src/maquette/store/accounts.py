"""What a user tells this machine about providers: keys, addresses and budgets, from the environment or the keyring.

Keys are read when they are needed and kept nowhere: not in settings, histories, results, tickets or messages.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from maquette.core.errors import BadSetting
from maquette.store.folder import home

KEYRING = "maquette"  # the service name under which a keyring holds our keys
_BUDGETS = {"run": 2.0, "day": 10.0}  # US dollars, where nobody says otherwise


def secrets_of(names: Sequence[str]) -> tuple[str, ...] | None:
    """The keys of these names, each from the environment or else the keyring; None where one of them is in neither."""
    values = [os.environ.get(name, "").strip() or _from_keyring(name) for name in names]
    return tuple(values) if all(values) else None


def line_for_secrets(names: Sequence[str], page: str) -> str:
    """The line that makes missing keys be there."""
    sets = "export " + " ".join(f"{name}=…" for name in names)
    rings = f"keyring set {KEYRING} {names[0]}" if names else ""
    return f"{sets} (or {rings}; keys: {page})"


def address_of(name: str, usual: str) -> str:
    """Where a provider is asked: ``MAQUETTE_<NAME>_ADDRESS``, or the usual place."""
    return os.environ.get(f"MAQUETTE_{name.upper().replace('-', '_')}_ADDRESS", "").strip().rstrip("/") or usual


def orders_folder() -> Path:
    """Where orders at providers are kept: ``MAQUETTE_ORDERS``, which machines that share work share, or our place."""
    return Path(os.environ.get("MAQUETTE_ORDERS") or home() / "hosted")


def orders_are_shared() -> bool:
    """Whether somebody named the folder where orders are kept, so that other machines can have the same one."""
    return bool(os.environ.get("MAQUETTE_ORDERS"))


def budget_usd(of: Literal["run", "day"]) -> float:
    """The most that a run or a day may cost, in US dollars: ``MAQUETTE_RUN_USD``, ``MAQUETTE_DAY_USD``."""
    name = f"MAQUETTE_{of.upper()}_USD"
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else _BUDGETS[of]
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise BadSetting(f"budget: {name} = {text!r}: must be US dollars, 0 or more")
    return value


def _from_keyring(name: str) -> str:
    """A key from the system's keyring; empty where there is none, or no keyring."""
    if find_spec("keyring") is None:
        return ""
    try:
        import keyring

        return keyring.get_password(KEYRING, name) or ""
    except Exception:  # a locked or broken keyring is no keyring
        return ""
