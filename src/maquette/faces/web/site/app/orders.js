/** What is ordered: a photo made, a model mended, a finding mended, the same once more with other knobs. */
import { order, priceOfOrder } from "./api.js";
import { changeJob, say, state } from "./store.js";
import { words } from "./words.js";

export const MOST_CELLS = 500; // jobs of a bake-off: more are not in its table
const PRINT_ENDING = ".3mf";
const MODEL_ENDING = ".glb";

export const freshTag = (letter = "w") => `${letter}-${crypto.randomUUID?.().slice(0, 13) ?? Math.random().toString(16).slice(2, 15)}`;
const stemOf = (name) => (name.replace(/\.[^.]*$/, "").replace(/[^\w .()+-]/g, "_").slice(0, 60).trim() || "model").replace(/^[^\w]+/, "m");
export const endingFor = (destination) => (destination === "print" ? PRINT_ENDING : MODEL_ENDING);
export const profileFor = (destination) =>
  (destination === "print" ? state.printer.value : state.target.value) || state.catalog.value.destinations[destination].profile;

/** Send an order and keep the job it gives; one that costs money is asked about first, with its price. */
async function place(body) {
  const priced = { recipe: body.recipe ?? "", destination: body.destination ?? "model", options: body.options ?? {} };
  return placeBy(order, body, priced);
}

/** The same by any way to order; `priced` is what its price is asked for with. */
export async function placeBy(send, body, priced) {
  const job = await send(body).catch(async (problem) => {
    if (problem.status !== 402) throw problem;
    const usd = await priceOfOrder(priced);
    if (!(await agreement(usd))) throw problem;
    return send({ ...body, pay_usd: usd });
  });
  changeJob(job.id, { nodes: {}, findings: [], n: 0, ...job });
  return job;
}

/** Whether somebody pays that much, asked on the page. */
function agreement(usd) {
  return new Promise((resolve) => {
    state.asked.value = { usd, answer: (agrees) => {
      state.asked.value = null;
      resolve(agrees);
    } };
  });
}

/** What one photo by the generator of the settings costs at most. */
export const usualPrice = () => state.catalog.value.generators.find((row) => row.name === state.generator.value)?.price_usd ?? 0;

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
  return place({ kind: "make", inputs, output, destination, options, tag, ...(usualPrice() ? { pay_usd: usualPrice() } : {}) });
}

/** Photos that are different things, each to a job of its own; the tag of them all. */
export async function orderBatch(rows, destination) {
  const tag = freshTag("b");
  for (const [index, row] of rows.entries()) await orderIntake({ kind: "photo", slots: { front: row } }, destination, `${tag}-${String(index + 1).padStart(3, "0")}`);
  return tag;
}

/** Photos by generators and routes, each to a job of its own; the tag of them all. `usd` is what one by a generator may cost. */
export async function orderBake(rows, columns, usd) {
  if (rows.length * columns.length > MOST_CELLS) throw new Error(words.bake.most(rows.length * columns.length, MOST_CELLS));
  const tag = freshTag("k");
  for (const [index, { digest, name }] of rows.entries())
    for (const [column, each] of columns.entries()) {
      const [destination, generator] = each.split("/");
      const options = { report: false, generator, [destination === "print" ? "printer" : "target"]: profileFor(destination), ...(destination === "print" ? { route: "full" } : {}) };
      const output = `${stemOf(name)}${endingFor(destination)}`;
      const number = (one) => String(one + 1).padStart(3, "0");
      await place({ kind: "make", inputs: { front: { digest, name } }, output, destination, options, tag: `${tag}-${number(index)}-${number(column)}`, ...(usd(each) ? { pay_usd: usd(each) } : {}) });
    }
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

/** Things in their places as the steps of a recipe; the last of them is the scene. */
function sceneSteps(things) {
  const inputs = {};
  const steps = {};
  things.forEach(({ job, x, y, z, turn, scale }, index) => {
    inputs[`thing_${index + 1}`] = { job };
    const own = { x_mm: x, y_mm: y, z_mm: z, turn_deg: ((turn % 360) + 360) % 360, scale };
    steps[`spot_${index + 1}`] = index
      ? { stage: "add-at", from: [`spot_${index}`, `thing_${index + 1}`], with: own }
      : { stage: "place", from: "thing_1", with: own };
  });
  return { inputs, steps, last: `spot_${things.length}` };
}

/** A scene as a file: a GLB keeps what stands there twice once, other kinds are one joined model. */
export function orderScene(tag, things, ending) {
  const { inputs, steps, last } = sceneSteps(things);
  const joined = ending === ".glb" ? {} : { joined: { stage: "join-scene", from: last } };
  const form = { recipe: "scene", summary: "Things in their places.", inputs: Object.keys(inputs), steps: { ...steps, ...joined }, result: ending === ".glb" ? last : "joined" };
  return place({ kind: "recipe", recipe: recipeText(form), inputs, output: `scene${ending}`, destination: "model", options: {}, tag: `${tag}-files` });
}

/** A picture of a scene in a look, as a camera sees it. */
export function orderPicture(tag, things, aim, look, settings) {
  const { inputs, steps, last } = sceneSteps(things);
  const taken = { joined: { stage: "join-scene", from: last }, aimed: { stage: "aim", from: "joined", with: aim }, taken: { stage: look, from: "aimed", with: { ...settings, view: "photo" } } };
  const form = { recipe: "scene-picture", summary: "A picture of things in their places.", inputs: Object.keys(inputs), steps: { ...steps, ...taken }, result: "taken" };
  return place({ kind: "recipe", recipe: recipeText(form), inputs, output: "scene.png", options: {}, tag: `${tag}-pictures` });
}

export const freshScene = () => freshTag("s");

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
