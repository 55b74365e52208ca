"""Owns how numbers read in sentences and tables; decides nothing."""

from purreal_runner.document import Unit

_MEBIBYTE = 1024 * 1024


def seconds(value: float) -> str:
    """A duration in three digits and a fitting unit: `656 µs`, `8.92 ms`, `1.50 s`."""
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        scaled = value * factor
        if abs(scaled) < 999.5:
            return f"{_three_digits(scaled)} {unit}"
    return f"{value:,.2f} s"


def percent(ratio: float) -> str:
    """A ratio as a percentage; never rounded up to 100 when something is missing."""
    hundredths = ratio * 100
    if hundredths < 100 and round(hundredths, 2) == 100:
        return ">99.99 %"
    return f"{hundredths:.2f} %" if hundredths % 1 else f"{hundredths:.0f} %"


def share(ratio: float) -> str:
    """A ratio as a whole percentage, for sentences."""
    return f"{ratio * 100:.0f} %"


def rate(per_second: float) -> str:
    """Operations per second."""
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 lease`, `5,000 leases`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def mebibytes(size_bytes: int) -> str:
    """A size in MiB."""
    return f"{size_bytes / _MEBIBYTE:,.0f} MiB"


def value(number: float, unit: Unit) -> str:
    """A number in its base unit, in words."""
    match unit:
        case Unit.SECONDS:
            return seconds(number)
        case Unit.RATIO:
            return percent(number)
        case Unit.PER_SECOND:
            return rate(number)
        case Unit.COUNT:
            return f"{number:,.0f}"


def change(difference: float, unit: Unit) -> str:
    """A difference in the base unit, with its sign."""
    return f"{'-' if difference < 0 else '+'}{value(abs(difference), unit)}"


def _three_digits(number: float) -> str:
    if abs(number) < 9.995:
        return f"{number:.2f}"
    return f"{number:.1f}" if abs(number) < 99.95 else f"{number:.0f}"
