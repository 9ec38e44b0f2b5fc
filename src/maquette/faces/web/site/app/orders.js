/** What is ordered: a photo made, a model mended, a finding mended, the same once more with other knobs. */
import { order } from "./api.js";
import { changeJob, say, state } from "./store.js";

const PRINT_ENDING = ".3mf";
const MODEL_ENDING = ".glb";

const freshTag = (letter = "w") => `${letter}-${crypto.randomUUID?.().slice(0, 13) ?? Math.random().toString(16).slice(2, 15)}`;
const stemOf = (name) => (name.replace(/\.[^.]*$/, "").replace(/[^\w .()+-]/g, "_").slice(0, 60).trim() || "model").replace(/^[^\w]+/, "m");
export const endingFor = (destination) => (destination === "print" ? PRINT_ENDING : MODEL_ENDING);
const profileFor = (destination) =>
  (destination === "print" ? state.printer.value : state.target.value) || state.catalog.value.destinations[destination].profile;

/** Send an order and keep the job it gives. */
async function place(body) {
  const job = await order(body);
  changeJob(job.id, { nodes: {}, findings: [], n: 0, ...job });
  return job;
}

/** A recipe as the server reads it from an order. */
export const recipeText = (form) => JSON.stringify(form, null, 1);

/** Photos by direction, or a model, to a new job for a destination. */
export function orderIntake(intake, destination, tag = freshTag()) {
  const inputs = Object.fromEntries(Object.entries(intake.slots).map(([side, { digest, name }]) => [side, { digest, name }]));
  const name = Object.values(intake.slots)[0].name;
  const output = `${stemOf(name)}${endingFor(destination)}`;
  const profile = profileFor(destination);
  if (intake.kind === "model") {
    const recipe = destination === "print" ? "mend" : "tidy";
    return place({ kind: "recipe", recipe, inputs: { asset: inputs.front }, output, destination, judged_by: profile, tag, options: {} });
  }
  const options = { report: false, [destination === "print" ? "printer" : "target"]: profile };
  if (state.generator.value) options.generator = state.generator.value;
  return place({ kind: "make", inputs, output, destination, options, tag });
}

/** Photos that are different things, each to a job of its own; the tag of them all. */
export async function orderBatch(rows, destination) {
  const tag = freshTag("b");
  for (const [index, row] of rows.entries()) await orderIntake({ kind: "photo", slots: { front: row } }, destination, `${tag}-${String(index + 1).padStart(3, "0")}`);
  return tag;
}

/** The same job with some options changed: another version of it. */
export function orderAgain(job, changes, more = {}) {
  const { kind, recipe, inputs, output, destination, options, judged_by } = job.order;
  const next = { ...options };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete next[name];
    else next[name] = value;
  }
  return place({ kind, recipe, inputs, output, destination, judged_by, options: next, tag: job.tag, ...more });
}

/** One stage over what a job made, judged like it. */
export function orderFix(job, stage, settings = {}) {
  const { stages } = state.catalog.value;
  const { destination } = job.order;
  const printer = stages[stage].roles.includes("printer") && destination === "print" ? { printer: profileOf(job) } : {};
  const form = {
    recipe: "mended", summary: stages[stage].summary.slice(0, 190), inputs: ["asset"],
    steps: { [stage.replaceAll("-", "_")]: { stage, from: "asset", with: { ...printer, ...settings } } }, result: stage.replaceAll("-", "_"),
  };
  const more = { kind: "recipe", recipe: recipeText(form), inputs: { asset: { job: job.id } }, options: {}, output: job.order.output };
  return place({ ...more, destination, judged_by: profileOf(job), tag: job.tag });
}

/** What a job made, in another format. */
export function orderFormat(job, ending) {
  const output = `${stemOf(job.order.output)}${ending}`;
  return place({ kind: "recipe", recipe: "", inputs: { asset: { job: job.id } }, output, options: {}, tag: `${job.tag}-files` });
}

/** The cut alone, so that it can be looked at before the shape. */
export function orderCut(job, settings) {
  const form = {
    recipe: "cut", summary: "The subject in its photo.", inputs: ["photo"],
    steps: { opened: { stage: "open", from: "photo" }, cut: { stage: "matte", from: "opened", with: settings } }, result: "cut",
  };
  return place({ kind: "recipe", recipe: recipeText(form), inputs: { photo: job.order.inputs.front ?? job.order.inputs.photo }, output: "cut.png", options: {}, tag: `${job.tag}-cut`, priority: 1 });
}

/** A changed graph over the inputs of a job; what it may cost is what whoever ran it saw on the button. */
export function orderGraph(job, form, cost = 0) {
  const inputs = Object.fromEntries(form.inputs.map((name) => [name, job.order.inputs[name] ?? Object.values(job.order.inputs)[0]]));
  const { output, destination } = job.order;
  return place({ kind: "recipe", recipe: recipeText(form), inputs, output, destination, judged_by: profileOf(job), options: {}, tag: job.tag, ...(cost ? { pay_usd: cost } : {}) });
}

/** The printer or target that judges a job. */
export function profileOf(job) {
  const { destination, judged_by, options } = job.order;
  return judged_by || options?.[destination === "print" ? "printer" : "target"] || state.catalog.value?.destinations[destination].profile || "";
}

/** The printer of a job that prints; its bed is `bed_mm`. */
export function bedOf(job) {
  if (job?.order?.destination !== "print" || !state.catalog.peek()) return null;
  return state.catalog.peek().profiles[profileOf(job)] ?? null;
}

/** Do something that may be refused; say why if it is. */
export async function attempt(work) {
  try {
    return await work();
  } catch (problem) {
    say(problem.message, "error");
    return null;
  }
}
