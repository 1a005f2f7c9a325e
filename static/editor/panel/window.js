// @ts-check
import { chooseWindow, resetWindow } from "../commands/window.js";
import { DicomPicture } from "../render/dicom.js";
import { boundedWindow, isDicom, presetOf, presetsOf } from "../windowing.js";
import { element, icon, part, setText } from "./dom.js";
/** @import { Picture } from "../render/picture.js" */
/** @import { Renderer } from "../render/renderer.js" */
/** @import { Looker } from "../types.js" */
/** @import { Windowing } from "../windowing.js" */
/** @import { ToolOptions } from "./options.js" */

/** What a DICOM file says of its pixels, as people read it. @type {Readonly<Record<string, string>>} */
const FACTS = {
  Modality: "Modality", BodyPartExamined: "Body part", ViewPosition: "View", ImageLaterality: "Side", Laterality: "Side",
  PhotometricInterpretation: "Colours", BitsStored: "Bits", PixelSpacing: "Pixel spacing (mm)", ImagerPixelSpacing: "Detector spacing (mm)",
  SliceThickness: "Slice thickness (mm)", SpacingBetweenSlices: "Slice spacing (mm)", RescaleSlope: "Rescale slope",
  RescaleIntercept: "Rescale intercept", RescaleType: "Unit", KVP: "Tube voltage (kV)", RepetitionTime: "Repetition time (ms)",
  EchoTime: "Echo time (ms)", MagneticFieldStrength: "Field (T)", LossyImageCompressionRatio: "Lossy compression ratio",
  BurnedInAnnotation: "Text in the picture", TransferSyntax: "Transfer syntax",
};

/**
 * Presets and numbers of the window, for the bar above the picture.
 * @param {Looker} editor
 * @returns {ToolOptions[]}
 */
export function windowOptions(editor) {
  const presets = element("select", { class: "input", "aria-label": "Window preset" });
  const centre = number("Level");
  const width = number("Width");
  const unit = element("span", { class: "option-hint" });
  const reset = element("button", { type: "button", class: "button button-small" }, icon("rotate-ccw"), "Reset");
  const content = element("div", {}, presets, centre.field, width.field, unit, reset, element("span", { class: "option-hint" }, "Drag: right is wider, up is brighter."));
  presets.addEventListener("change", () => {
    const { windowing } = editor.session.state;
    const preset = windowing && presetsOf(windowing.scale).find(({ id }) => id === presets.value);
    if (preset) chooseWindow(editor, preset.range);
    editor.ui.focusStage();
  });
  for (const { input } of [centre, width]) {
    input.addEventListener("change", () => {
      const { windowing } = editor.session.state;
      const [level, across] = [centre.input.valueAsNumber, width.input.valueAsNumber];
      if (windowing && Number.isFinite(level) && Number.isFinite(across)) chooseWindow(editor, boundedWindow(windowing.scale, level, across));
      else show(windowing);
    });
  }
  reset.addEventListener("click", () => {
    resetWindow(editor);
    editor.ui.focusStage();
  });
  /** @param {Windowing | null} windowing */
  function show(windowing) {
    if (!windowing) return;
    const { scale, range } = windowing;
    const offered = presetsOf(scale);
    const ids = offered.map(({ id }) => id).join();
    if (presets.dataset["ids"] !== ids) {
      presets.dataset["ids"] = ids;
      presets.replaceChildren(...offered.map(({ id, title }) => element("option", { value: id }, title)), element("option", { value: "own", hidden: true }, "Own window"));
    }
    presets.value = presetOf(scale, range)?.id ?? "own";
    centre.input.value = range ? String(range.centre) : "";
    width.input.value = range ? String(range.width) : "";
    setText(unit, scale.unit);
  }
  editor.session.changed.on((fields) => fields.has("windowing") && show(editor.session.state.windowing));
  show(editor.session.state.windowing);
  return [{ tools: ["window"], content }];
}

/** @param {string} words */
function number(words) {
  const input = element("input", { type: "number", class: "input option-window", step: "any" });
  return { input, field: element("label", {}, words, input) };
}

/** Keeps the picture in front, its window and its facts together; everything of DICOM hides where there is none. */
export class WindowPanel {
  #editor;
  #renderer;
  #panel = part("dicom-panel");

  /** @param {Looker} editor @param {Pick<Renderer, "picture" | "shown">} renderer */
  constructor(editor, renderer) {
    this.#editor = editor;
    this.#renderer = renderer;
    renderer.shown.on((picture) => this.#follow(picture));
    editor.opened.on(() => this.#showFacts());
    editor.session.changed.on((fields) => {
      const { windowing } = editor.session.state;
      if (fields.has("windowing") && windowing && renderer.picture instanceof DicomPicture) renderer.picture.range = windowing.range;
    });
    this.#showFacts();
    this.#follow(null);
  }

  toggle() {
    this.#panel.hidden = !this.#panel.hidden;
    for (const button of document.querySelectorAll("[data-command='window.facts']")) button.setAttribute("aria-expanded", String(!this.#panel.hidden));
  }

  /** @param {Picture | null} picture */
  #follow(picture) {
    const { session, machine } = this.#editor;
    const windowed = picture instanceof DicomPicture ? picture : null;
    const known = session.state.windowing;
    if (known?.scale !== windowed?.scale || known?.range !== windowed?.range) {
      session.update({ windowing: windowed && { scale: windowed.scale, range: windowed.range } });
    }
    if (!windowed && this.#renderer.picture && session.state.tool === "window") machine.switch("select");
    for (const shown of document.querySelectorAll("[data-windowed]")) /** @type {HTMLElement} */ (shown).hidden = !windowed;
  }

  #showFacts() {
    const details = this.#editor.entry?.task.image.details ?? {};
    const frame = this.#editor.entry?.task.image.frame ?? 0;
    const there = this.#editor.entry !== null && isDicom(this.#editor.entry.task.image);
    for (const shown of document.querySelectorAll("[data-dicom]")) /** @type {HTMLElement} */ (shown).hidden = !there;
    if (!there) this.#panel.hidden = true;
    const facts = Object.entries(FACTS).flatMap(([name, title]) => (details[name] === undefined ? [] : [[title, words(details[name])]]));
    if (frame > 0) facts.unshift(["Frame", String(frame)]);
    part("dicom-facts").replaceChildren(...facts.flatMap(([title = "", value = ""]) => [element("dt", {}, title), element("dd", {}, value)]));
  }
}

/** @param {unknown} value */
function words(value) {
  return Array.isArray(value) ? value.join(" × ") : String(value);
}
