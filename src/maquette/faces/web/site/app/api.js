/** The server's routes as functions; a refusal comes through in the server's own words. */
import { words } from "./words.js";

export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, "Network", words.said.network);
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, body.error ?? "Refused", body.message ?? `${answer.status}`);
}

const json = async (answer) => (await answer).json();
const send = (path, method, body) =>
  json(ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

export const lookUp = (path) => json(ask(path));
export const textOf = async (path) => (await ask(path)).text();
export const bytesOf = async (path) => (await ask(path)).arrayBuffer();
export const order = (body) => send("/api/jobs", "POST", body);
export const cancel = (id) => send(`/api/jobs/${id}`, "DELETE", {});
export const retry = (id) => send(`/api/jobs/${id}/retry`, "POST", {});
export const handOff = (id, slicer) => send(`/api/jobs/${id}/hand-off`, "POST", { slicer });
export const priceOfOrder = async (body) => (await send("/api/price", "POST", body)).usd;
export const publish = (body) => send("/api/published", "POST", body);
export const runRecipe = (name, body) => send(`/api/recipes/${encodeURIComponent(name)}`, "POST", body);
export const openProject = (digest) => send("/api/projects", "POST", { digest });
export const share = (body) => send("/api/share", "POST", body);
export const come = (key) => send("/api/session", "POST", { key });
export const leave = () => send("/api/session", "DELETE", {});
export const readRecipe = (text) => send("/api/graph", "POST", { text });

/** Send a file; its digest and kind. */
export function upload(file) {
  return json(ask(`/api/files?name=${encodeURIComponent(file.name || "photo.png")}`, { method: "POST", body: file }));
}

/** What there is, all lists at once. */
export async function catalog() {
  const names = ["stages", "recipes", "destinations", "printers", "targets", "generators", "slicers"];
  const lists = await Promise.all(names.map((name) => lookUp(`/api/${name}`)));
  const all = Object.fromEntries(names.map((name, index) => [name, lists[index][name]]));
  const byName = (rows) => Object.fromEntries(rows.map((row) => [row.name, row]));
  const profiles = { ...lists[names.indexOf("printers")].profiles, ...lists[names.indexOf("targets")].profiles };
  return { ...all, profiles, stages: byName(all.stages), recipes: byName(all.recipes) };
}
