"""`eval offers`: what is a false offer, what is found, and how late."""

from pathlib import Path

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.research.evaluate.manifest import Row
from voice_agent.research.evaluate.offers import evaluate, plot

HEARD = {
    "talk": (1800.0, [100.0, 700.0]),
    "quiet": (900.0, [41.0, 300.0, 500.0]),
    "missed": (900.0, []),
}


def listen(audio: Path) -> tuple[float, list[float]]:
    return HEARD[audio.name]


def row(audio: str, expected_s: str = "", mode: str = "solo") -> Row:
    return {"audio": f"/somewhere/{audio}", "expected_s": expected_s, "mode": mode}


ROWS = [row("talk"), row("quiet", "40"), row("quiet", "290.5"), row("missed", "20")]


def test_offers_are_counted_against_what_was_expected() -> None:
    """Three false ones in an hour, two of three expected ones found, a second and more late."""
    found = evaluate(ROWS, listen=listen)
    assert found.as_json()["eval"] == "offers"
    assert found.n == 3
    assert found.metrics == {
        "false_offers_per_h": 3.0,
        "recall": pytest.approx(2 / 3),
        "median_delay_s": pytest.approx((1.0 + 9.5) / 2),
        "false_offers": 3,
        "expected_offers": 3,
        "hours": 1.0,
    }
    assert [each["false_s"] for each in found.rows] == [[100.0, 700.0], [500.0], []]
    assert [each["delays_s"] for each in found.rows] == [[], [1.0, 9.5], [None]]


@pytest.mark.parametrize(
    ("at", "recall", "false"),
    [(37.9, 0, 1), (38.0, 1, 0), (40.0, 1, 0), (100.0, 1, 0), (100.1, 0, 1)],
)
def test_expected_offer_comes_within_a_minute(at: float, recall: int, false: int) -> None:
    """From two seconds before the expected time to sixty after it, and not a moment longer."""
    found = evaluate([row("a", "40")], listen=lambda _: (3600.0, [at]))
    assert (found.metrics["recall"], found.metrics["false_offers"]) == (recall, false)


def test_one_offer_finds_one_expected_time() -> None:
    """Two expected times near each other need two offers; a further one there is not false."""
    near = [row("a", "40"), row("a", "50")]
    assert evaluate(near, listen=lambda _: (100.0, [51.0])).metrics["recall"] == 0.5
    found = evaluate(near, listen=lambda _: (100.0, [45.0, 55.0, 60.0]))
    assert (found.metrics["recall"], found.metrics["false_offers"]) == (1.0, 0)


def test_without_expected_times_there_is_no_recall() -> None:
    """Nothing to find is null, not nought and not one."""
    found = evaluate([row("talk")], listen=listen)
    assert found.metrics["recall"] is None
    assert found.metrics["median_delay_s"] is None
    assert found.metrics["false_offers_per_h"] == 4.0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [(row("a", "soon"), "'soon' in the column expected_s"), (row("a", "1", "duo"), "'duo' in the")],
)
def test_wrong_value_is_one_sentence(wrong: Row, says: str) -> None:
    """What is no time and no mode of ours is named."""
    with pytest.raises(UsageError, match=says):
        evaluate([wrong], listen=listen)


def test_picture_is_drawn(tmp_path: Path) -> None:
    """Delays and false offers as a picture, where matplotlib is there."""
    pytest.importorskip("matplotlib", reason="pictures need the extra 'plot'")
    plot(evaluate(ROWS, listen=listen), tmp_path / "offers.png")
    assert (tmp_path / "offers.png").read_bytes().startswith(b"\x89PNG")
