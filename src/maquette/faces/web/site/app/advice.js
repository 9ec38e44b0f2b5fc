/** What is it missing? What a colleague would say about this model: the place, the tool, the sandpaper, or CAD instead. */
import { words } from "./words.js";

const FEW_SEEN = 0.62; // of the surface: the rest is what nobody photographed
const FLAT = 0.14; // thickness over length: what lies flat is better off as a relief
const MARGIN = 1.05;
const said = words.advice;

/**
 * @typedef {{ job: any, findings: Record<string, any>, size: number[], seen: number | null, knobs: string[], fixes: string[] }} Facts
 * @typedef {{ id: string, text: string, action?: { kind: string, label: string, knob?: string, value?: any, finding?: any } }} Advice
 */

/** Each rule says one thing or nothing; what stops a print or a model comes first. @type {((facts: Facts) => Advice | null)[]} */
const RULES = [open, tooLarge, thinWalls, wrongOutline, overBudget, noLayout, guessedSize, unseenSides, flatThing, fallsOver, islands, supports, lostDetail, lightInTexture, betterInCad];

/** Advice for a job that has been checked, the most pressing first; one calm sentence where nothing is missing. @param {Facts} facts @returns {Advice[]} */
export function adviceFor(facts) {
  const rows = RULES.map((rule) => rule(facts)).filter((row) => row !== null);
  return rows.length ? rows : [{ id: "ready", text: facts.job.order.destination === "print" ? said.readyToPrint : said.readyToShow }];
}

const bad = (finding) => Boolean(finding) && ["warn", "fail"].includes(finding.verdict);
const firstNumber = (text) => parseFloat((String(text ?? "").replaceAll(",", "").match(/[\d.]+/) ?? ["0"])[0]);
const round = (number) => Number(number.toPrecision(2));
const turn = (knob, value, label) => ({ kind: "knob", knob, value, label });
const mend = ({ fixes }, finding) => (fixes.includes(finding.fix) ? { action: { kind: "mend", finding, label: said.mend(finding.fix) } } : {});

/** @param {Facts} facts @returns {Advice | null} */
function open(facts) {
  const finding = ["watertight", "edge-manifold", "winding", "self-intersections"].map((name) => facts.findings[name]).find((one) => one?.verdict === "fail");
  if (!finding) return null;
  return { id: "open", text: facts.job.order.destination === "print" ? said.openPrint(finding.message) : said.openModel(finding.message), ...mend(facts, finding) };
}

/** @param {Facts} facts @returns {Advice | null} */
function tooLarge({ findings, size, knobs }) {
  const finding = findings["fits-bed"];
  if (!bad(finding) || finding.verdict !== "fail") return null;
  const height = round((size[2] * 100) / (finding.value * MARGIN));
  return { id: "bed", text: said.tooLarge(finding.message), ...(knobs.includes("height_mm") ? { action: turn("height_mm", height, said.height(height)) } : {}) };
}

/** @param {Facts} facts @returns {Advice | null} */
function thinWalls(facts) {
  const finding = facts.findings["wall-thickness"];
  const limit = firstNumber(finding?.limit);
  if (!bad(finding) || !(finding.value > 0) || finding.value >= limit) return bad(finding) ? { id: "walls", text: said.thinPlaces(finding.message), ...mend(facts, finding) } : null;
  const height = Math.ceil((facts.size[2] * limit * MARGIN) / finding.value);
  const larger = facts.knobs.includes("height_mm") && limit / finding.value < 4;
  return { id: "walls", text: said.thinWalls(round(finding.value), limit), ...(larger ? { action: turn("height_mm", height, said.height(height)) } : mend(facts, finding)) };
}

/** @param {Facts} facts @returns {Advice | null} */
function wrongOutline({ findings, job }) {
  const finding = findings.silhouette;
  if (!bad(finding)) return null;
  const action = Object.values(job.nodes ?? {}).some((node) => node.stage === "matte") ? { action: { kind: "cut", label: words.mask.edit } } : {};
  return { id: "outline", text: said.outline(Math.round(finding.value * 100)), ...action };
}

/** @param {Facts} facts @returns {Advice | null} */
function overBudget(facts) {
  const finding = ["triangle-budget", "texture-size", "material-budget"].map((name) => facts.findings[name]).find(bad);
  return finding ? { id: "budget", text: said.budget(finding.message), ...mend(facts, finding) } : null;
}

/** @param {Facts} facts @returns {Advice | null} */
function noLayout(facts) {
  const finding = ["has-uv", "uv-overlap", "uv-stretch"].map((name) => facts.findings[name]).find((one) => one?.verdict === "fail");
  return finding ? { id: "uv", text: said.layout(finding.message), ...mend(facts, finding) } : null;
}

/** @param {Facts} facts @returns {Advice | null} */
function guessedSize({ findings, size }) {
  if (!bad(findings.sized)) return null;
  return { id: "size", text: said.guessed(Math.round(size[2])), action: { kind: "ruler", label: words.tools.ruler } };
}

/** @param {Facts} facts @returns {Advice | null} */
function unseenSides({ seen, job }) {
  const photos = Object.keys(job.order.inputs).length;
  if (seen === null || seen >= FEW_SEEN || job.order.kind !== "make" || photos > 1) return null;
  return { id: "unseen", text: said.unseen(Math.round((1 - seen) * 100)) };
}

/** @param {Facts} facts @returns {Advice | null} */
function flatThing({ size, job, knobs }) {
  const [thin, , long] = [...size].sort((one, other) => one - other);
  if (job.order.kind !== "make" || !knobs.includes("route") || ["relief", "auto"].includes(job.order.options?.route) || thin / long > FLAT) return null;
  return { id: "flat", text: said.flat, action: turn("route", "relief", said.relief) };
}

/** @param {Facts} facts @returns {Advice | null} */
function fallsOver({ findings, knobs }) {
  if (!bad(findings.stability)) return null;
  return { id: "stand", text: said.unstable, ...(knobs.includes("plinth") ? { action: turn("plinth", "round", said.plinth) } : {}) };
}

/** @param {Facts} facts @returns {Advice | null} */
function islands(facts) {
  const finding = facts.findings.islands;
  return bad(finding) ? { id: "islands", text: said.islands(finding.message), ...mend(facts, finding) } : null;
}

/** Bridges and overhangs: where supports stand, and what has to be sanded after them. @param {Facts} facts @returns {Advice | null} */
function supports({ findings }) {
  const { bridges, overhang } = findings;
  if (!bad(bridges) && !bad(overhang)) return null;
  const why = [bad(overhang) && said.leans(round(overhang.value)), bad(bridges) && said.spans(round(bridges.value), firstNumber(bridges.limit))].filter(Boolean);
  return { id: "supports", text: said.supports(why.join(said.and)) };
}

/** @param {Facts} facts @returns {Advice | null} */
function lostDetail({ findings, size, knobs }) {
  const finding = findings["fine-detail"];
  if (!bad(finding) || !(finding.value > 0)) return null;
  const height = Math.ceil((size[2] * firstNumber(finding.limit)) / finding.value);
  return { id: "detail", text: said.detail(round(finding.value)), ...(knobs.includes("height_mm") && height < size[2] * 3 ? { action: turn("height_mm", height, said.height(height)) } : {}) };
}

/** @param {Facts} facts @returns {Advice | null} */
function lightInTexture({ findings, knobs }) {
  if (!bad(findings["baked-light"])) return null;
  return { id: "light", text: said.light, ...(knobs.includes("light_out") ? { action: turn("light_out", 1, said.lightOut) } : {}) };
}

/** @param {Facts} facts @returns {Advice | null} */
function betterInCad({ findings, job }) {
  const holes = ["small-holes", "pins", "thin-gaps"].filter((name) => bad(findings[name]));
  const isUsed = ["functional", "strong"].includes(job.order.options?.purpose);
  if (job.order.destination !== "print" || (!holes.length && !isUsed)) return null;
  return { id: "cad", text: said.cad };
}
