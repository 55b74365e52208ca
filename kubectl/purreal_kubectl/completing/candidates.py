"""What can stand at the end of a command line, from the parser itself; asks no cluster.

The parser is the one source, so that completion never offers what a command does not take.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from purreal_kubectl.options import Kind

_SUPPRESSED = argparse.SUPPRESS


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may come next.

    Attributes:
        words: with what they mean; complete as they are.
        kind: of the values that may come besides, which others have to look up; None: none.
        said: what is on the command line already, by its name in the parser.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None
    said: Mapping[str, str] = field(default_factory=dict)


def candidates(parser: argparse.ArgumentParser, before: Sequence[str], current: str) -> Candidates:
    """What `current` may become.

    Args:
        parser: of the whole command line.
        before: the words before it, without the program's name.
        current: the word that is being written, as far as it is.
    """
    place = _Place(parser)
    for word in before:
        place.take(word)
    return place.candidates(current)


class _Place:
    """Where on the command line we are."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._said: dict[str, str] = {}
        self._awaits: argparse.Action | None = None
        self._position = 0

    def take(self, word: str) -> None:
        """Go on behind a word."""
        if self._awaits is not None:
            self._said[self._awaits.dest], self._awaits = word, None
            return
        name, equals, value = word.partition("=")
        option = self._options().get(name)
        if option is not None:
            if equals:
                self._said[option.dest] = value
            elif option.nargs is None:
                self._awaits = option
            return
        action = self._positional()
        if action is None:
            return
        self._said[action.dest] = word
        self._position += 1
        if isinstance(action, argparse._SubParsersAction) and word in action.choices:
            self._parser, self._position = action.choices[word], 0

    def candidates(self, current: str) -> Candidates:
        """What may stand here."""
        name, equals, _ = current.partition("=")
        option = self._options().get(name)
        if self._awaits is None and equals and option is not None and option.nargs is None:
            values = self._values(option)
            words = {f"{name}={word}": help_text for word, help_text in values.words.items()}
            return Candidates(words, None, self._said)
        if self._awaits is not None:
            return self._values(self._awaits)
        if current.startswith("-") and current != "-":
            return Candidates(self._option_words(), None, self._said)
        action = self._positional()
        return Candidates(said=self._said) if action is None else self._values(action)

    def _values(self, action: argparse.Action) -> Candidates:
        kind: Kind | None = getattr(action, "completed_as", None)
        if isinstance(action, argparse._SubParsersAction):
            helped = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return Candidates(helped, None, self._said)
        return Candidates({str(one): "" for one in action.choices or ()}, kind, self._said)

    def _positional(self) -> argparse.Action | None:
        places = [action for action in self._parser._actions if not action.option_strings]
        if places and places[-1].nargs in ("*", "+"):
            return places[min(self._position, len(places) - 1)]
        return places[self._position] if self._position < len(places) else None

    def _options(self) -> dict[str, argparse.Action]:
        return {name: action for action in self._parser._actions for name in action.option_strings}

    def _option_words(self) -> dict[str, str]:
        return {
            name: _first_words(action.help)
            for name, action in self._options().items()
            if action.help != _SUPPRESSED
        }


def _first_words(help_text: str | None) -> str:
    return (help_text or "").partition(" (")[0].replace("%%", "%")
