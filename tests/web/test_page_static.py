"""What the page promises before it runs: nothing from elsewhere, nothing inline, kind words."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "voice_agent" / "web" / "page"
HTML = sorted(PAGE.glob("*.html"))
SCRIPTS = sorted((PAGE / "js").glob("*.js"))
STYLES = sorted(PAGE.glob("*.css"))
INDEX = (PAGE / "index.html").read_text(encoding="utf-8")
STRINGS = (PAGE / "js" / "strings.js").read_text(encoding="utf-8")

TESTIDS = [
    "start",
    "go-on",
    "stop",
    "pause",
    "say-again",
    "just-stay",
    "skip",
    "status",
    "caption",
    "choice",
    "breath",
    "countdown",
    "resources",
    "crisis",
    "leave-now",
    "distress",
    "consent-tone",
    "consent-research",
    "mode-solo",
    "mode-couple",
]
"""DESIGN's list without `break`, which comes with the couples."""

HARSH = [
    r"session expired",
    r"\berror \d",
    r"\buser\b",
    r"\bsession\b",
    r"\brelax\b",
    r"calm down",
    r"deep breath",
    r"you (must|should)\b",
    r"\btrigger",
    r"\bsymptom",
    r"\bdisorder",
    r"\bdiagnos",
    r"you are safe",
    r"\bI (understand|care)\b",
    r"everything will be",
    r"\bjust (breathe|listen|let|follow|tap)\b",
    r"\bAI\b",
]
"""PAGE's and PRACTICES' lists of words that are never used."""


def said() -> str:
    """Every sentence the page itself shows: the strings' values and the text in the HTML."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`', STRINGS)
    markup = re.sub(r"<!--.*?-->", " ", INDEX, flags=re.DOTALL)
    return "\n".join(a or b for a, b in quoted) + "\n" + re.sub(r"<[^>]+>", " ", markup)


@pytest.mark.parametrize("path", [*HTML, *SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    """No file of the page names another origin, so that nobody else learns of the visit."""
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", path.read_text("utf-8"))


@pytest.mark.parametrize("path", HTML, ids=lambda path: path.name)
def test_no_script_or_style_stands_inline(path: Path) -> None:
    """The strict Content-Security-Policy would refuse handlers, styles and scripts in the HTML."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"\sstyle\s*=|<style", text)
    assert not re.search(r"javascript:|\sdata:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_markup_or_code(path: Path) -> None:
    """What the service sends becomes text, never markup, code or a style attribute."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
    assert not re.search(r"\beval\(|new Function|setAttribute\(\s*\"style\"|cssText", text)


@pytest.mark.parametrize("testid", TESTIDS)
def test_every_named_element_is_there(testid: str) -> None:
    """DESIGN's `data-testid`s are in the HTML, or made by the scripts."""
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    made = rf'testid = "{testid}"|#button\([^;]*"{testid}"'
    assert INDEX.count(f'data-testid="{testid}"') == 1 or re.search(made, scripts)


def test_every_sentence_named_in_the_page_is_written() -> None:
    """No element names a sentence that `strings.js` lacks."""
    named = set(re.findall(r'data-(?:text|label)="([A-Za-z]+)"', INDEX))
    assert named
    assert not [name for name in named if not re.search(rf"^  {name}:", STRINGS, re.MULTILINE)]


def test_every_element_the_scripts_look_for_is_there() -> None:
    """A renamed id is found here and not by somebody at night."""
    ids = set(re.findall(r'\sid="([a-z0-9-]+)"', INDEX))
    for path in SCRIPTS:
        asked = re.findall(r'\bget\("([a-z0-9-]+)"\)', path.read_text(encoding="utf-8"))
        assert set(asked) <= ids, path.name


@pytest.mark.parametrize("words", HARSH)
def test_the_page_uses_no_harsh_or_promising_words(words: str) -> None:
    """None of the words that PAGE and PRACTICES rule out is shown."""
    assert not re.search(words, said(), re.IGNORECASE if words != r"\bAI\b" else 0)


def test_the_title_and_the_ordinary_page_give_nothing_away() -> None:
    """Whoever looks over a shoulder, or into the tabs, reads neutral words."""
    ordinary = (PAGE / "ordinary.html").read_text(encoding="utf-8")
    assert "<title>Quiet room</title>" in INDEX
    assert not re.search(r"still here|quiet|voice|help|crisis|988|<script", ordinary, re.IGNORECASE)


def test_help_and_leaving_work_without_scripts() -> None:
    """The numbers stand in the HTML, and "Leave now" is a link to the ordinary page."""
    assert re.search(r'<a [^>]*data-testid="leave-now" href="/ordinary"', INDEX)
    assert re.search(r'data-testid="resources".*href="tel:988".*</details>', INDEX, re.DOTALL)


def test_the_switches_begin_with_no() -> None:
    """Neither consent is given by leaving a switch alone."""
    for consent in ("consent-tone", "consent-research"):
        (tag,) = re.findall(rf'<input[^>]*data-testid="{consent}"[^>]*>', INDEX)
        assert "checked" not in tag


def test_the_token_travels_in_a_header_and_lives_in_the_tab_alone() -> None:
    """No URL, cookie or lasting storage ever holds the token."""
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    assert not re.search(r"localStorage|document\.cookie|indexedDB|[?&]token=", scripts)
    assert "headers.Authorization = `Bearer ${options.token}`" in scripts


def _luminance(colour: str) -> float:
    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "ground"),
        ("soft", "ground"),
        ("soft", "raised"),
        ("accent", "ground"),
        ("accent", "raised"),
        ("leave", "ground"),
        ("on-accent", "accent"),
        ("ink", "wash"),
    ],
)
def test_text_contrasts_seven_to_one(scheme: int, ink: str, ground: str) -> None:
    """Every pair of text and ground reaches WCAG's 7:1 in both colour schemes."""
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    value = {name: re.findall(rf"--{name}: (#\w{{6}})", style)[scheme] for name in (ink, ground)}
    low, high = sorted((_luminance(value[ink]), _luminance(value[ground])))
    assert (high + 0.05) / (low + 0.05) >= 7
