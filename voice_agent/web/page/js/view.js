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
  #research = false;

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
    document.body.dataset.screen = model.screen;
    document.body.dataset.state = isLost(model) ? "lost" : show.state;
    document.body.dataset.crisis = String(crisis);
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("[data-on]")
    )) {
      part.hidden = !part.dataset.on?.split(" ").includes(model.screen);
    }
    if (this.#screen && this.#screen !== model.screen) this.#keepPlace();
    this.#screen = model.screen;

    write(get("status"), statusWords(model));
    this.#captions(model);
    const here = model.screen === "session" ? strings.stillHere : "";
    this.resources.renderCrisis(crisis, show.hint === "emergency", here);
    const live = model.screen === "session" && !isLost(model) && model.link === "open";
    this.resources.renderQuiet(live && !crisis ? show.resources : null);
    get("hear").hidden = !(model.screen === "session" && model.blocked);
    get("try-again").hidden = !(
      model.screen === "session" && ["gave_up", "elsewhere_gave_up"].includes(model.link)
    );
    get("start-again").hidden = !(model.screen === "session" && show.state === "ended");
    this.#offers(model, live);
    this.#dotRow(live && !crisis ? dotCount(show) : 0, show.hint);
    this.#ratings(live && show.state === "rating", show.rating ?? "before");
    this.#askResearch(live && show.hint === "research");
    this.#controlRow(model);
    const rows = ["choices", "dots", "distress", "research"];
    const asks = rows.some((id) => !get(id).hidden);
    document.body.dataset.asks = String(asks);
    if (crisis || asks || (model.screen === "session" && show.state === "ended")) {
      get("aside").hidden = true;
    }
    this.shape.render(model);
    this.tick(model);
  }

  /** Follows the time between two pictures. */
  tick(/** @type {Model} */ model, hearing = false) {
    const heard =
      hearing && this.shape.still && model.link === "open" && model.show.state === "listening";
    write(get("detail"), heard ? strings.hearing : detailWords(model, performance.now()));
    this.shape.tick(model);
    const words = get("words");
    words.tabIndex = words.scrollHeight > words.clientHeight ? 0 : -1;
  }

  /** Presses the choice at a place in the order they stand in. */
  choose(/** @type {number} */ index) {
    const buttons = get("choices").hidden ? [] : [...get("choices").querySelectorAll("button")];
    buttons[index]?.click();
  }

  /** Where the focused control went away with its screen, the page itself takes the focus. */
  #keepPlace() {
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused.closest("[hidden]")) {
      get("main").focus({ preventScroll: true });
    }
  }

  #captions(/** @type {Model} */ model) {
    const [older = "", old = "", newest = ""] = ["", "", "", ...model.captions].slice(-3);
    write(get("earlier-2"), older);
    write(get("earlier-1"), old);
    write(get("caption"), newest);
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
      id === "just_stay" ? this.#stayButton(label) : this.#choiceButton(id, label),
    );
    if (mayJustStay(model)) buttons.push(this.#stayButton(strings.justStay));
    box.replaceChildren(...buttons);
  }

  #choiceButton(/** @type {string} */ id, /** @type {string} */ label) {
    const button = this.#button(label, "choice", () => this.deeds.tap("choice", id));
    button.dataset.choice = id;
    return button;
  }

  #stayButton(/** @type {string} */ label) {
    return this.#button(label, "just-stay", () => this.deeds.tap("just_stay"));
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
      else home.insertBefore(skip, get("stop"));
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
    for (const id of ["pause", "say-again", "skip", "stop"]) get(id).hidden = !shown.includes(id);
    get("controls").hidden = !shown.length;
    const { state } = model.show;
    write(get("pause"), ["paused", "stopped"].includes(state) ? strings.goOn : strings.pause);
    write(
      get("stop"),
      state === "stopped" && model.link === "open" ? strings.finish : strings.stop,
    );
  }
}
