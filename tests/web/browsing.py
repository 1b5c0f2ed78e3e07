"""Visits to the page in a real Chromium: what was shown, heard and tapped, kept by the page itself.

A script that runs before the page's own keeps a diary in the page: captions, status, choices,
messages of the service, taps, and fifty times a second the level of the voice. A test can so
let several visits run side by side and read later, to the hundredth, what happened in each.
"""

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

QUIET_DBFS = -55.0
"""Below this nothing is heard: the service sends zeros, the codec leaves a little around them."""
STEP_S = 0.05

DIARY = """(() => {
  const now = () => performance.now() / 1000
  const diary = globalThis.diary = {
    captions: [], statuses: [], messages: [], taps: [], levels: [], pcs: [], pilot: [], mic: null,
    plan: [], spoken: {},
  }
  const Real = RTCPeerConnection
  globalThis.RTCPeerConnection = class extends Real {
    constructor(...given) { super(...given); diary.pcs.push(this) }
    createDataChannel(...given) {
      const channel = super.createDataChannel(...given)
      channel.addEventListener('message', ({data}) => {
        const message = JSON.parse(data)
        diary.messages.push([now(), message])
        if (message.type !== 'caption') return
        diary.captions.push([now(), message])
        const next = diary.plan[0]
        if (mouth && next?.during === `${message.script}/${message.line}`) {
          diary.plan.shift()
          setTimeout(() => speak(next), next.afterS * 1000)
        }
      })
      return channel
    }
  }
  const media = navigator.mediaDevices
  if (media) {
    const ask = media.getUserMedia.bind(media)
    media.getUserMedia = async wanted => {
      const stream = await ask(wanted)
      diary.mic = now()
      return diary.plan.length ? joined(stream) : stream
    }
  }
  let mouth
  const joined = async microphone => {
    const context = new AudioContext()
    for (const each of diary.plan) {
      const bytes = Uint8Array.from(atob(each.wave), letter => letter.charCodeAt(0))
      each.buffer = await context.decodeAudioData(bytes.buffer)
    }
    mouth = context.createMediaStreamDestination()
    context.createMediaStreamSource(microphone).connect(mouth)
    return mouth.stream
  }
  const speak = ({name, buffer}) => {
    const source = new AudioBufferSourceNode(mouth.context, {buffer})
    source.connect(mouth)
    source.start()
    diary.spoken[name] = [now(), now() + buffer.duration]
  }
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-testid]')
    if (button) diary.taps.push([now(), button.dataset.testid, button.textContent])
  }, true)
  let context, source, analyser, stream
  const wave = new Float32Array(2048)
  const look = () => {
    const status = document.getElementById('status')?.textContent
    if (status !== undefined && diary.statuses.at(-1)?.[1] !== status) {
      diary.statuses.push([now(), status])
    }
    const next = diary.pilot[0]
    const button = next && [...document.querySelectorAll(`[data-testid="${next[0]}"]`)].find(each =>
      each.checkVisibility() && (next[1] ?? each.textContent) === each.textContent)
    if (button) { diary.pilot.shift(); button.click() }
    const voice = document.getElementById('voice')
    if (voice?.srcObject && voice.srcObject !== stream) {
      stream = voice.srcObject
      context ??= new AudioContext()
      source?.disconnect()
      source = context.createMediaStreamSource(stream)
      analyser = new AnalyserNode(context, {fftSize: wave.length})
      source.connect(analyser)
    }
    if (!analyser || context.state !== 'running') return
    analyser.getFloatTimeDomainData(wave)
    let sum = 0
    for (const sample of wave) sum += sample * sample
    const dbfs = 10 * Math.log10(sum / wave.length + 1e-12)
    diary.levels.push([now(), !voice.srcObject || voice.muted || voice.paused ? -120 : dbfs])
  }
  setInterval(look, 20)
})()"""


@dataclass(frozen=True)
class Said:
    """A line that began to sound: when (page time, s), at which session time, and which."""

    at: float
    t: float
    script: str
    line: str
    text: str

    @property
    def key(self) -> str:
        return f"{self.script}/{self.line}"


@dataclass
class Visit:
    """One page in its own context, with its diary and what its console said."""

    page: Any
    url: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(DIARY)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._console)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    @property
    def foreign(self) -> list[str]:
        """Requests to anywhere but the service."""
        mine = (self.url + "/", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(mine)]

    def open(self) -> "Visit":
        self.page.goto(self.url + "/")
        return self

    def tap(self, testid: str, label: str | None = None) -> float:
        """Tap as a finger does; returns the page's time of it."""
        button = self.page.get_by_test_id(testid)
        if label is not None:
            button = button.filter(has_text=label)
        button.first.click(timeout=10_000)
        at: float = self.page.evaluate("diary.taps.at(-1)[0]")
        return at

    def pilot(self, *taps: Sequence[str]) -> None:
        """Let the page tap these by itself, each as soon as it is there."""
        self.page.evaluate("taps => { diary.pilot.push(...taps) }", [list(tap) for tap in taps])

    def speech(self, plan: Sequence[tuple[str, float, str, bytes]]) -> None:
        """Say something into the microphone, each so many seconds after a line has begun.

        Args:
            plan: (the line, seconds, a name for it, a WAV file), in their order. The line is
                waited for, so that on a busy machine nobody answers what was not asked yet.
        """
        names = ("during", "afterS", "name")
        rows = [
            {**dict(zip(names, each, strict=True)), "wave": base64.b64encode(wave).decode()}
            for *each, wave in plan
        ]
        self.page.evaluate("rows => { diary.plan.push(...rows) }", rows)

    def spoken(self, name: str) -> tuple[float, float]:
        """Wait until this was said; return when it began and when it ended, in page time."""

        def over() -> list[float] | None:
            span = self.page.evaluate("name => diary.spoken[name] ?? null", name)
            return span if span is not None and self.now >= span[1] else None

        began, ended = self.until(f"'{name}' was said", over, 60)
        return began, ended

    # What was seen

    @property
    def now(self) -> float:
        at: float = self.page.evaluate("performance.now() / 1000")
        return at

    @property
    def said(self) -> list[Said]:
        return [
            Said(at, m["t"], m["script"], m["line"], m["text"])
            for at, m in self.page.evaluate("diary.captions")
        ]

    @property
    def lines(self) -> list[str]:
        return [said.key for said in self.said]

    @property
    def messages(self) -> list[tuple[float, dict[str, Any]]]:
        return [(at, message) for at, message in self.page.evaluate("diary.messages")]

    @property
    def statuses(self) -> list[str]:
        return [text for _, text in self.page.evaluate("diary.statuses")]

    @property
    def status(self) -> str:
        text: str = self.page.get_by_test_id("status").inner_text()
        return text

    @property
    def caption(self) -> str:
        text: str = self.page.get_by_test_id("caption").inner_text()
        return text

    @property
    def choices(self) -> list[str]:
        found = self.page.locator("#choices button:visible").all_inner_texts()
        return [str(text) for text in found]

    @property
    def detail(self) -> str:
        text: str = self.page.locator("#detail").inner_text()
        return text

    @property
    def stored(self) -> dict[str, Any]:
        """The session's id and token, as the tab keeps them."""
        kept: dict[str, Any] = self.page.evaluate("JSON.parse(sessionStorage.getItem('session'))")
        return kept or {}

    # What was heard

    def levels(self, since: float, until: float = 1e9) -> list[tuple[float, float]]:
        """The level of what the page's one audio element plays, (page time, dBFS), fifty a second."""
        rows = self.page.evaluate(
            "([since, until]) => diary.levels.filter(([t]) => t >= since && t <= until)",
            [since, until],
        )
        return [(t, dbfs) for t, dbfs in rows]

    def loudest(self, since: float, until: float = 1e9) -> float:
        return max((dbfs for _, dbfs in self.levels(since, until)), default=-120.0)

    def last_sound(self, since: float, until: float = 1e9) -> float | None:
        """When anything was last heard in this time, or None."""
        heard = [t for t, dbfs in self.levels(since, until) if dbfs > QUIET_DBFS]
        return heard[-1] if heard else None

    def longest_silence(self, since: float, until: float) -> float:
        """The longest time without any sound, in s."""
        edges = [t for t, dbfs in self.levels(since, until) if dbfs > QUIET_DBFS]
        edges = [since, *edges, until]
        return max(b - a for a, b in pairwise(edges))

    # Waiting

    def until(self, what: str, met: Callable[[], Any], timeout_s: float = 30.0) -> Any:
        """Wait for a condition; what was seen instead stands in the failure."""
        end = time.monotonic() + timeout_s
        while not (found := met()):
            if time.monotonic() > end:
                raise AssertionError(
                    f"not within {timeout_s:g} s: {what}; status {self.statuses[-3:]}, "
                    f"lines {self.lines[-4:]}, choices {self.choices}, {self.complaints}"
                )
            self.page.wait_for_timeout(STEP_S * 1000)
        return found

    def until_said(self, key: str, timeout_s: float = 40.0, *, since: float = 0.0) -> Said:
        """Wait for a line to begin, `script/line`."""

        def found() -> Said | None:
            return next((s for s in self.said if s.key == key and s.at >= since), None)

        said: Said = self.until(f"the line {key}", found, timeout_s)
        return said

    def until_status(self, text: str, timeout_s: float = 20.0) -> None:
        self.until(f"status '{text}'", lambda: self.status == text, timeout_s)

    def until_heard(self, since: float, timeout_s: float = 10.0) -> float:
        """Wait for a sound after `since`; returns when it was first heard."""

        def found() -> float | None:
            return next((t for t, dbfs in self.levels(since) if dbfs > QUIET_DBFS), None)

        at: float = self.until("a sound", found, timeout_s)
        return at

    def watch(self, length_s: float) -> float:
        """Let page time pass; returns when it began."""
        began = self.now
        self.until(f"{length_s} s", lambda: self.now >= began + length_s, length_s + 20)
        return began


def launch(playwright: Any, chromium: str, microphone: Path | None) -> Any:
    """Start Chromium; its microphone hears `microphone` once, or is not there at all."""
    args = ["--no-sandbox"]
    if microphone is not None:
        args += [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}%noloop",
        ]
    return playwright.chromium.launch(executable_path=chromium, args=args)


def visit(
    browser: Any,
    url: str,
    *,
    allowed: bool = True,
    size: tuple[int, int] = (390, 844),
    **context: Any,
) -> Visit:
    """Open the page in a context of its own; `allowed` is the permission for the microphone."""
    made = browser.new_context(viewport={"width": size[0], "height": size[1]}, **context)
    if allowed:
        made.grant_permissions(["microphone"], origin=url)
    return Visit(made.new_page(), url).open()


SIZES = ((390, 844), (320, 568))
MISFITS = """() => {
  const out = []
  const wide = document.documentElement.scrollWidth
  if (wide > innerWidth) out.push(`the page is ${wide} px wide`)
  const seen = [...document.querySelectorAll('#deeds button, #start, #go-on, #leave-now, #resources summary')]
  for (const button of seen.filter(each => each.checkVisibility())) {
    const {left, right, top, bottom} = button.getBoundingClientRect()
    const name = button.textContent.trim()
    if (left < 0 || right > innerWidth || top < 0 || bottom > innerHeight + 1) out.push(`${name} is cut off`)
    else {
      const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      if (!button.contains(hit)) out.push(`${name} is covered`)
    }
    if (right - left < 44 || bottom - top < 44) out.push(`${name} is small`)
  }
  return out
}"""


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong on the page as it is now."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


class Screens:
    """What was found on the screens that were reached, and a picture of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[str] = []
        self.violations: list[str] = []
        self.misfits: list[str] = []
        self.without_help: list[str] = []

    def look(self, seen: Visit, name: str) -> None:
        """Look at the screen as it is now, in both sizes and schemes; the page goes on."""
        page = seen.page
        before = page.viewport_size
        self.seen.append(name)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=str(self.folder / f"{name}-{width}.png"))
            self.misfits += [f"{name} at {width}: {what}" for what in page.evaluate(MISFITS)]
        page.set_viewport_size(before)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            self.violations += [f"{name}, {scheme}: {each}" for each in violations(page)]
        for testid in ("resources", "leave-now"):
            if not page.get_by_test_id(testid).is_visible():
                self.without_help.append(f"{name}: {testid}")
