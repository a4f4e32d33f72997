"""The section of third parties is made of their reports, and the page shows what the reports say."""

import json

import pytest

from isomorph.contract import CONTRACT
from isomorph.testing.plugin import as_data
from isomorph.testing.subject import Report
from supported.third_parties import PAGE, section, with_section

REPORT = Report("acme", "npu:0", {"pooling": 3}, {"pooling": 4}, {"no max": ["a"]}, "acme 2.1")


@pytest.fixture
def folder(tmp_path):
    data = as_data([REPORT], {"passed": [1] * 7, "xfailed": [1]}, quick=True)
    (tmp_path / "acme.json").write_text(json.dumps(data))
    return tmp_path


def test_a_report_of_the_kit_is_a_row(folder):
    row = section(folder).splitlines()[-1]
    assert row.startswith("| acme | acme 2.1 | npu:0 | 3 of 4 | 7 passed, 1 xfailed | isomorph 0.")
    assert row.endswith(f"contract {CONTRACT}, quick |")


@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"backends": []}'])
def test_what_is_no_report_is_refused_with_its_name(folder, text):
    (folder / "other.json").write_text(text)
    with pytest.raises(ValueError, match=r"other\.json is no report"):
        section(folder)


def test_the_section_alone_is_replaced(folder):
    page = "# Title\n\n## One\n\nrows\n"
    once = with_section(page, section(folder))
    assert once.startswith(page)
    assert with_section(once + "\n## After\n", section(folder)) == once + "\n## After\n"


def test_the_page_shows_the_reports_that_lie_in_its_folder():
    assert section() in PAGE.read_text("utf-8"), "python -m supported.third_parties"
