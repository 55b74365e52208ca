"""The one way a password is read from a file; knows nothing of who signs in with it."""

from pathlib import Path

LONGEST_PASSWORD_BYTES = 4096


class BadPasswordFile(Exception):
    """The file gives no password; the text goes on after its name and repeats no content."""


def read_password(path: Path) -> str:
    """Return the first line of a UTF-8 file, without its end.

    Raises:
        BadPasswordFile: it can't be read, or its first line is empty, longer than 4096 bytes, or
            not printable.
    """
    try:
        with path.open("rb") as file:
            line = file.readline(LONGEST_PASSWORD_BYTES + 2).rstrip(b"\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadPasswordFile(f"can't be read: {reason}") from error
    if len(line) > LONGEST_PASSWORD_BYTES:
        raise BadPasswordFile(f"has a first line of more than {LONGEST_PASSWORD_BYTES} bytes")
    try:
        password = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadPasswordFile("can't be read: its first line is not UTF-8 text") from error
    if not password:
        raise BadPasswordFile("holds no password in its first line")
    if not password.isprintable():
        raise BadPasswordFile("holds characters in its first line that can't be printed")
    return password
