"""Files that are read from at the place where the last reader stopped."""

import pathlib
import zipfile

import pytest

folder = pathlib.Path(__file__).parent
if not (folder / "numbers.zip").exists():
    with zipfile.ZipFile(folder / "numbers.zip", "w") as made:
        for made_number in range(20):
            made.writestr(str(made_number), str(made_number) * 5000)

archive = zipfile.ZipFile(folder / "numbers.zip")
text = open(__file__, encoding="utf-8")  # noqa: SIM115


@pytest.mark.parametrize("number", list(range(20)) * 5)
def test_it_reads_what_is_there(number):
    assert archive.read(str(number)) == str(number).encode() * 5000
    text.seek(0)
    assert text.read() == pathlib.Path(__file__).read_text(encoding="utf-8")
