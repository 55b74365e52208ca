"""Why a message from a runner can't be taken; holds no logic."""


class UnreadablePart(Exception):
    """A message is no part of a run, or not one that this program reads.

    Its text is short and of our own words only: it may be shown and logged, whoever sent the
    message.
    """
