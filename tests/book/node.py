"""Run an explorer's arithmetic under node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import playwright

STATIC = Path(__file__).parents[2] / "book/_static"


def run_in_node(name: str, expression: str, value: object = None) -> Any:
    """Evaluate a JavaScript expression of `explorer`, what NAME.js exports, and `value`."""
    bundled = Path(playwright.__file__).parent / "driver/node"
    node = shutil.which("node") or str(bundled)
    program = (
        f"const explorer = require({json.dumps(str(STATIC / name))});"
        "const value = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"console.log(JSON.stringify({expression}));"
    )
    done = subprocess.run(
        [node, "-e", program],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def error_in_node(name: str, expression: str, value: object = None) -> list[str]:
    """Return the name and the message of the error that an expression throws."""
    caught = f"(() => {{ try {{ {expression}; }} catch (e) {{ return [e.name, e.message]; }} }})()"
    return run_in_node(name, caught, value)
