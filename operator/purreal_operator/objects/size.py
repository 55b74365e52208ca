"""What a ConfigMap can hold; knows nothing of what is in it."""

MOST_BYTES = 900 * 1024
"""Below the API server's 1 MiB for the whole object, with room for its metadata."""


class TooLarge(ValueError):
    """Something does not fit into a ConfigMap."""


def refuse_too_large(what: str, size: int) -> None:
    """Check that `size` bytes of `what` fit into a ConfigMap.

    Raises:
        TooLarge: they do not.
    """
    if size > MOST_BYTES:
        raise TooLarge(
            f"{what} has {size / 1024:,.0f} KiB; "
            f"a ConfigMap holds at most {MOST_BYTES // 1024} KiB of it"
        )
