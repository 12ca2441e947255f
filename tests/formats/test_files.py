"""Files are found, decoded and told apart; whatever is wrong with one is one clear fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kms_eval.errors import InputError
from kms_eval.formats import text as text_module
from kms_eval.formats.text import read_file, read_text


def fault(path: Path, name: str | None = "f") -> str:
    with pytest.raises(InputError) as caught:
        read_file(path, name)
    (found,) = caught.value.faults
    return str(found)


@pytest.mark.parametrize(
    ("name", "content", "value"),
    [
        ("a.json", '{"a": "b"}', {"a": "b"}),
        ("a.JSON", '{"a": "b"}', {"a": "b"}),
        ("a.yaml", "a: b", {"a": "b"}),
        ("a.yml", "a: b", {"a": "b"}),
        ("a.yaml", '{"a": "b"}', {"a": "b"}),
        ("policy", ' \n{"a": "b"}', {"a": "b"}),
        ("policy.txt", "a: b", {"a": "b"}),
        ("a.json", "\ufeff[]", []),
        ("a.yaml", "\ufeffa: ü", {"a": "ü"}),
        ("a.yaml", "a: b\r\nc: d\r\n", {"a": "b", "c": "d"}),
    ],
)
def test_the_ending_says_what_a_file_is(tmp_path: Path, name: str, content: str, value: object) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    document = read_file(path)
    assert document.value == value
    assert document.file.path == path
    assert document.file.name == str(path)


def test_json_is_not_read_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("a: b")
    assert fault(path).startswith("f:1: not valid JSON")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "f: is empty"),
        (b"\n  \n", "f: is empty"),
        (b"a: \xff\xfe", "f:1: is not UTF-8 text (save it as UTF-8)"),
        (b"a: b\nc: \xc3", "f:2: is not UTF-8 text (save it as UTF-8)"),
        (b"\xff\xfea\0", "f: is UTF-16 text (save it as UTF-8)"),
        (b"a: b\nc: \0", "f:2: is not text: it holds a NUL character (save it as UTF-8)"),
        (b"\x7fELF\x02\x01\x01\0\0", "f:1: is not text: it holds a NUL character (save it as UTF-8)"),
        (b"a: \xed\xa0\x80", "f:1: is not UTF-8 text (save it as UTF-8)"),
    ],
)
@pytest.mark.parametrize("ending", [".json", ".yaml"])
def test_what_is_not_text_is_refused(tmp_path: Path, ending: str, data: bytes, message: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    assert fault(path) == message


def test_a_text_in_memory_may_not_hold_half_a_character_either() -> None:
    with pytest.raises(InputError):
        read_text('{"a": "\ud800"}', "f", format="json")


def test_a_missing_file_has_neighbours(tmp_path: Path) -> None:
    (tmp_path / "key-default-1.json").write_text("{}")
    assert fault(tmp_path / "key-defalt-1.json") == "f: there is no such file (did you mean `key-default-1.json`?)"
    assert fault(tmp_path / "else" / "x.json") == "f: there is no such file"


def test_a_name_that_cannot_be_is_a_missing_file() -> None:
    assert fault(Path("a\0b.json")) == "f: there is no such file"


def test_a_name_that_is_too_long_cannot_be_read(tmp_path: Path) -> None:
    assert fault(tmp_path / ("x" * 5000 + ".json")).startswith("f: cannot be read: ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert fault(tmp_path) == "f: is a folder, not a file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything can be read")
def test_a_file_without_permission_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    path.chmod(0)
    assert fault(path) == "f: cannot be read: permission denied"


def test_a_file_can_be_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "LARGEST_FILE_BYTES", 2 * 1024 * 1024)
    path = tmp_path / "a.json"
    path.write_bytes(b" " * (2 * 1024 * 1024 - 2) + b"{}")
    assert read_file(path).value == {}
    path.write_bytes(b" " * (2 * 1024 * 1024 - 1) + b"{}")
    assert fault(path) == "f: is larger than 2 MiB"


def test_a_message_stays_one_line_whatever_the_input_says() -> None:
    with pytest.raises(InputError) as caught:
        read_text('{"a\\n\\u001b[31m": 1, "a\\n\\u001b[31m": 2}', "f", format="json")
    assert str(caught.value).isprintable()


def test_importing_the_reader_loads_neither_yaml_nor_json() -> None:
    program = "import sys, kms_eval.formats.text; print(sorted({'yaml', 'json', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
