"""What the site does to pages on their way: two of them are files of the repository's root."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_FROM_ROOT = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The text of a page; that of a root file has its links turned to where the pages are."""
    name = _FROM_ROOT.get(page.file.src_uri)
    if name is None:
        return markdown
    text = (ROOT / name).read_text(encoding="utf-8")
    for target, source in _FROM_ROOT.items():
        text = text.replace(f"]({source})", f"]({target})")
    return text.replace("](docs/", "](")
