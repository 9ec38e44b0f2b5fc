/** All versions of one thing, oldest first, with what was changed in each. */
import { html } from "../vendor/ui.js";
import { Verdict } from "./parts.js";
import { state } from "./store.js";
import { words } from "./words.js";

export function VersionsPanel({ job }) {
  const rows = state.versions.value;
  if (!rows.some((row) => row.id === job.id)) return null;
  return html`<section class="versions" aria-labelledby="versions"><h2 id="versions">${words.model.versions}</h2>
    <ol>${rows.map((row, index) => html`<li key=${row.id}><a href=${`/m/${row.id}`} aria-current=${row.id === job.id ? "true" : undefined}>
      ${row.state === "success" ? html`<img loading="lazy" src=${`/api/jobs/${row.id}/steps/result/thumb`} alt="" />` : html`<span class="no-picture"></span>`}
      <span class="version-name">${words.model.version(index + 1)}</span><span class="small">${difference(row, rows[index - 1])}</span>
      ${row.state !== "success" && html`<${Verdict} verdict=${row.state === "failed" ? "fail" : "unknown"} said=${words.jobs.states[row.state]} />`}
    </a></li>`)}</ol>
  </section>`;
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
  return names.map((name) => `${name.replaceAll("_", " ")}: ${now[name] ?? words.knobs.auto}`).join(", ") || words.model.noChange;
}
