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
    driver.wait(1.0)
    driver.says("no")
    driver.until(state="listening", at_most_s=30)
    driver.wait(3.0)
    measured(driver, LIVELY, 3)
    measured(driver, FLAT, 4)
    assert len(found(driver)) == 2
    assert len(offers(driver)) == 1


def test_it_waits_until_an_offer_can_be_made() -> None:
    """While a line sounds nothing breaks in; at a later flat turn it is offered."""
    driver = Driver()
    consent(driver, given=True)
    measured(driver, LIVELY, 10)
    measured(driver, FLAT, 3)
    assert len(found(driver)) == 1
    assert offers(driver) == []
    driver.listening()
    measured(driver, FLAT)
    assert len(offers(driver)) == 1
