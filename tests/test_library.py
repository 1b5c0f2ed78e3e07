"""The practices on disk: read, refused with a place and a sentence, and safe to say."""

import re
import shutil
from pathlib import Path

import pytest

from voice_agent.core.errors import ScriptError
from voice_agent.core.script import END, Line, Script
from voice_agent.library import (
    Finding,
    Library,
    Resources,
    check,
    load_library,
    load_resources,
    schema_text,
)
from voice_agent.library.check import forbidden_in
from voice_agent.shipped import shipped

SHIPPED = shipped("scripts_audio")
PRACTICES = [script.id for script in load_library(SHIPPED).practices]
PACE_WPM = 105
"""The middle of the pace that PRACTICES asks for."""


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(SHIPPED)


@pytest.fixture(scope="module")
def resources() -> Resources:
    return load_resources(SHIPPED / "resources.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped scripts that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "scripts"))


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replace `old`, which stands once, and return the number of its line."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


# ------------------------------------------------------------------ what is shipped


def test_the_shipped_scripts_have_no_fault() -> None:
    """The linter finds nothing: neither a wrong file nor a word that is never said."""
    assert check(SHIPPED) == []


def test_the_schema_file_is_that_of_the_model() -> None:
    """Editors check against the same rules as the service does."""
    assert (SHIPPED / "practice.schema.json").read_text(encoding="utf-8") == schema_text()


def test_scripts_are_found_by_id(library: Library) -> None:
    """A library is a mapping, and knows practices from the frames around them."""
    assert library["feet-and-room"].source == "A5"
    practices = {script.id for script in library.practices}
    assert {"feet-and-room", "name-it", "wait-with-me"} <= practices
    assert not practices & {"opening", "crisis", "ladder"}
    assert "nothing" not in library


def test_the_digest_changes_with_the_words_alone(folder: Path) -> None:
    """Two libraries that say the same have the same digest; a comment does not count."""
    before = load_library(folder).digest
    with (folder / "keys.yaml").open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    assert load_library(folder).digest == before
    spoil(folder, "keys.yaml", "Nine says", "The nine says")
    assert load_library(folder).digest != before


@pytest.mark.parametrize("name", ["opening", "opening-phone"])
def test_the_first_words_are_over_in_twenty_seconds(library: Library, name: str) -> None:
    """What the law asks for comes first and is short, at 160 words a minute."""
    lines = [
        line for line in library[name].lines if line.id in ("what", "kept", "quiet", "driving")
    ]
    words = sum(len(line.spoken.split()) for line in lines)
    assert words <= 50
    assert words / 160 * 60 + sum(line.pause_s for line in lines[:-1]) < 20
    said = " ".join(line.spoken for line in lines)
    for part in (
        "automated voice, not a person or a therapist",
        "Your voice is not recorded. Notes of pauses, without words, are deleted when we finish.",
        "Say stop",
        "If you are driving, stop first.",
        "You do not have to speak.",
    ):
        assert part in said


@pytest.mark.parametrize("name", PRACTICES)
def test_a_practice_lasts_as_long_as_it_says(library: Library, name: str) -> None:
    """In silence, at the reading pace, each practice takes what it promises, within a tenth."""
    script = library[name]
    seconds = sum(
        line.lasts_s or len(line.spoken.split()) / PACE_WPM * 60 + line.pause_s + (line.wait_s or 0)
        for line in _in_silence(script)
    )
    assert seconds == pytest.approx(script.minutes * 60, rel=0.1)


@pytest.mark.parametrize("name", PRACTICES)
def test_a_practice_invites_and_says_how_to_leave(library: Library, name: str) -> None:
    """Its first line says that eyes may be open and that stopping is fine."""
    first = library[name].lines[0].spoken
    assert "Eyes open is fine." in first
    assert "You can stop at any time." in first


def _in_silence(script: Script) -> list[Line]:
    """Return the lines that somebody hears who never makes a sound."""
    here, heard = script.first, [script.line(script.first)]
    while (here := script.line(here).answers.get("silence") or script.after(here)) != END:
        if here not in {line.id for line in script.lines}:
            break
        heard.append(script.line(here))
        assert len(heard) < 100
    return heard


def test_every_script_ends_for_somebody_who_says_nothing(library: Library) -> None:
    """Silence leads through every script to its end."""
    assert all(_in_silence(script) for script in library.values())


def test_an_offer_has_two_choices_and_staying(library: Library) -> None:
    """Both choices lead to practices, and to stay is as large as they."""
    for name in ("offer", "offer-phone"):
        offer = library["ladder"].line(name)
        assert offer.show
        assert [choice.id for choice in offer.show.choices] == ["first", "second", "stay"]
        assert library[offer.answers["first"]].kind == "practice"
        assert library[offer.answers["second"]].kind == "practice"


def test_soft_words_ask_nothing(library: Library) -> None:
    """A soft word is a short text without a question mark."""
    soft = [line for line in library["ladder"].lines if line.id.startswith("soft-")]
    assert len(soft) >= 3
    assert not any(line.is_question or "?" in line.spoken for line in soft)


def test_an_end_is_announced_twice_with_the_way_back(library: Library) -> None:
    """The second announcement says how to return, on the page and on the phone."""
    ladder = library["ladder"]
    assert "In about a minute, I will close." in ladder.line("end-first").spoken
    assert "Open the page" in ladder.line("end-second").spoken
    assert "Call this number again." in ladder.line("end-second-phone").spoken


# --------------------------------------------------------------------------- crisis


def test_an_emergency_is_not_asked_about(library: Library) -> None:
    """The number comes first, then what this voice cannot do, then staying."""
    crisis = library["crisis"]
    said, here = [], "emergency"
    while here in {line.id for line in crisis.lines}:
        assert not crisis.line(here).is_question
        said.append(crisis.line(here).spoken)
        here = crisis.after(here)
    assert said[0].startswith("Please call {emergency} now")
    assert "I cannot send help" in said[1]
    assert here == "wait-with-me"


@pytest.mark.parametrize("answer", ["yes", "other", "silence"])
def test_yes_unclear_and_silence_get_the_local_line(library: Library, answer: str) -> None:
    """Whoever does not say no hears the number, twice, and is stayed with."""
    crisis = library["crisis"]
    here, said = crisis.line("ask").answers[answer], []
    while here in {line.id for line in crisis.lines}:
        said.append(crisis.line(here).spoken)
        here = crisis.after(here)
    assert "{crisis}" in said[0]
    assert "I cannot send help" in said[1]
    assert "{crisis_slowly}" in said[2]
    assert here == "wait-with-me"


def test_a_spoken_no_is_believed_and_the_line_named_once(library: Library) -> None:
    """After a no the line is said once, and nothing more is asked."""
    crisis = library["crisis"]
    believed = crisis.line(crisis.line("ask").answers["no"])
    assert believed.spoken.count("{crisis}") == 1
    assert "?" not in believed.spoken
    assert crisis.after(believed.id) == END


def test_the_plain_question_is_one_sentence(library: Library) -> None:
    """It is plain, short, and waits for an answer."""
    assert library["crisis"].line("ask").spoken == "Are you thinking about ending your life?"


def test_being_attacked_now_is_answered_by_one_harmless_line(library: Library) -> None:
    """On the phone only this is said, and nothing that could be overheard."""
    assert library["crisis"].line("attacked-phone").spoken == "Press zero for numbers."
    assert library["crisis"].after("attacked-phone") == END


# ------------------------------------------------------------------------ resources


def test_the_numbers_of_the_united_states_are_those_that_were_checked(resources: Resources) -> None:
    """988, 911 and the two hotlines, with their source and date."""
    us = resources.for_country("US")
    assert [(line.id, line.call) for line in us.lines] == [
        ("crisis", "988"),
        ("emergency", "911"),
        ("violence", "1-800-799-7233"),
        ("child", "1-800-422-4453"),
    ]
    assert us.line("crisis").text == "988"
    assert all(line.checked and line.source for line in us.lines)


def test_only_what_was_checked_bears_a_date(resources: Resources) -> None:
    """A country whose numbers await checking says so."""
    assert resources.as_json("GB")["checked"] is None
    assert resources.as_json("US")["checked"] == "2026-11-22"


@pytest.mark.parametrize(("code", "served"), [("us", "US"), ("UK", "GB"), ("FR", "INT"), ("", "INT"), (None, "INT")])  # fmt: skip
def test_every_country_gets_numbers(resources: Resources, code: str | None, served: str) -> None:
    """An unknown country, or none, gets those that work anywhere."""
    assert resources.code_for(code) == served
    assert resources.as_json(code)["lines"]


def test_every_country_fills_every_variable(resources: Resources, library: Library) -> None:
    """No crisis line has a gap, and what is spoken holds no digits that a voice might misread."""
    named = {n for script in library.values() for line in script.lines for n in line.variables}
    for country in resources.countries.values():
        filled = country.variables()
        assert named <= set(filled)
        assert all(filled[name] and not re.search(r"\d", filled[name]) for name in named)


def test_resources_without_a_crisis_line_are_refused(folder: Path) -> None:
    """No country may leave the crisis lines with a gap."""
    path = folder / "resources.yaml"
    text = path.read_text(encoding="utf-8").replace("- id: crisis", "- id: other", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError, match="United States needs one line with the id 'crisis'"):
        load_resources(path)


# --------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("pause_s: 6\n", "pause_s: -2\n", "pause_s is -2; give 0 or more."),
        ("pause_s: 6\n", "pause_s: long\n", "pause_s is 'long'; give a number."),
        ("pause_s: 6\n", "pauses: 6\n", "'pauses' is no field here; write 'pause_s'."),
        ("wait_s: 8", "wait_s: 0", "wait_s is 0; give more than 0."),
        ("no: leave, silence: feet", "no: leave, silence: fleet", "'fleet' is no line and no script; write 'feet'."),
        (", silence: feet", "", "the question 'ready' has no answer for silence; add silence to answers."),
        ("on_speech: answer", "on_speech: listen", "on_speech is 'listen'; give 'answer' or 'resume'."),
        ("- id: chair", "- id: Chair", "id is 'Chair'; give small letters, digits and single hyphens."),
        ("- id: chair", "- id: press", "the line id 'press' is used twice; give each line its own."),
        ("minutes: 2", "minutes: [2", "is no YAML here"),
        ("id: feet-and-room", "id: some-feet", "id is 'some-feet'; give 'feet-and-room', as the file is named."),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_remedy(
    folder: Path, old: str, new: str, sentence: str
) -> None:
    """A wrong practice is left out with one sentence; the rest still works."""
    line = spoil(folder, "feet-and-room.yaml", old, new)
    library = load_library(folder)
    assert "feet-and-room" not in library
    assert len(library) == len(load_library(SHIPPED)) - 1
    (error,) = library.refused
    assert error.path == "feet-and-room.yaml"
    assert error.line is not None
    assert abs(error.line - line) <= 1
    assert sentence in error.sentence
    assert str(error).startswith(f"feet-and-room.yaml, line {error.line}: ")


def test_what_led_to_a_wrong_practice_leads_to_the_end(folder: Path) -> None:
    """An offer without its practice still stands, without that choice."""
    spoil(folder, "feet-and-room.yaml", "minutes: 2", "minutes: 0")
    offer = load_library(folder)["ladder"].line("offer")
    assert offer.show
    assert [choice.id for choice in offer.show.choices] == ["second", "stay"]
    assert "first" not in offer.answers
    assert offer.answers["second"] == "name-it"


def test_a_script_that_leads_nowhere_is_refused(folder: Path) -> None:
    """A target that is no file at all is a fault of the script that names it."""
    spoil(folder, "keys.yaml", "then: end", "then: nowhere")
    (error,) = load_library(folder).refused
    assert "'nowhere' is no line and no script" in error.sentence


def test_a_missing_field_is_named(folder: Path) -> None:
    """What is absent is told by its name."""
    spoil(folder, "keys.yaml", "title: The keys\n", "")
    (error,) = load_library(folder).refused
    assert error.sentence == "title is missing; add 'title: ...'."


@pytest.mark.parametrize("name", ["opening", "crisis", "ladder", "conversation", "wait-with-me"])
def test_no_session_starts_without_a_frame_it_needs(folder: Path, name: str) -> None:
    """A broken or missing frame stops the service with the sentence, instead of half-working."""
    path = folder / f"{name}.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "colour: blue\n", encoding="utf-8")
    with pytest.raises(ScriptError, match="'colour' is no field here"):
        load_library(folder)
    path.unlink()
    with pytest.raises(ScriptError):
        load_library(folder)


@pytest.mark.parametrize("content", [b"", b"- a\n", b"text", b"\xff\xfe", b"a: 1\na: 2\n", b"a: !!python/object:os.system x\n"])  # fmt: skip
def test_a_file_that_is_no_script_is_refused(folder: Path, content: bytes) -> None:
    """Garbage is named, and nothing in it is ever run."""
    (folder / "garbage.yaml").write_bytes(content)
    library = load_library(folder)
    assert [error.path for error in library.refused] == ["garbage.yaml"]
    assert "garbage" not in library


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A wrong folder is told at once."""
    with pytest.raises(ScriptError, match="there are no scripts here"):
        load_library(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "Now relax your hands.", "Calm down.", "Take a deep breath.", "You must look up.", "You should rest.",
        "Just breathe.", "That was a trigger.", "A symptom of it.", "A disorder.", "This is no diagnosis.",
        "It will heal.", "You are safe.", "You\u2019re safe here.", "I understand.", "I care about you.",
        "Everything will be fine.", "You sound very angry.", "You're lonely.", "This will pass.", "You will feel better.",
        "This comes from trauma.", "You dissociate.", "Regulate yourself.", "You are the pursuer.", "When one withdraws.",
    ],
)  # fmt: skip
def test_forbidden_words_are_found(text: str) -> None:
    """Each phrase that PRACTICES rules out is caught."""
    assert list(forbidden_in(text))


@pytest.mark.parametrize(
    "text",
    ["Or just stay.", "You do not have to speak.", "I cannot make out words just now.", "Health.", "Take care.", "You could look up.", "You feel the floor.", "Do you feel far away?", "It will be quiet for a while."],
)  # fmt: skip
def test_words_like_forbidden_ones_are_left_alone(text: str) -> None:
    """What is fine to say is not found."""
    assert not list(forbidden_in(text))


def test_the_linter_names_file_and_line(folder: Path) -> None:
    """A forbidden word, an unknown variable and a stale schema are each found at their place."""
    said = spoil(folder, "feet-and-room.yaml", "There is no hurry.", "Relax.")
    asked = spoil(
        folder, "goodbye.yaml", "Would you like that again,", "Would you like that, {name},"
    )
    (folder / "practice.schema.json").write_text("{}", encoding="utf-8")
    found = check(folder)
    assert found[0] == Finding(
        "feet-and-room.yaml", said, "it says 'relax'; name something to notice instead."
    )
    assert found[1].path == "goodbye.yaml"
    assert found[1].line == asked
    assert "nothing fills {name}" in found[1].sentence
    assert found[2].path == "practice.schema.json"
    assert len(found) == 3
