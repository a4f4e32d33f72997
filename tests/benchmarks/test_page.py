"""The page of a record is whole, well-formed and self-contained, and a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from drawn import RANDOM
from tests.benchmarks.simulated import WORKLOADS, record, row

from isomorph_bench.records.row import Row
from isomorph_bench.report.charts import charts, unbeaten
from isomorph_bench.report.markdown import in_place, pages
from isomorph_bench.report.page import page
from isomorph_bench.report.svg import Axis, Scale, Series, chart, number

SWEEP = {
    f"{axis} {at}": {
        "kind": "pass", "items": 8, "unit": "texts", "fingerprint": "d", "axis": axis, "at": at,
        "tokens": 8 * at, "median": at,
    }
    for axis, places in (("length", (8, 128, 2048)), ("batch", (1, 64, 512)))
    for at in places
}  # fmt: skip


def made():
    """Two contenders in every kind of workload, and one that is void."""
    rows = []
    for name, ours, pace in (("onnx <&>", True, 1.0), ("peer", False, 1.4)):
        calls = tuple(tuple(0.004 * pace * RANDOM.lognormal(0, 0.3, 50)) for _ in range(3))
        rows.append(Row(name, "one", ours, rounds=calls, cosine=1.0))
        soak = tuple((float(at), 3e8 + 1e6 * at) for at in range(5))
        rows.append(
            row(name, "mixed", pace, pace, ours=ours, cosine=0.9 + pace / 20, resident=soak)
        )
        rows += [
            row(name, each, pace * about["at"] ** 0.8, ours=ours) for each, about in SWEEP.items()
        ]
    rows.append(Row("wrong", "mixed", void="differs from the reference by 2.5e-01"))
    return record(*rows, workloads={**WORKLOADS, **SWEEP}, model="a <model> & more")


class Outline(HTMLParser):
    """Opens and closes every element that must be closed, and keeps what the page would load."""

    VOID = frozenset({"meta", "line", "polyline"})

    def __init__(self):
        super().__init__()
        self.open, self.count, self.loads = [], {}, []

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.loads += [value for name, value in attrs if name in ("src", "href", "srcset")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing():
    text = page([made()])
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert outline.loads == []
    assert not re.search(r"https?:|@import|url\(|<script|<link", text)
    assert outline.count["figure"] == outline.count["svg"] == 5
    assert outline.count["table"] == 4
    assert "prefers-color-scheme:dark" in text
    assert '<meta name="viewport"' in text


def test_what_models_and_contenders_are_called_is_no_markup():
    text = page([made()])
    assert "a &lt;model&gt; &amp; more" in text
    assert "<model>" not in text
    assert "onnx <&>" not in text


def test_every_kind_of_sample_has_its_chart():
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", "".join(charts(made())))
    assert titles == [
        "Throughput by tokens of a text",
        "Throughput by texts of a call",
        "Calls answered within a time: one",
        "Quality and speed: mixed",
        "Memory over time: mixed",
    ]
    assert "".join(charts(record())) == ""


def test_all_places_lie_within_the_chart():
    text = "".join(charts(made()))
    xs = [float(each) for each in re.findall(r'cx="([\d.-]+)"', text)]
    ys = [float(each) for each in re.findall(r'cy="([\d.-]+)"', text)]
    assert min(xs) >= 64
    assert max(xs) <= 704
    assert min(ys) >= 12
    assert max(ys) <= 316


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (8, 8192), (3e-5, 4e-5), (1, 1e6)])
def test_an_axis_has_a_few_round_ticks_between_its_ends(log, low, high):
    scale = Scale(low, high, 0, 100, log)
    assert (scale.at(low), scale.at(high)) == (0, 100)
    ticks = scale.ticks()
    assert all(low <= tick <= high * (1 + 1e-9) for tick in ticks)
    assert log or 2 <= len(ticks) <= 7


def test_a_single_point_is_drawn():
    assert "<circle" in chart("One", Axis("x"), Axis("y", log=True), [Series("a", [(3.0, 5.0)])])
    assert chart("None", Axis("x"), Axis("y"), [Series("a", [])]) == ""


def test_the_front_holds_those_that_nobody_beats_in_both():
    points = {"fast": (9.0, 0.7), "good": (3.0, 0.9), "beaten": (2.0, 0.8), "slow": (1.0, 0.95)}
    assert unbeaten(points) == ["slow", "good", "fast"]


def test_there_is_no_front_where_all_are_as_good():
    alike = [row(name, "mixed", 1.0, cosine=1.0 - gap) for name, gap in (("a", 0.0), ("b", 1e-6))]
    assert "Quality and speed" not in "".join(charts(record(*alike)))


def test_numbers_are_short():
    assert [number(each) for each in (0.0, 5.0, 1234.0, 0.1234, 1e-5, 3e8)] == [
        "0", "5", "1,234", "0.123", "1.0e-05", "3.0e+08",
    ]  # fmt: skip


def test_tables_of_markdown_stand_between_their_marks():
    text = pages([made()])
    assert "| onnx <&> |" in text
    assert "* wrong, void in mixed: differs" in text
    begin, end = "<!-- race begins: isomorph bench report writes it -->", "<!-- race ends -->"
    before = f"# Title\n\n{begin}\nold\n{end}\n\nafter\n"
    once = in_place(before, "race", text)
    assert "old" not in once
    assert once.startswith("# Title")
    assert once.endswith("after\n")
    assert in_place(once, "race", text) == once
    with pytest.raises(ValueError, match="there are no lines"):
        in_place("# Title\n", "race", text)


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.skipif(BROWSER is None, reason="no browser of Chromium's kind is installed here")
@pytest.mark.parametrize(
    ("width", "scheme", "paper"),
    [(1200, 1, "255, 255, 255"), (390, 1, "255, 255, 255"), (390, 0, "21, 23, 27")],
)
def test_a_browser_shows_the_page_at_its_own_width_in_light_and_in_the_dark(
    tmp_path, width, scheme, paper
):
    """A script, in the test alone, writes into the title how wide the page is laid out, and its paper."""
    file = tmp_path / "page.html"
    measured = (
        "document.title = document.documentElement.scrollWidth + ' of ' + window.innerWidth + ' on ' + "
        "getComputedStyle(document.body).backgroundColor"
    )
    file.write_text(page([made()]).replace("</body>", f"<script>{measured}</script></body>"))
    command = [
        BROWSER, f"--blink-settings=preferredColorScheme={scheme}",
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    laid_out, inner = re.findall(r"<title>(\d+) of (\d+) on rgb.*</title>", shown)[0]
    assert int(laid_out) <= int(inner)
    assert f"on rgb({paper})</title>" in shown
    picture = tmp_path / "page.png"
    command[-2:] = [f"--screenshot={picture}", file.as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert picture.stat().st_size > 10_000
