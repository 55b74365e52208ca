"""The two things that can go wrong with a workload; knows nothing of any kind of workload."""


class InvalidWorkload(ValueError):
    """The workload can't be run as it was described; the text says what to change."""


class WrongAnswer(Exception):
    """A reply held another worker's data: the pool or the server mixed up two requests."""
