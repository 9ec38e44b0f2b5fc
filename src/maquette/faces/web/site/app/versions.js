/** All versions of one thing, oldest first, with what was changed in each; others are tried or compared from here. */
import { html } from "../vendor/ui.js";
import { compareWith } from "./compare.js";
import { FINAL } from "./jobs.js";
import { optionsOf } from "./knobs.js";
import { attempt, orderAgain } from "./orders.js";
import { Button, Verdict } from "./parts.js";
import { state } from "./store.js";
import { words } from "./words.js";

const TRIED = 3;

export function VersionsPanel({ job }) {
  const rows = state.versions.value.map((row) => ({ ...row, state: state.jobs.value[row.id]?.state ?? row.state }));
  if (!rows.some((row) => row.id === job.id)) return null;
  const variants = variantsOf(job, rows);
  return html`<section class="versions" aria-labelledby="versions">
    <div class="photo-head"><h2 id="versions">${words.model.versions}</h2>
      ${variants.length > 0 && html`<${Button} kind="small" icon="plus" title=${words.versions.tryHint(variants.map(([, said]) => said).join(", "))} disabled=${!FINAL.includes(job.state)} onClick=${() => tryOut(job, variants)}>${words.versions.try(variants.length)}<//>`}</div>
    <ol>${rows.map((row, index) => html`<${Version} key=${row.id} row=${row} number=${index + 1} before=${rows[index - 1]} isHere=${row.id === job.id} />`)}</ol>
  </section>`;
}

function Version({ row, number, before, isHere }) {
  const isCompared = state.against.value.id === row.id;
  return html`<li><a href=${`/m/${row.id}`} aria-current=${isHere ? "true" : undefined}>
      ${row.state === "success" ? html`<img loading="lazy" src=${`/api/jobs/${row.id}/steps/result/thumb`} alt="" />` : html`<span class="no-picture"></span>`}
      <span class="version-name">${words.model.version(number)}</span><span class="small">${difference(row, before)}</span>
      ${row.state !== "success" && html`<${Verdict} verdict=${row.state === "failed" ? "fail" : "unknown"} said=${words.jobs.states[row.state]} />`}
    </a>${!isHere && row.state === "success" && html`<${Button} kind="icon" icon="compare" label=${words.versions.compare(number)} pressed=${isCompared} onClick=${() => compareWith(row.id)} />`}</li>`;
}

/** What may be tried: other kinds of shape where the generator knows them, else other seeds; [changes, in words]. */
function variantsOf(job, rows) {
  if (job.order.kind !== "make") return [];
  const options = Object.fromEntries(optionsOf(job).map((option) => [option.name, option]));
  const generator = job.order.options?.generator ?? "sculpt";
  const settings = Object.keys(state.catalog.value.stages[generator]?.settings.properties ?? {});
  const tried = (name) => rows.map((row) => String(row.order.options?.[name] ?? ""));
  const choices = settings.includes("shape") && options["raw.shape"] ? options["raw.shape"].choices : [];
  const fresh = (name, values) => values.filter((value) => !tried(name).includes(String(value))).slice(0, TRIED);
  if (choices.length) return fresh("raw.shape", choices.filter((choice) => choice !== "auto")).map((choice) => [{ "raw.shape": choice }, choice]);
  if (!settings.includes("seed") || !options["raw.seed"]) return [];
  return fresh("raw.seed", Array.from({ length: rows.length + TRIED }, (_, index) => index + 1)).map((seed) => [{ "raw.seed": seed }, words.versions.seed(seed)]);
}

function tryOut(job, variants) {
  return attempt(async () => {
    for (const [changes] of variants) {
      const ordered = await orderAgain(job, changes);
      state.versions.value = [...state.versions.value, ordered];
    }
  });
}

/** In a few words, what a version has that the one before it had not. */
function difference(row, before) {
  if (!before) return words.model.noChange;
  const now = row.order.options ?? {};
  const was = before.order.options ?? {};
  const names = [...new Set([...Object.keys(now), ...Object.keys(was)])].filter((name) => JSON.stringify(now[name]) !== JSON.stringify(was[name]));
  const mended = row.order.recipe.includes("\n") && Object.values(JSON.parse(row.order.recipe).steps);
  if (mended?.length === 1) return mended[0].stage;
  if (mended) return words.graph.title;
  const plain = (name) => name.split(".").at(-1).replaceAll("_", " ");
  return names.map((name) => `${plain(name)}: ${now[name] ?? words.knobs.auto}`).join(", ") || words.model.noChange;
}
