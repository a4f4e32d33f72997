"""One HTML file with the tables and charts of records: no script, nothing from a network.

Colours follow the reader's system, light or dark. Tables scroll within themselves, so that a phone shows the
page in its own width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from isomorph_bench.records.run import Record
from isomorph_bench.report.charts import charts
from isomorph_bench.report.figures import WORDS, facts, notes, ratios, table
from isomorph_bench.report.growth import tables

STYLE = """
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5b6270;--paper:#fff;--rule:#d9dce2;--band:#f4f5f7;
--c0:#2563c9;--c1:#c2410c;--c2:#15803d;--c3:#9333b8;--c4:#0e7490;--c5:#a16207;--c6:#be185d;--c7:#4b5563}
@media (prefers-color-scheme:dark){:root{--ink:#e7e9ee;--soft:#a3abb9;--paper:#15171b;--rule:#343943;
--band:#1d2026;--c0:#7aa7f7;--c1:#f59e6b;--c2:#6fcf8e;--c3:#d19bea;--c4:#5cc8dd;--c5:#e3b84e;--c6:#f287b7;--c7:#b6bdc9}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);
background:var(--paper)}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem;overflow-wrap:anywhere}
ul{padding-left:1.2rem}li{overflow-wrap:anywhere}.facts,.notes{color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--rule);text-align:right}
th,td{white-space:nowrap}
th{color:var(--soft);font-weight:600}.word{text-align:left}tbody tr:nth-child(odd){background:var(--band)}
.void{color:var(--soft)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem}
figure{margin:1rem 0 0}
figcaption{font-weight:600;margin-bottom:.3rem}svg{width:100%;height:auto;display:block}
svg text{font-size:16px;fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:1}
.line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.line.ideal{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:6 5}.key.ideal{background:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.3rem 0;font-size:.85rem}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:50%;margin-right:.4rem}
""" + "".join(
    f".line.c{n}{{stroke:var(--c{n})}}.dot.c{n}{{fill:var(--c{n})}}.key.c{n}{{background:var(--c{n})}}"
    for n in range(8)
)


def page(records: Sequence[Record], title: str = "isomorph bench") -> str:
    """The file."""
    parts = "\n".join(part for record in records for part in _sections(record))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<main>\n{parts}\n</main>\n</body>\n</html>\n"
    )


def _sections(record: Record) -> Iterator[str]:
    name = str(record.run.model.get("name"))
    when = f" <small>{escape(record.run.begun)}</small>" if record.run.begun else ""
    yield f"<section>\n<h2>{escape(name)}{when}</h2>"
    yield _listed("facts", facts(record))
    yield _table(*table(record))
    headings, lines = ratios(record)
    if lines:
        yield _table(headings, lines)
    for grown in tables(record):
        yield _table(*grown)
    yield f'<div class="charts">{"".join(charts(record))}</div>'
    yield _listed("notes", notes(record))
    yield "</section>"


def _listed(kind: str, lines: Iterator[str]) -> str:
    return f'<ul class="{kind}">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    kinds = ["word" if name in WORDS else "figure" for name in headings]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(name)}</th>'
        for name, kind in zip(headings, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(line, kinds)}</tr>" for line in lines)
    return (
        '<div class="scroll" tabindex="0"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(line: Sequence[str], kinds: Sequence[str]) -> str:
    return "".join(
        f'<td class="{"void" if cell == "void" else kind}">{escape(cell)}</td>'
        for cell, kind in zip(line, kinds, strict=True)
    )
