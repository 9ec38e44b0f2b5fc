/** Taking things in: drop, paste, the file dialogue and the camera all end here. */
import { lookUp, openProject, upload } from "./api.js";
import { columnsOf, priceOf } from "./columns.js";
import { attempt, orderBake, orderBatch, orderIntake, usualPrice } from "./orders.js";
import { arrival, change, say, state } from "./store.js";
import { words } from "./words.js";
import { go } from "./router.js";

export const SIDES = ["front", "left", "back", "right"];
const COUNTDOWN_MS = 3000;
const PROJECT = ".maquette";
const MOST = 200; // photos at once

/** Whether a file is a model, by its name as the formats declare it or by what the server saw in it. */
function isModel(name, kind) {
  const readers = Object.values(state.catalog.value.stages).flatMap((stage) => stage.facts.reads);
  const ending = name.includes(".") ? name.slice(name.lastIndexOf(".")).toLowerCase() : "";
  if (kind === "picture") return false;
  return readers.includes(ending) || readers.includes(`.${kind}`);
}

/** Files that came in; the first one goes to the front, the others to the free sides. */
export async function take(files, side = "") {
  const list = [...files];
  if (!list.length) return;
  halt();
  if (list.length > MOST && !side) say(words.batch.most(MOST, list.length));
  const before = state.intake.value ?? { kind: "photo", slots: {}, until: 0 };
  state.intake.value = { ...before, busy: true };
  const sent = await attempt(async () => {
    const rows = [];
    for (const file of list.slice(0, side ? SIDES.length : MOST)) rows.push({ ...(await upload(file)), name: file.name || "pasted.png" });
    return rows;
  });
  await arrival(state.catalog);
  const project = (sent ?? []).find((row) => row.name.endsWith(PROJECT));
  if (project) {
    await openBundle(project.digest);
    return;
  }
  const models = (sent ?? []).filter((row) => isModel(row.name, row.kind));
  if (!sent) state.intake.value = Object.keys(before.slots).length ? before : null;
  else if (models.length) settle({ kind: "model", slots: { front: models[0] } });
  else if (sent.length > SIDES.length) settle({ kind: "batch", slots: Object.fromEntries(sent.map((row, index) => [index, row])) });
  else settle({ kind: "photo", slots: fill(side ? before.slots : {}, sent, side) });
}

/** A project from another machine: its newest version is shown. */
async function openBundle(digest) {
  state.intake.value = null;
  const newest = await attempt(async () => {
    const { tag, jobs } = await openProject(digest);
    const versions = (await lookUp(`/api/jobs?tag=${encodeURIComponent(tag)}&limit=500`)).jobs.map((job) => job.id);
    return jobs.findLast((id) => versions.includes(id)) ?? jobs.at(-1); // those of other tags are its files and cuts
  });
  if (newest) go(`/m/${newest}`);
}

/** Photos put where there is room, in the order of the sides. */
function fill(slots, rows, side) {
  const next = { ...slots };
  for (const row of rows) {
    const free = side && !rows.indexOf(row) ? side : SIDES.find((each) => !next[each]);
    if (free) next[free] = row;
  }
  return next;
}

/** What was taken is there: begin to count down, unless several photos wait for more. */
function settle(intake) {
  const destination = state.intake.value?.destination ?? "print";
  const counts = Object.keys(intake.slots).length === 1 && state.countdown.value === "on" && (intake.kind === "model" || !usualPrice()); // nobody pays by waiting
  state.intake.value = { ...intake, destination, busy: false, until: counts ? Date.now() + COUNTDOWN_MS : 0 };
}

/** A file that is on the server already: an example, or what `maquette open` was given. */
export function takeKnown(digest, name) {
  if (name.endsWith(PROJECT)) {
    openBundle(digest);
    return;
  }
  const kind = isModel(name, "") ? "model" : "photo";
  settle({ kind, slots: { front: { digest, name, href: `/api/files/${digest}/${encodeURIComponent(name)}` } } });
}

/** Stop the countdown; what was taken stays. */
export function halt() {
  if (state.intake.value?.until) change(state.intake, { until: 0 });
}

/** Photos in the slots are different things, not sides of one. */
export function separate() {
  halt();
  change(state.intake, { kind: "batch" });
}

/** Photos are to be made by several generators. */
export function compare() {
  halt();
  change(state.intake, { kind: "bake" });
}

export function drop(side) {
  halt();
  const { [side]: _, ...slots } = state.intake.value.slots;
  if (Object.keys(slots).length) change(state.intake, { slots });
  else state.intake.value = null;
}

/** Order it, and go where it appears. */
export async function start(destination) {
  const intake = state.intake.value;
  if (!intake || intake.busy || !Object.keys(intake.slots).length) return;
  state.intake.value = { ...intake, until: 0, busy: true, destination };
  const address = await attempt(async () => (intake.kind === "bake" ? `/bake/${await orderBake(Object.values(intake.slots), columnsOf(intake), priceOf)}` : intake.kind === "batch" ? `/batch/${await orderBatch(Object.values(intake.slots), destination)}` : `/m/${(await orderIntake(intake, destination)).id}`));
  if (address) {
    state.intake.value = null;
    go(address);
  } else state.intake.value = { ...intake, until: 0, busy: false };
}

/** What lies on the clipboard. */
export function onPaste(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length && state.place.value.screen === "drop") {
    event.preventDefault();
    take(files);
  }
}

/** One picture from the camera in a video element. */
export function shoot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => take([new File([blob], "camera.jpg", { type: "image/jpeg" })]), "image/jpeg", 0.92);
}

/** The camera's stream, or nothing and a reason. */
export async function openCamera() {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
  } catch (problem) {
    say(words.drop.noCamera + problem.message, "error");
    return null;
  }
}
