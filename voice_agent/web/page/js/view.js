/** @file Draws the newest picture: one function from what the page knows to what it shows. */

import {
  controls,
  detailWords,
  dotCount,
  inCrisis,
  isLost,
  mayJustStay,
  statusWords,
} from "./model.js";
import { strings } from "./strings.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {(control: string, choice?: string) => void} Tap */

const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Writes text only where it changed, so that a screen reader says it once. */
function write(/** @type {HTMLElement} */ element, /** @type {string} */ text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The page's parts and how they follow the model. */
export class View {
  #screen = "";
  #choices = "";
  #rating = "";
  #dots = "";
  /** @type {Map<string, string>} */
  #lines = new Map();
  #research = false;
  /** @type {string|null} the line that stood when it was stopped */
  #cut = null;

  /**
   * @param {object} deeds
   * @param {Tap} deeds.tap
   * @param {(rating: number|null) => void} deeds.rate
   * @param {import("./shape.js").Shape} shape
   * @param {import("./resources.js").ResourcesPanel} resources
   */
  constructor(deeds, shape, resources) {
    this.deeds = deeds;
    this.shape = shape;
    this.resources = resources;
    this.#makeNumbers();
  }

  /** Shows what the page knows now. */
  render(/** @type {Model} */ model) {
    const { show } = model;
    const crisis = inCrisis(model);
    const focused = /** @type {HTMLElement|null} */ (document.activeElement);
    document.body.dataset.screen = model.screen;
    document.body.dataset.state = isLost(model) ? "lost" : show.state;
    document.body.dataset.crisis = String(crisis);
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("[data-on]")
    )) {
      part.hidden = !part.dataset.on?.split(" ").includes(model.screen);
    }
    if (this.#screen !== model.screen) this.#placeParts(model.screen);
    this.#screen = model.screen;

    write(get("status"), statusWords(model));
    this.#captions(model);
    const here = model.screen === "session" ? strings.stillHere : "";
    const ended = model.screen === "session" && show.state === "ended";
    const urgent = show.emergency || show.hint === "emergency";
    this.resources.renderCrisis(crisis, urgent, here);
    const live = model.screen === "session" && !isLost(model) && model.link === "open";
    if (ended) this.resources.renderQuiet("quiet", strings.endedPerson);
    else this.resources.renderQuiet(live && !crisis ? show.resources : null);
    get("hear").hidden = !(model.screen === "session" && model.blocked);
    get("try-again").hidden = !(
      model.screen === "session" && ["gave_up", "elsewhere_gave_up"].includes(model.link)
    );
    get("start-again").hidden = !ended;
    if (ended) get("captions").hidden = true;
    this.#offers(model, live);
    this.#dotRow(live && !crisis ? dotCount(show) : 0, show.hint);
    this.#ratings(live && show.state === "rating", show.rating ?? "before");
    this.#askResearch(live && show.hint === "research");
    this.#controlRow(model);
    const rows = ["choices", "dots", "distress", "research"];
    const asks = rows.some((id) => !get(id).hidden);
    document.body.dataset.asks = String(asks);
    if (crisis || asks || ended) get("aside").hidden = true;
    this.shape.render(model);
    this.tick(model);
    this.fit();
    this.#keepPlace(focused);
  }

  /** Takes the largest look in which the whole line is in sight; opened settings scroll instead. */
  fit() {
    if (/** @type {HTMLDetailsElement} */ (get("settings")).open) return;
    const words = get("words");
    for (const size of ["full", "less", "small", "least"]) {
      document.body.dataset.fit = size;
      if (words.scrollHeight <= words.clientHeight) break;
    }
    this.#tellMore();
  }

  /** Whether there are more words below, for the eye and for the keyboard. */
  #tellMore() {
    const words = get("words");
    const below = words.scrollHeight - words.clientHeight;
    words.tabIndex = below > 0 ? 0 : -1;
    words.dataset.more = String(below - words.scrollTop > 4);
  }

  /** Follows the time between two pictures. */
  tick(/** @type {Model} */ model, hearing = false) {
    const heard =
      hearing && this.shape.still && model.link === "open" && model.show.state === "listening";
    write(get("detail"), heard ? strings.hearing : detailWords(model, performance.now()));
    this.shape.tick(model);
    this.#tellMore();
  }

  /** Presses the choice at a place in the order they stand in. */
  choose(/** @type {number} */ index) {
    const buttons = get("choices").hidden ? [] : [...get("choices").querySelectorAll("button")];
    buttons[index]?.click();
  }

  /** During a conversation the switch for the tone is one of the settings. */
  #placeParts(/** @type {string} */ screen) {
    const modes = document.documentElement.dataset.modes?.split(" ") ?? [];
    get("modes").hidden = screen !== "arrival" || modes.length < 2;
    const settings = get("settings");
    if (screen === "session") settings.querySelector("summary")?.after(get("tone"));
    else settings.before(get("tone"));
  }

  /** Where the focused control went away, what came in its place, or the page, takes the focus. */
  #keepPlace(/** @type {HTMLElement|null} */ focused) {
    if (!focused || focused === document.body) return;
    if (focused.isConnected && focused.checkVisibility()) return;
    const choice = focused.dataset.choice ?? focused.dataset.testid;
    const again = [...get("choices").querySelectorAll("button")].find(
      (each) => (each.dataset.choice ?? each.dataset.testid) === choice,
    );
    const place = again ?? (get("choices").hidden ? get("main") : get("choices"));
    place.focus({ preventScroll: true });
  }

  #captions(/** @type {Model} */ model) {
    const [older = "", old = "", newest = ""] = ["", "", "", ...model.captions].slice(-3);
    this.#line("earlier-2", older);
    this.#line("earlier-1", old);
    this.#line("caption", newest);
    // What was cut off by a stop is no order any more.
    if (model.show.state !== "stopped") this.#cut = null;
    else this.#cut ??= newest;
    get("caption").dataset.past = String(newest === this.#cut);
  }

  /** A spoken line; written anew only where it changed. */
  #line(/** @type {string} */ id, /** @type {string} */ text) {
    if (this.#lines.get(id) === text) return;
    this.#lines.set(id, text);
    get(id).replaceChildren(...this.resources.written(text));
  }

  #offers(/** @type {Model} */ model, /** @type {boolean} */ live) {
    const { choices, state } = model.show;
    const shown = live && state !== "rating" && (choices.length > 0 || mayJustStay(model));
    const box = get("choices");
    box.hidden = !shown;
    const key = shown ? JSON.stringify([choices, state, mayJustStay(model)]) : "";
    if (key === this.#choices) return;
    this.#choices = key;
    if (!shown) return void box.replaceChildren();
    const buttons = choices.map(({ id, label }) =>
      ["stay", "just_stay"].includes(id)
        ? this.#stayButton(label, id)
        : this.#choiceButton(id, label),
    );
    if (mayJustStay(model)) buttons.push(this.#stayButton(strings.justStay));
    box.replaceChildren(...buttons);
  }

  #choiceButton(/** @type {string} */ id, /** @type {string} */ label) {
    const button = this.#button(label, "choice", () => this.deeds.tap("choice", id));
    button.dataset.choice = id;
    return button;
  }

  /** To just stay is a choice of its own, or where the service names none, a control. */
  #stayButton(/** @type {string} */ label, id = "just_stay") {
    const tap = () => (id === "stay" ? this.deeds.tap("choice", id) : this.deeds.tap("just_stay"));
    return this.#button(label, "just-stay", tap);
  }

  /** A button that shows that it was taken, until the next picture comes. */
  #button(
    /** @type {string} */ label,
    /** @type {string} */ testid,
    /** @type {() => void} */ deed,
  ) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = testid;
    button.dataset.testid = testid;
    button.textContent = label;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      for (const each of button.parentElement?.children ?? []) {
        each.setAttribute("aria-pressed", String(each === button));
      }
      deed();
    });
    return button;
  }

  #dotRow(/** @type {number} */ count, /** @type {string} */ hint) {
    const box = get("dots");
    box.hidden = !count;
    const key = count ? hint : "";
    if (key === this.#dots) return;
    this.#dots = key;
    const dots = Array.from({ length: count }, (_, index) => {
      const dot = document.createElement("button");
      dot.type = "button";
      dot.className = "dot";
      dot.setAttribute("aria-label", `${strings.dot} ${index + 1}`);
      dot.setAttribute("aria-pressed", "false");
      const once = () => {
        dot.setAttribute("aria-pressed", "true");
        this.deeds.tap("dot");
      };
      dot.addEventListener("click", once, { once: true });
      return dot;
    });
    box.replaceChildren(...dots);
  }

  #makeNumbers() {
    const numbers = Array.from({ length: 11 }, (_, rating) => {
      const button = this.#button(String(rating), "rating", () => this.deeds.rate(rating));
      button.dataset.rating = String(rating);
      return button;
    });
    get("numbers").replaceChildren(...numbers);
  }

  #ratings(/** @type {boolean} */ shown, /** @type {string} */ when) {
    get("distress").hidden = !shown;
    const skip = get("skip");
    const home = shown ? get("numbers") : get("controls");
    if (skip.parentElement !== home) {
      if (shown) home.append(skip);
      else home.insertBefore(skip, get("say-again"));
    }
    const key = shown ? when : "";
    if (key === this.#rating) return;
    this.#rating = key;
    for (const button of get("numbers").children) button.setAttribute("aria-pressed", "false");
    skip.removeAttribute("aria-pressed");
  }

  /** Asked once: whatever was chosen stays until the end. */
  #askResearch(/** @type {boolean} */ shown) {
    if (shown) this.#research = true;
    get("research").hidden = !shown || !this.#research;
  }

  #controlRow(/** @type {Model} */ model) {
    const shown = controls(model);
    for (const id of ["pause", "slower", "say-again", "skip", "stop"])
      get(id).hidden = !shown.includes(id);
    get("controls").hidden = !shown.length;
    const { state } = model.show;
    write(get("pause"), ["paused", "stopped"].includes(state) ? strings.goOn : strings.pause);
    const last = state === "stopped" && model.link === "open" && model.show.may_end;
    write(get("stop"), last ? strings.finish : strings.stop);
  }
}
