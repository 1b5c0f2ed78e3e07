"""The first words: what it is, how to make it quiet, what is kept; short, and each thing once."""

import pytest
from core_driver import Driver, said


@pytest.mark.parametrize("via", ["web", "phone"])
def test_how_to_make_it_quiet_comes_second(via: str) -> None:
    """Before what is kept, so that a person who wants quiet need not wait for it."""
    d = Driver(via=via)
    d.wait(60)
    lines = [line.partition(".")[2] for line in d.lines]
    assert lines[:4] == ["what", "quiet", "kept", "driving"]


@pytest.mark.parametrize("pressed_at", ["what", "kept", "keys", "need"])
def test_the_keys_are_told_once_however_early_they_are_asked_for(pressed_at: str) -> None:
    """After nine the opening goes on where it was, and the first soft word names no key."""
    d = Driver(via="phone")
    d.until(line=f"opening-phone.{pressed_at}", at_most_s=40)
    d.wait(0.5)
    assert said(d.presses("9")) == ["keys.yes-no"]
    d.until(state="listening", at_most_s=90)
    d.wait(20)
    assert d.lines.count("keys.yes-no") == d.lines.count("keys.list") == 1
    assert d.lines[-1] == "ladder.soft-2"


def test_a_silent_caller_is_told_of_the_keys_by_the_first_soft_word() -> None:
    """The opening names zero alone; nine comes with the first soft word, which asks nothing."""
    d = Driver(via="phone").listening()
    d.until(line="ladder.soft-1-phone", at_most_s=20)
