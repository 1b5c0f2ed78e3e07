"""What follows from flat speech in a conversation: a finding, and rarely an offer."""

from dataclasses import replace

from core_driver import Driver

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core.findings import ShutdownSuspected
from voice_agent.core.stages import Stage

LIVELY = i.UtteranceMeasured(
    t=0.0, utterance=0, latency_s=1.0, length_s=8.0, rate_per_s=4.0, pitch_movement=2500,
    pitch_high_cents=1600, brightness_db=-6.0, voiced_share=0.9,
)  # fmt: skip
FLAT = replace(LIVELY, latency_s=5.0, length_s=2.0)


def measured(driver: Driver, like: i.UtteranceMeasured, times: int = 1) -> None:
    for _ in range(times):
        driver.utterances += 1
        driver.give(replace(like, t=driver.t, utterance=driver.utterances))


def found(driver: Driver) -> list[ShutdownSuspected]:
    return [each for each in driver.outputs if isinstance(each, ShutdownSuspected)]


def offers(driver: Driver) -> list[c.Offer]:
    return [each for each in driver.outputs if isinstance(each, c.Offer)]


def consent(driver: Driver, *, given: bool) -> None:
    driver.give(i.ConsentChanged(t=driver.t, consent="tone", given=given))


def listening(*, tone: bool = True) -> Driver:
    """A conversation past its opening, with somebody known to be lively."""
    driver = Driver()
    consent(driver, given=tone)
    driver.listening()
    measured(driver, LIVELY, 10)
    return driver


def test_flat_speech_leads_to_an_offer_that_says_why() -> None:
    """The offer carries the sentences of the finding."""
    driver = listening()
    measured(driver, FLAT, 3)
    assert len(found(driver)) == 1
    driver.wait(2.1)
    (offer,) = offers(driver)
    assert "answers in 5.0 s, usually 1.0 s" in offer.why
    assert driver.session.stage is Stage.OFFERING


def test_without_the_tone_consent_nothing_is_noticed() -> None:
    """Measures that come all the same decide nothing."""
    driver = listening(tone=False)
    measured(driver, FLAT, 9)
    assert found(driver) == []
    assert offers(driver) == []


def test_a_withdrawn_consent_forgets_what_was_usual() -> None:
    """After a no and another yes, a minute is needed again."""
    driver = listening()
    consent(driver, given=False)
    consent(driver, given=True)
    measured(driver, FLAT, 6)
    assert found(driver) == []


def test_after_a_no_to_an_offer_the_finding_is_all() -> None:
    """It is noticed, but nothing is offered before the long quiet is over."""
    driver = listening()
    measured(driver, FLAT, 3)
    driver.wait(3.0)
    driver.says("no")
    driver.until(state="listening", at_most_s=30)
    driver.wait(3.0)
    measured(driver, LIVELY, 3)
    measured(driver, FLAT, 4)
    driver.wait(3.0)
    assert len(found(driver)) == 2
    assert len(offers(driver)) == 1


def test_it_waits_until_an_offer_can_be_made() -> None:
    """While a line sounds nothing breaks in; after it, it is offered."""
    driver = Driver()
    consent(driver, given=True)
    measured(driver, LIVELY, 10)
    measured(driver, FLAT, 3)
    assert len(found(driver)) == 1
    assert offers(driver) == []
    driver.listening()
    assert offers(driver) == []
    driver.wait(2.1)
    assert len(offers(driver)) == 1


def test_the_offer_comes_when_the_utterance_is_over_not_into_it() -> None:
    """Measures are there before patience has run out: what is being said is heard out first."""
    driver = listening()
    measured(driver, FLAT, 2)
    driver.starts()
    driver.wait(2)
    driver.ends()
    driver.wait(0.2)
    measured(driver, FLAT)
    assert len(found(driver)) == 1
    assert offers(driver) == []
    driver._understood((), 4, final=True)
    driver.wait(1)
    assert offers(driver) == []
    driver.wait(6)
    assert len(offers(driver)) == 1


def test_a_television_that_speaks_flatly_is_not_the_person() -> None:
    """Far speech is measured by nobody's baseline and suspected of nothing."""
    driver = listening()
    for _ in range(4):
        driver.starts()
        for _ in range(8):
            driver.wait(0.1)
            driver.give(i.Features(t=driver.t, level_dbfs=-60.0, noise_dbfs=-70.0, voiced=0.5))
        driver.ends()
        measured(driver, FLAT)
        driver.wait(4)
    assert found(driver) == []


def test_a_practice_answers_what_was_noticed_before_it() -> None:
    """What could not be offered for before a practice began is not offered for after it."""
    driver = listening()
    measured(driver, FLAT, 2)
    driver.starts()
    driver.wait(1)
    measured(driver, FLAT)
    assert len(found(driver)) == 1
    driver.ends()
    driver.taps("choice", "feet-and-room")
    driver.taps("choice", "yes")
    assert driver.session.stage is Stage.GUIDING
    driver.until(line="goodbye.after", at_most_s=400)
    driver.wait(30)
    driver.says(words=8)
    driver.wait(8)
    assert driver.session.stage is Stage.LISTENING
    assert offers(driver) == []
