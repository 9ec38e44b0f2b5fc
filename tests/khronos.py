"""Khronos' glTF validator as a judge: what it says of a GLB."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

VALIDATOR = Path(os.environ.get("GLTF_VALIDATOR", "node_modules/gltf-validator"))
SCRIPT = """
const validator = require(process.argv[1]);
validator.validateBytes(new Uint8Array(require('fs').readFileSync(0)), {maxIssues: 50})
  .then(report => console.log(JSON.stringify(report.issues)));
"""
needs_validator = pytest.mark.skipif(
    not (shutil.which("node") and VALIDATOR.exists()),
    reason="needs node and `npm install gltf-validator`; GLTF_VALIDATOR names the package's folder",
)


def issues_of(data: bytes) -> dict[str, Any]:
    """The issues of a GLB: their numbers, and ``messages``."""
    ran = subprocess.run(["node", "-e", SCRIPT, str(VALIDATOR.absolute())], input=data, capture_output=True, check=True)
    issues: dict[str, Any] = json.loads(ran.stdout)
    return issues
