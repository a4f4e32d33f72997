"""An engine that does nothing runs as a contender, so that what the harness adds can be measured."""

from __future__ import annotations

from isomorph_bench.probes.harness import main, measured


def test_an_engine_that_does_nothing_is_timed_as_any():
    one, many = measured(count=5, rounds=2)
    assert one > 0
    assert many > 0


def test_its_times_are_told_with_a_share(capsys):
    main(["--texts", "4", "--rounds", "1", "--call-ms", "1000"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("one text a call: ")
    assert first.endswith("of 1000.0 ms")
    assert second.startswith("4 texts a call: ")
