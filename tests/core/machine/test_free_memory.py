from __future__ import annotations

import pytest

from isomorph.machine.free_memory import free_memory, resident_memory

MIB = 1 << 20


@pytest.fixture
def machine(tmp_path):
    """A machine with 8 GiB to spare, and a process in the group /a/b."""
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:    8388608 kB\n")
    return tmp_path


def free(machine, own):
    (machine / "own").write_text(own)
    return free_memory(machine / "groups", machine / "own", machine / "meminfo")


def group(machine, path, **files):
    folder = machine / "groups" / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"memory.{name}").write_text(text)


def test_what_the_machine_has_where_there_is_no_group(machine):
    assert free(machine, "0::/") == 8 << 30


def test_nothing_is_known_where_nothing_says(tmp_path):
    nowhere = tmp_path / "nothing"
    assert free_memory(nowhere, nowhere, nowhere) is None
    assert resident_memory(nowhere) is None


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({"max": f"{100 * MIB}\n", "current": f"{30 * MIB}\n"}, 70 * MIB),
        ({"max": "max\n", "current": f"{30 * MIB}\n"}, 8 << 30),
        ({"max": f"{100 * MIB}", "current": f"{130 * MIB}"}, 0),
        (
            {
                "max": f"{100 * MIB}",
                "current": f"{90 * MIB}",
                "stat": f"anon 1\ninactive_file {40 * MIB}\n",
            },
            50 * MIB,
        ),
    ],
)
@pytest.mark.parametrize("path", ["", "a", "a/b"])
def test_groups_of_version_2_and_those_around_them(machine, files, left, path):
    group(machine, path, **files)
    assert free(machine, "0::/a/b\n") == left


@pytest.mark.parametrize("path", ["memory", "memory/a", "memory/a/b"])
def test_groups_of_version_1(machine, path):
    group(machine, path, limit_in_bytes=f"{100 * MIB}", usage_in_bytes=f"{60 * MIB}")
    assert free(machine, "4:cpu,cpuacct:/c\n3:memory:/a/b\n") == 40 * MIB


def test_the_largest_number_of_pages_is_no_limit(machine):
    group(machine, "memory", limit_in_bytes="9223372036854771712", usage_in_bytes="1")
    assert free(machine, "3:memory:/\n") == 8 << 30


def test_a_group_of_others_does_not_bind(machine):
    group(machine, "c", max="1", current="0")
    assert free(machine, "0::/a/b\n") == 8 << 30
