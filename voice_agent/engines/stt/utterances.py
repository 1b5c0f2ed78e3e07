"""Utterances of one person: their audio, when it is decoded, and what is heard of them.

The caller says for each 10 ms frame what its speech detector knows; times are ticks of 10 ms.
An utterance is decoded in pieces that end in pauses, so that memory, the cost of a partial and the
wait for the last words stay bounded however long somebody talks.
"""

from collections import deque

import numpy as np

from voice_agent.engines.stt.guards import is_unvoiced_phantom
from voice_agent.engines.stt.pieces import (
    TICKS_PER_S,
    Decoded,
    Failed,
    Piece,
    Recovered,
    Said,
    Samples,
    Words,
    committed_words,
    joined,
    quietest,
)
from voice_agent.engines.stt.queue import Heard, Recogniser

FRAME = 160
VOICED_LOG_ODDS = 0.5
"""From here on the detector's score of a frame counts as voice (`engines/vad/detector.py`)."""
PREROLL = 30
"""Frames decoded before an onset: the "s" of "stop" lies before the suspicion."""
RECENT = 80
"""Frames kept while nobody speaks: those, and what passes until speech is sure."""
PIECE = 700
"""A piece of so many frames ends at the next such pause."""
CUT_PAUSE = 15
"""Frames after speech was over (some .35 s after its last sound) from which a pause parts two
pieces. A shorter one may be a soft syllable inside a word, and half words are heard as others: cut
at pauses of .1 s, 71 read words had 14 errors more than whole."""
PIECE_LONGEST = 1400
"""One of so many ends where it is quietest in its last part, also inside speech."""
CUT_FROM = 900
"""That part begins here."""
UTTERANCE_LONGEST = 2400
"""An utterance of so many frames is over with its piece; what follows is one of its own."""


class Utterances:
    """Gathers one person's speech and has it decoded; everything here runs in one thread.

    Only what it gives the recogniser as `done` is called from another thread: it puts a result
    into a deque.

    Args:
        recogniser: who decodes.
        latency: ticks after the end of its audio at which a result is delivered, at the
            earliest: over a file, where decoding takes no time, this alone says when.
        lag: ticks after which words that are not there count as a failure.
        first: the number of the last utterance before.
    """

    def __init__(
        self, recogniser: Recogniser, *, latency: int = 0, lag: int = 300, first: int = 0
    ) -> None:
        self._recogniser = recogniser
        self._latency = latency
        self._lag = lag
        self._numbers = first
        self._recent: deque[tuple[Samples, bool]] = deque(maxlen=RECENT)
        self._unkept = 0
        self._utterance: Said | None = None
        self._results: deque[Decoded] = deque()
        self._wanted: dict[tuple[int, int], int] = {}
        self._failed = False

    @property
    def number(self) -> int:
        """The number of the newest utterance."""
        return self._numbers

    # What the detector knows

    def hear(self, frame: Samples, *, voiced: bool) -> None:
        """Take a frame (int16, shape (160,)) into the short memory; before anything else of it."""
        self._recent.append((frame, voiced))
        self._unkept += 1

    def started(self, now: int, onset: int, *, goes_on: bool) -> None:
        """Begin an utterance whose speech began at tick `onset`, or go on with the last one.

        Args:
            now: this tick; the newest frame is the last of the utterance so far.
            onset: when speech began.
            goes_on: whether it belongs to the utterance before, if that one may be gone on with.
        """
        said = self._utterance
        wanted = min(self._unkept, now - onset + PREROLL)
        new = list(self._recent)[-wanted:] if wanted > 0 else []
        self._unkept = 0
        before = max(0, len(new) - (now - onset))
        if said is None or said.closed or not goes_on:
            said = self._open(Piece(before=before))
        elif (
            len(said.last.frames) >= PIECE
            and said.last.candidate >= 0
            and onset - said.ended_at >= CUT_PAUSE
        ):
            self._next_piece(said, Piece(before=before))
        else:
            said.last.candidate = -1
        said.ended = False
        said.last.frames.extend(frame for frame, _ in new)
        said.last.voiced += sum(voiced for _, voiced in new)

    def speech(self, now: int, *, may_be_over: bool) -> None:
        """Take the newest frame as one of open speech, and have decoded what is due.

        Args:
            now: this tick.
            may_be_over: whether a pause has begun that may be the end.
        """
        said = self._utterance
        if said is None:
            return
        piece = said.last
        if self._unkept:
            frame, voiced = self._recent[-1]
            piece.frames.append(frame)
            piece.voiced += voiced
            self._unkept = 0
        if may_be_over:
            if piece.candidate < 0:
                self._decode(said, now, final=True, early=True)
        elif len(piece.frames) >= PIECE_LONGEST:
            self._cut(said, now)
        else:
            if piece.candidate >= 0:
                self._withdraw(said)
            self._decode_if_due(said, now)

    def ended(self, now: int) -> None:
        """Take that the pause was long enough: speech is over, and perhaps the utterance."""
        said = self._utterance
        if said is None:
            return
        if said.last.candidate < 0:
            self._decode(said, now, final=True)
        else:
            self._settle(said)
        said.ended, said.ended_at = True, now
        said.closed = said.length + len(said.last.frames) >= UTTERANCE_LONGEST

    def dropped(self) -> None:
        """Forget the utterance: it was a hum."""
        if self._utterance is not None:
            self._drop(self._utterance)
        self._utterance = None

    def reset(self) -> None:
        """Forget what was under way: the line was lost. What was said to its end is still heard."""
        said = self._utterance
        if said is not None and not (said.ended or said.closed):
            self._drop(said)
        self._utterance = None
        self._recent.clear()
        self._unkept = 0

    def close(self) -> None:
        """Let go of the recogniser: the session is over, or somebody else goes on with it."""
        self._recogniser.forget(self)

    # Pieces

    def _open(self, piece: Piece) -> Said:
        self._numbers += 1
        self._utterance = Said(self._numbers, [piece])
        return self._utterance

    def _next_piece(self, said: Said, piece: Piece) -> None:
        """Go on after a piece whose decode is under way or done; it stands as it is."""
        done = said.last
        said.length += len(done.frames)
        done.frames = []
        if said.length >= UTTERANCE_LONGEST:
            said.closed = said.ended = True
            self._open(piece)
        else:
            said.pieces.append(piece)

    def _cut(self, said: Said, now: int) -> None:
        """End a piece inside speech, where it is quietest; what follows is the next one's."""
        piece = said.last
        at = quietest(piece.frames, CUT_FROM)
        rest = Piece(frames=piece.frames[at:], voiced=len(piece.frames) - at)
        piece.frames = piece.frames[:at]
        self._decode(said, now - len(rest.frames), final=True)
        self._next_piece(said, rest)

    def _withdraw(self, said: Said) -> None:
        """Take back the final that was begun in a pause: the person went on."""
        piece = said.last
        if self._recogniser.withdraw(self, said.number, len(said.pieces) - 1):
            self._wanted.pop((said.number, piece.candidate), None)
        else:  # it tells what a partial would have told
            piece.schedule.taken(piece.candidate_s)
        piece.candidate = -1

    def _settle(self, said: Said) -> None:
        self._recogniser.settle(self, said.number, len(said.pieces) - 1)

    def _drop(self, said: Said) -> None:
        said.dropped = True
        self._wanted = {k: v for k, v in self._wanted.items() if k[0] != said.number}
        self._recogniser.forget(self, said.number)

    # Decoding

    def _decode_if_due(self, said: Said, now: int) -> None:
        piece = said.last
        if piece.schedule.due(piece.speech_s):
            piece.schedule.taken(piece.speech_s)
            self._decode(said, now, final=False)

    def _decode(self, said: Said, now: int, *, final: bool, early: bool = False) -> None:
        piece, index = said.last, len(said.pieces) - 1
        said.rev += 1
        rev = said.rev
        if final:
            piece.candidate, piece.candidate_s = rev, piece.speech_s
            self._wanted[said.number, rev] = now

        def done(heard: Heard | Exception) -> None:
            self._results.append(Decoded(now + self._latency, said, index, rev, now, heard))

        self._recogniser.submit(
            self, np.concatenate(piece.frames), final=final, done=done,
            utterance=said.number, piece=index, early=early,
        )  # fmt: skip

    # What is heard

    def results(self, now: int) -> list[Words | Failed | Recovered]:
        """Return what is due at this tick; a final waits until its utterance may be over."""
        out: list[Words | Failed | Recovered] = []
        held: list[Decoded] = []
        while self._results:
            result = self._results.popleft()
            if result.utterance.dropped:
                continue
            self._arrived(result)
            if now < result.due:
                held.append(result)
            elif isinstance(result.heard, Exception):
                out += self._failure("failed")
            else:
                out += self._well()
                out += self._taken_in(result, result.heard, held)
        self._results.extend(held)
        if self._wanted and now - min(self._wanted.values()) > self._lag:
            self._wanted.clear()
            out += self._failure("lags")
        return out

    def _arrived(self, result: Decoded) -> None:
        """Note that words came: those that were wanted before them are in them."""
        number = result.utterance.number
        for key in [k for k in self._wanted if k[0] == number and k[1] <= result.rev]:
            del self._wanted[key]

    def _taken_in(self, result: Decoded, heard: Heard, held: list[Decoded]) -> list[Words]:
        """Take a decode in; it is told once as words so far, and once more when it is final."""
        said = result.utterance
        piece = said.pieces[result.piece]
        text = heard.text.strip()
        if is_unvoiced_phantom(text, piece.voiced / TICKS_PER_S):
            text = ""
        of_all = result.rev == piece.candidate
        last = piece is said.last
        over = of_all and last and (said.ended or said.closed)
        out = []
        if result.rev > piece.newest:
            piece.newest = result.rev
            piece.agreement.update(text.split())
            if of_all and not last:
                piece.settle(text)
            words = self._words(result, heard, text, final=False)
            if not over and said.told != (words.text, words.raw):
                said.told = (words.text, words.raw)
                out.append(words)
        if of_all and last and not over:
            held.append(result)  # it becomes the final when the utterance ends, or is outdated
        elif of_all:
            piece.settle(text)
            if over:
                out.append(self._words(result, heard, text, final=True))
        return out

    def _words(self, result: Decoded, heard: Heard, text: str, *, final: bool) -> Words:
        said, index = result.utterance, result.piece
        best = joined([*(each.best for each in said.pieces[:index]), text])
        shown = (
            best if final else joined([each.agreement.text for each in said.pieces[: index + 1]])
        )
        return Words(
            utterance=said.number,
            rev=result.rev,
            end_tick=result.end_tick,
            final=final,
            text=shown,
            raw=best,
            committed=len(shown.split()) if final else committed_words(said.pieces[: index + 1]),
            spent_s=heard.spent_s,
        )

    def _well(self) -> list[Recovered]:
        if not self._failed:
            return []
        self._failed = False
        return [Recovered()]

    def _failure(self, reason: str) -> list[Failed]:
        if self._failed:
            return []
        self._failed = True
        return [Failed(reason)]
