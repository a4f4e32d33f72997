"""The template, installed as a stranger would install it: a distribution of its own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from isomorph.testing.recipes import CATALOGUE
from isomorph.testing.tiny_encoders import TinyEncoder

TEMPLATE = Path(__file__).parents[2] / "plugins" / "template"

BESIDE_THE_REFERENCE = """
import json, sys
from pathlib import Path
from isomorph.contract import Options
from isomorph.plugins.reading import read_model
from isomorph.runtime.selection import choose
from isomorph.testing.feeds import batches
from isomorph.testing.models import write

model = read_model(write("everything", Path(sys.argv[1])))
plans = [choose(model, name) for name in ("template", "reference")]
runners = [plan.open(Options()) for plan in plans]
off = [
    float(abs(mine - theirs).max())
    for feeds in batches(model).values()
    for mine, theirs in zip(*(runner.forward(feeds).values() for runner in runners), strict=True)
]
rows = [[row.runs, row.reason] for row in plans[0].explain().rows]
import isomorph_template
origin = isomorph_template.__file__
print(json.dumps({"off": off, "rows": rows, "origin": origin, "text": str(plans[0].explain())}))
"""

ABSENT = """
from isomorph.errors import BackendNotFound
from isomorph.plugins.discovery import installed
try:
    installed().backend("template")
except BackendNotFound as error:
    print(error)
"""


@pytest.fixture
def installed_template(site, tmp_path):
    """The template built and installed into the site folder, from a copy of its sources."""
    sources = shutil.copytree(TEMPLATE, tmp_path / "sources")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(site.folder), str(sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return site


def test_it_runs_beside_the_reference_and_goes_away_again(installed_template, tmp_path):
    site = installed_template
    code = BESIDE_THE_REFERENCE.replace("sys.argv[1]", repr(str(tmp_path / "model")))
    answer = json.loads(site.run(code))
    assert Path(answer["origin"]).is_relative_to(site.folder)
    assert max(answer["off"]) < 1e-5

    runs, reasons = zip(*answer["rows"], strict=True)
    assert runs == ("template", *["reference"] * 6)
    assert reasons[1].startswith("'pooling' needs concat, divide, matmul")
    assert "why not natively" in answer["text"]

    shutil.rmtree(site.folder / "isomorph_template")
    shutil.rmtree(next(site.folder.glob("isomorph_template-*.dist-info")))
    assert "Backend 'template' was asked for, but the installed backends are" in site.run(ABSENT)


def test_it_passes_the_kit(installed_template):
    command = ["-m", "pytest", "-q", "-p", "isomorph.testing.plugin", "-p", "no:cacheprovider"]
    command += ["--isomorph-backend", "template", "--pyargs", "isomorph.testing.suite"]
    command += ["-k", "bert-odd-sizes or roberta-types or vacuous or quiet or devices"]
    out = installed_template.python(*command, ISOMORPH_EXPECT="template")
    encoders = [recipe for recipe in CATALOGUE.values() if isinstance(recipe.first, TinyEncoder)]
    claimed, every = map(int, re.search(r"transformer\D+(\d+)/(\d+)", out).groups())
    assert every == len(encoders)
    assert 40 < claimed < every, "BERT's descendants; what needs rotary positions and more is not"
    assert "failed" not in out


def test_it_uses_only_what_the_contract_allows():
    allowed = ("contract", "program", "hookspecs", "errors", "testing")
    for file in TEMPLATE.rglob("*.py"):
        for line in file.read_text("utf-8").splitlines():
            if line.strip().startswith(("from isomorph.", "import isomorph.")):
                module = line.split()[1].split(".")[1]
                assert module in allowed, f"{file.name}: {line}"
