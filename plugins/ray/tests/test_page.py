"""The code of docs/clusters.md runs, and prints what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "clusters.md"
BLOCKS = re.findall(
    r"^## (\w+)\n.*?```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text("utf-8"), re.S | re.M
)


def test_the_page_has_all_of_them():
    assert [name for name, _, _ in BLOCKS] == ["Ray", "Dask", "Spark"]


@pytest.mark.parametrize(("name", "code", "output"), BLOCKS, ids=[block[0] for block in BLOCKS])
def test_a_block_prints_what_the_page_says(name, code, output, tmp_path):
    script = tmp_path / "block.py"
    script.write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == output
