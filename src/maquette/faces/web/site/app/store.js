/** The one store: everything that changes is a signal in here, and nothing else in the workbench keeps state. */
import { batch, effect, signal } from "../vendor/ui.js";

const kept = (name, otherwise) => {
  try {
    return localStorage.getItem(`maquette.${name}`) ?? otherwise;
  } catch {
    return otherwise; // a browser that keeps nothing is still a browser
  }
};

export const state = {
  /** where we are: {screen, job, query} */
  place: signal({ screen: "drop", job: "", query: new URLSearchParams() }),
  /** what the server offers: stages, recipes, destinations, printers, targets, generators */
  catalog: signal(null),
  /** jobs by id, as the server shows them, with `nodes` and `findings` */
  jobs: signal({}),
  online: signal(true),
  toasts: signal([]),
  drawer: signal(""),
  /** the step of the tour that is shown, 1 to 5; 0: none */
  tour: signal(0),
  /** a price that somebody has to agree to: {usd, answer} */
  asked: signal(null),
  recent: signal(null),
  versions: signal([]),
  /** the version that the model in view is compared with, and how far apart the two are */
  against: signal({ id: "", apart: null }),
  /** what was dropped and not yet ordered: {kind, slots, until, destination} */
  intake: signal(null),
  camera: signal(false),
  tab: signal("checks"),
  /** the viewer: what it shows and how */
  mode: signal("look"),
  section: signal({ on: false, axis: "x", at: 0.5 }),
  turning: signal(false),
  /** whether the printer's whole space is drawn, and which way the camera looks: three columns of its view matrix */
  bed: signal(false),
  heading: signal([]),
  /** the models that stand side by side, and which version stands beside the one in view */
  panes: signal(null),
  /** the scene: things by id {job, name, x, y, z, turn, scale}, the chosen one, its viewer, the look it is shot in */
  things: signal({}),
  thing: signal(""),
  set: signal(null),
  shoot: signal({ look: "beauty", settings: {} }),
  beside: signal(""),
  ruler: signal({ on: false, points: [], mm: "" }),
  /** the photo over the model: {on, share, camera, href, rect, agree} */
  overlay: signal({ on: false, share: 0.5, camera: null, href: "", rect: null, agree: null }),
  shown: signal({ address: "", triangles: 0, size: [0, 0, 0], rough: false, busy: false }),
  /** the print's layers: which is the last that shows, and what the server said of them */
  layers: signal({ at: 0, facts: null, busy: false, by: "own" }),
  legend: signal(null),
  finding: signal(""),
  /** changed knobs by name, for the job in view */
  draft: signal({}),
  search: signal(""),
  allKnobs: signal(false),
  allChecks: signal(false),
  allAdvice: signal(false),
  insists: signal({}),
  busyFiles: signal({}),
  /** parts and colours of the model in view, colours that were chosen instead, how many filaments */
  makeup: signal({ job: "", parts: [], colors: [], seen: null, other: {}, count: 4 }),
  /** marks on the photo: {open, tool, strokes, box, busy, preview} */
  mask: signal({ open: false, tool: "keep", strokes: [], box: null, busy: false, preview: "" }),
  /** the graph's document, its past and future */
  graph: signal(null),
  /** the others in the same room by id: {name, hue, cursor, picked, eye}, and whether one may change things here */
  people: signal({}),
  room: signal(null),
  /** the room's name once the server has told what is in it */
  joined: signal(""),
  hue: signal(Math.floor(Math.random() * 6)),
  mayWrite: signal(true),
  /** what the server takes us for: {scopes, guest, keys} */
  me: signal(null),
  /** comments pinned to places of a model, by id: {text, at, job, by, t}; whether a click makes one; the open one */
  pins: signal({}),
  pinning: signal(false),
  pin: signal(""),
  /** where pins are on the picture: {id, x, y, behind}; where the camera is and what it looks at, six numbers */
  spots: signal([]),
  eye: signal([]),
  name: signal(kept("name", "")),
  theme: signal(kept("theme", "auto")),
  printer: signal(kept("printer", "")),
  target: signal(kept("target", "")),
  generator: signal(kept("generator", "")),
  /** the filaments on somebody's shelf, as `--filaments` takes them */
  filaments: signal(kept("filaments", "")),
  /** whether what was dropped starts by itself: "on" or "off" */
  countdown: signal(kept("countdown", "on")),
};

/** Change some fields of a signal that holds an object; whoever does so in an effect does not depend on it. */
export function change(one, fields) {
  one.value = { ...one.peek(), ...fields };
}

/** Change one job; an unknown one is added. */
export function changeJob(id, fields) {
  const jobs = state.jobs.peek();
  state.jobs.value = { ...jobs, [id]: { ...jobs[id], ...fields } };
}

/** The jobs of a batch in the order of their photos; a version made later stands in for the one before it. */
export function batchJobs(tag) {
  const newest = {};
  for (const job of Object.values(state.jobs.value)) if (job.tag?.startsWith(`${tag}-`) && !/-(files|cut)$/.test(job.tag) && !(newest[job.tag]?.created > job.created)) newest[job.tag] = job;
  return Object.keys(newest).sort().map((name) => newest[name]);
}

/** Say something for a few seconds; errors stay until they are closed. */
export function say(text, kind = "note") {
  const toast = { id: Math.random(), text, kind };
  state.toasts.value = [...state.toasts.peek().slice(-3), toast];
  if (kind === "note") setTimeout(() => hush(toast.id), 5000);
}

export function hush(id) {
  state.toasts.value = state.toasts.peek().filter((toast) => toast.id !== id);
}

/** The value of a signal once it has one. */
export function arrival(one) {
  return new Promise((resolve) => {
    const end = effect(() => {
      if (one.value === null) return;
      resolve(one.value);
      queueMicrotask(() => end());
    });
  });
}

/** Remember a choice for next time. */
export function remember(name, value) {
  state[name].value = value;
  try {
    localStorage.setItem(`maquette.${name}`, value);
  } catch {
    // then it lasts as long as the page
  }
}

/** Forget what belonged to the job that was in view. */
export function leaveJob() {
  batch(() => {
    state.draft.value = {};
    state.against.value = { id: "", apart: null };
    if (state.tab.value === "compare") state.tab.value = "checks";
    state.finding.value = "";
    state.legend.value = null;
    state.layers.value = { at: 0, facts: null, busy: false, by: "own" };
    state.ruler.value = { on: false, points: [], mm: "" };
    state.mask.value = { open: false, tool: "keep", strokes: [], box: null, busy: false, preview: "" };
    state.graph.value = null;
    state.pinning.value = false;
    state.beside.value = "";
    state.pin.value = "";
    state.overlay.value = { on: false, share: 0.5, camera: null, href: "", rect: null, agree: null };
  });
}
