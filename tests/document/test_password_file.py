"""A password file: its first line and nothing else."""

from pathlib import Path

import pytest

from purreal_runner.document.password_file import BadPasswordFile, read_password


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"hush", "hush"),
        (b"hush\r\n", "hush"),
        (b"hush\nsecond\n\xff", "hush"),
        (b" a b \n", " a b "),
        (b"\xef\xbb\xbfhush\n", "hush"),
        (b"x" * 4096 + b"\r\n", "x" * 4096),
    ],
    ids=range(6),
)
def test_the_first_line_is_the_password(tmp_path: Path, content: bytes, password: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)

    assert read_password(path) == password


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no password"),
        (b"\nhush\n", "holds no password"),
        (b"hu\tsh\n", "can't be printed"),
        (b"hush\xff\n", "not UTF-8"),
        (b"x" * 4097, "more than 4096 bytes"),
    ],
    ids=range(5),
)
def test_a_file_without_one_is_refused_without_its_content(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)

    with pytest.raises(BadPasswordFile, match=words) as caught:
        read_password(path)

    assert "hu" not in str(caught.value)
