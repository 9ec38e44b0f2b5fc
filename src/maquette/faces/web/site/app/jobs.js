/** Jobs as they get on: events of the stream folded into the store; orders and what follows from them. */
import { lookUp } from "./api.js";
import { changeJob, state } from "./store.js";

export const FINAL = ["success", "failed", "cancelled"];
const CHECK = "check ";

/** Fetch a job and put it into the store; what its nodes said stays. */
export async function refresh(id) {
  const job = await lookUp(`/api/jobs/${id}`);
  const known = state.jobs.value[id];
  const progress = known && known.attempt === job.attempt ? Math.max(job.progress, known.progress ?? 0) : job.progress;
  changeJob(id, { nodes: {}, findings: [], n: 0, ...known, ...job, progress });
  return job;
}

/** One event of the stream. */
export function hear(event) {
  const job = state.jobs.value[event.job];
  if (!job || !event.kind) return;
  if (event.n <= job.n && event.kind !== "progress") return;
  if (event.kind === "progress" && event.n > job.n && !FINAL.includes(job.state))
    changeJob(event.job, { n: event.n, progress: Math.max(job.progress, event.done), says: event.says, state: "running" });
  if (event.kind === "node") hearNode(job, event);
  if (event.kind === "state") hearState(job, event);
}

function hearNode(job, event) {
  const nodes = { ...job.nodes, [event.node]: event };
  const others = job.findings.filter((finding) => `${CHECK}${finding.check}` !== event.node && finding.node !== event.node);
  const fresh = (event.findings ?? []).map((finding, index) => ({ ...finding, node: event.node, n: index, id: `${event.node}/${index}` }));
  changeJob(job.id, { n: event.n, nodes, findings: [...others, ...fresh] });
  if (["write", "report"].includes(event.node)) refresh(job.id).catch(() => {});
}

function hearState(job, event) {
  const again = event.state === "queued" && FINAL.includes(job.state);
  const fresh = again ? { progress: 0, error: null, stopping: false } : event.state === "success" ? { progress: 1 } : {};
  changeJob(job.id, { n: event.n, state: event.state, ...fresh });
  if (FINAL.includes(event.state)) refresh(job.id).catch(() => {});
}

/** The steps of a job, as its recipe has them, with what became of each. */
export function stepsOf(job) {
  return Object.values(job?.nodes ?? {}).filter((node) => node.stage);
}

/** The newest step whose value is of a type; "" where there is none. */
export function newestOf(job, type) {
  const stages = state.catalog.value?.stages ?? {};
  const fit = stepsOf(job).filter((node) => stages[node.stage]?.output === type && !node.error);
  return fit.length ? fit.at(-1).node : "";
}

/** Where the finished model is to be had, or the newest shape on the way to it. */
export function modelAddress(job) {
  if (job.files?.some((file) => file.role === "value")) return { address: `/api/jobs/${job.id}/steps/result/view`, step: "result", rough: false };
  const step = newestOf(job, "Asset");
  return step ? { address: `/api/jobs/${job.id}/steps/${encodeURIComponent(step)}/view`, step, rough: true } : null;
}

export const mainFile = (job) => job?.files?.find((file) => file.role === "main");

/** The verdict over everything that was said: fail, warn, pass, or unknown while nothing was said. */
export function verdictOf(findings) {
  for (const verdict of ["fail", "warn", "pass"]) if (findings.some((finding) => finding.verdict === verdict)) return verdict;
  return "unknown";
}

/** Findings that keep a print from being a filled solid. */
export function blocking(job) {
  const gates = state.catalog.value?.destinations[job.order.destination]?.gates ?? [];
  return job.findings.filter((finding) => finding.verdict === "fail" && gates.includes(finding.check));
}

/** A stage that takes a model alone and gives one, without asking anything first. */
export function isFix(name) {
  const stage = state.catalog.value.stages[name];
  return stage && Object.values(stage.inputs).join() === "Asset" && stage.output === "Asset" && !(stage.settings.required ?? []).length;
}
