"""One text beside busy processes: what is asked, and that they end."""

from __future__ import annotations

import pytest

from isomorph_bench.probes import busy
from isomorph_bench.probes.growth import tiny_model


def test_busy_processes_end_with_the_block_however_it_is_left(monkeypatch):
    made = []

    class Noted(busy.subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(busy.subprocess, "Popen", Noted)

    def left_by_an_error():
        with busy.busy(2):
            assert [each.poll() for each in made] == [None, None]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        left_by_an_error()
    assert len(made) == 2
    assert all(each.returncode for each in made)


def test_a_line_for_each_number_of_busy_processes(tmp_path, capsys):
    busy.main(["--model", tiny_model(tmp_path), "--backends", "reference", "--busy", "0,1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["0 busy, reference", "1 busy, reference"]
    assert all(float(line.split()[4]) > 0 for line in lines)


def test_a_peer_that_is_not_there_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        busy.main(["--model", tiny_model(tmp_path), "--against", "nobody"])
    assert "there is no peer 'nobody'" in capsys.readouterr().err
