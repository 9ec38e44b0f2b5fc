/** Small parts that every screen uses: buttons, icons, chips. */
import { html } from "../vendor/ui.js";

const PATHS = {
  plus: "M12 5v14M5 12h14", close: "M6 6l12 12M18 6 6 18", undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3", stop: "M7 7h10v10H7z", play: "M7 5v14l12-7z",
  frame: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", turn: "M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5",
  shot: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", section: "M4 4h16v16H4zM12 2v20M4 12h8",
  ruler: "M3 16 16 3l5 5L8 21zM7 12l2 2M10 9l2 2M13 6l2 2", down: "M12 4v12M7 11l5 5 5-5M5 20h14", gear: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 2v4M12 18v4M2 12h4M18 12h4M5 5l2.8 2.8M16.2 16.2 19 19M5 19l2.8-2.8M16.2 7.8 19 5",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01", brush: "M14 4 20 10 10 18c-2 2-6 2-6 2s0-4 2-6z", erase: "M8 20h12M5 14l7-9 7 6-6 9H9z",
  box: "M4 4h16v16H4z", compare: "M12 3v18M3 7h6v10H3zM15 7h6v10h-6z", bed: "M3 17l6-3h12l-6 3zM3 17V6l6-3v11M21 14V3H9M15 17V6H3M15 6l6-3", reset: "M4 12a8 8 0 1 0 3-6L4 9M4 4v5h5", graph: "M4 6h6v4H4zM14 14h6v4h-6zM10 8h3a2 2 0 0 1 2 2v4", check: "m5 12 5 5L20 6",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", mend: "M14 6a4 4 0 0 0-5 5l-6 6 3 3 6-6a4 4 0 0 0 5-5l-3 3-2-2z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13", open: "M4 6h6l2 2h8v11H4z", eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5", pin: "M12 21s7-6.500 7-11.500a7 7 0 0 0-14 0C5 14.500 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z", share: "M7 14.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM17 8a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM17 21a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM9.200 10.800l5.600-4M9.200 13.200l5.600 4", sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2", two: "M4 5h7v14H4zM13 5h7v14h-7z",
  look: "M12 3 20 7.5v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12 4 7.500", fly: "M4 12h12M11 6l6 6-6 6",
};

/** An icon of 24 by 24 in the text's colour; words beside it or a label on its button say what it means. */
export function Icon({ name, size = 18 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** A button: `kind` is plain, main, quiet or icon. An icon alone needs its `label`. */
export function Button({ kind = "plain", icon = "", label = "", pressed, children, ...rest }) {
  return html`<button type="button" class=${`button ${kind}`} aria-label=${label || undefined} title=${label || undefined}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

/** A dot in the colour of a verdict, with its word for those who do not see colours. */
export function Verdict({ verdict, said }) {
  return html`<span class=${`verdict ${verdict}`}><span class="dot" aria-hidden="true"></span><span class=${said ? "" : "unseen"}>${said || verdict}</span></span>`;
}

/** Bytes as a person reads them. */
export function sizeText(bytes) {
  return bytes < 1e5 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** A number with as many digits as help. */
export function numberText(value) {
  if (value === null || value === undefined) return "";
  return Number(Number(value).toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 4 });
}

/** `height_mm` as words and unit: ["height", "mm"]. */
export function wordsAndUnit(name) {
  const units = { mm: "mm", px: "px", deg: "°", share: "", s: "s", kb: "kB", mb: "MB", m: "m" };
  const parts = name.split(".").at(-1).split("_");
  const unit = parts.length > 1 && parts.at(-1) in units ? units[parts.pop()] : "";
  return [parts.join(" "), unit];
}
