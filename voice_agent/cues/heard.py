"""Words as the recogniser may mishear or split them, brought back to what was said."""

from collections.abc import Iterable, Mapping, Sequence

from voice_agent.cues.phrases import words_of

_LEAST_LETTERS = 6


class Heard:
    """Puts right what sounds alike, and long words that are one letter off."""

    def __init__(self, sounds: Mapping[str, str], spelled: Iterable[str]) -> None:
        self._rows: dict[str, list[tuple[list[str], list[str]]]] = {}
        for heard, said in sounds.items():
            row = words_of(heard)
            self._rows.setdefault(row[0], []).append((row, words_of(said)))
        for rows in self._rows.values():
            rows.sort(key=lambda pair: -len(pair[0]))
        self._near: dict[str, str] = {}
        for word in spelled:
            self._near[word] = word
            for place in range(1, len(word)):
                self._near.setdefault(word[:place] + word[place + 1 :], word)

    def righted(self, words: Sequence[str]) -> list[str]:
        """Return the words that were probably said."""
        out: list[str] = []
        place = 0
        while place < len(words):
            word = words[place]
            for row, said in self._rows.get(word, ()):
                if list(words[place : place + len(row)]) == row:
                    out += said
                    place += len(row)
                    break
            else:
                out.append(self._spelled(word) if len(word) >= _LEAST_LETTERS else word)
                place += 1
        return out

    def _spelled(self, word: str) -> str:
        """Return the long word that `word` is at most one letter away from, or itself."""
        known = self._near
        if word in known:
            return known[word]
        for place in range(1, len(word)):
            near = known.get(word[:place] + word[place + 1 :])
            if near is not None and abs(len(near) - len(word)) <= 1:
                return near
        return word
