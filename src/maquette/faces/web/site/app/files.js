/** The files with their verdicts: the one that was asked for first, then other formats, the recipe and the report. */
import { html } from "../vendor/ui.js";
import { handOff, lookUp } from "./api.js";
import { blocking, FINAL, mainFile, refresh, verdictOf } from "./jobs.js";
import { attempt, freshScene, orderAgain, orderFormat } from "./orders.js";
import { Button, Icon, sizeText, Verdict } from "./parts.js";
import { go } from "./router.js";
import { change, say, state } from "./store.js";
import { words } from "./words.js";

const OTHERS = { print: [".stl", ".glb", ".obj.zip"], model: [".obj.zip", ".usdz", ".fbx", ".stl"] };

export function FilesPanel({ job }) {
  const main = mainFile(job);
  const isOver = FINAL.includes(job.state);
  const hasModel = job.files.some((file) => file.role === "value");
  return html`<section class="files" aria-label=${words.files.title}>
    ${main ? html`<${MainFile} job=${job} file=${main} />` : html`<${NoFile} job=${job} held=${isOver && hasModel} />`}
    ${main && job.order.destination === "print" && !isHeldBack(job) && html`<${HandOff} job=${job} />`}
    ${hasModel && html`<details class="more-files"><summary>${words.files.more}</summary>
      <ul>${OTHERS[job.order.destination].map((ending) => html`<${OtherFile} key=${ending} job=${job} ending=${ending} />`)}
        <li><a class="file-link" href=${`/api/jobs/${job.id}/recipe?as=yaml`} download=${`${job.order.output.replace(/\.[^.]*$/, "")}.yaml`}><${Icon} name="graph" size=${16} />${words.files.recipe}</a></li>
        <li><button type="button" class="file-link" onClick=${() => go(`/scene/${freshScene()}?add=${job.id}`)}><${Icon} name="look" size=${16} />${words.scene.put}</button></li></ul>
    </details>`}
  </section>`;
}

const isHeldBack = (job) => blocking(job).length > 0 && !state.insists.value[job.id] && !job.order.options?.force;

/** Over to a slicer that is installed on this machine: its own window, with the file in it. */
function HandOff({ job }) {
  const ready = state.catalog.value.slicers.filter((slicer) => slicer.ready);
  const open = (slicer) => attempt(async () => {
    await handOff(job.id, slicer.name);
    say(words.files.opened(slicer.label));
  });
  if (!ready.length) return null;
  return html`<div class="row">${ready.map((slicer) => html`<${Button} key=${slicer.name} kind="small" icon="fly" onClick=${() => open(slicer)}>${words.files.openIn(slicer.label)}<//>`)}</div>`;
}

function MainFile({ job, file }) {
  const ending = file.name.slice(file.name.lastIndexOf(".") + 1).toUpperCase();
  const verdict = verdictOf(job.findings);
  const said = { pass: words.files.passes, warn: words.files.warns, fail: words.files.fails }[verdict];
  if (isHeldBack(job))
    return html`<p class="held-back">${words.files.held}</p>
      <${Button} icon="down" title=${words.files.anywayHint} onClick=${() => change(state.insists, { [job.id]: true })}>${words.files.anyway}<//>`;
  return html`<a class="button main file-main" href=${file.href} download=${file.name} data-digest=${file.digest}>
    <${Icon} name="down" /><span><strong>${file.name}</strong><span class="file-facts">${words.files.get(ending, sizeText(file.bytes))}</span></span>
    ${said && FINAL.includes(job.state) && html`<${Verdict} verdict=${verdict} said=${said} />`}
  </a>`;
}

/** No file: it is still being made, or it would not print; then somebody may insist. */
function NoFile({ job, held }) {
  const insist = () => attempt(async () => go(`/m/${(await orderAgain(job, { force: true })).id}`));
  if (!held) return html`<p class="hint">${words.files.waiting}</p>`;
  return html`<p class="held-back">${words.files.held}</p><${Button} title=${words.files.anywayHint} icon="down" onClick=${insist}>${words.files.anyway}<//>`;
}

/** Another format of the same model, made when it is asked for. */
function OtherFile({ job, ending }) {
  const key = `${job.id}${ending}`;
  const one = state.busyFiles.value[key];
  const made = one?.id && mainFile(state.jobs.value[one.id]);
  const make = () =>
    attempt(async () => {
      change(state.busyFiles, { [key]: { busy: true } });
      try {
        const ordered = await orderFormat(job, ending);
        change(state.busyFiles, { [key]: { busy: true, id: ordered.id } });
        const done = await lookUp(`/api/jobs/${ordered.id}?wait=60`);
        await refresh(ordered.id);
        if (done.state === "failed") throw new Error(done.error.message);
        const file = mainFile(done);
        Object.assign(document.createElement("a"), { href: file.href, download: file.name }).click();
      } finally {
        change(state.busyFiles, { [key]: { ...state.busyFiles.value[key], busy: false } });
      }
    });
  if (made) return html`<li><a class="file-link" href=${made.href} download=${made.name}><${Icon} name="down" size=${16} />${made.name}<span class="small">${sizeText(made.bytes)}</span></a></li>`;
  return html`<li><button type="button" class="file-link" disabled=${one?.busy} onClick=${make}><${Icon} name="down" size=${16} />${one?.busy ? words.files.busy : words.files.make(ending.slice(1).split(".")[0].toUpperCase())}</button></li>`;
}
