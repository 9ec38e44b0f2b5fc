/** The two drawers of every screen: all jobs, and settings. */
import { html, useEffect, useRef } from "../vendor/ui.js";
import { cancel, lookUp, retry } from "./api.js";
import { FINAL } from "./jobs.js";
import { attempt } from "./orders.js";
import { Button, Verdict } from "./parts.js";
import { Share } from "./share.js";
import { remember, state } from "./store.js";
import { words } from "./words.js";

const SHOWN = 40;
const LOOK_MS = 2000;

/** A price, and whether somebody agrees to it. */
export function Price() {
  const asked = state.asked.value;
  const box = useRef(null);
  useEffect(() => box.current?.querySelector("button")?.focus(), [asked]);
  if (!asked) return null;
  const key = (event) => (event.key === "Escape" ? asked.answer(false) : keepFocus(event));
  return html`<div class="drawer-back"><div class="ask" role="alertdialog" aria-modal="true" aria-labelledby="ask" ref=${box} onKeyDown=${key}><h2 id="ask">${words.pay.title}</h2><p>${words.pay.lead(asked.usd)}</p>
    <div class="row"><${Button} onClick=${() => asked.answer(false)}>${words.pay.no}<//><${Button} kind="main" onClick=${() => asked.answer(true)}>${words.pay.yes(asked.usd)}<//></div></div></div>`;
}

export function Drawers() {
  const name = state.drawer.value;
  const panel = useRef(null);
  useEffect(() => {
    if (!name) return undefined;
    const before = /** @type {HTMLElement} */ (document.activeElement);
    panel.current.focus();
    return () => before?.focus?.();
  }, [name]);
  if (!name) return null;
  const close = () => (state.drawer.value = "");
  return html`<div class="drawer-back" onClick=${(event) => event.target === event.currentTarget && close()}>
    <div class="drawer" role="dialog" aria-modal="true" aria-label=${words[name].title} tabindex="-1" ref=${panel} onKeyDown=${keepFocus}>
      <div class="drawer-head"><h2>${words[name].title}</h2><${Button} kind="icon" icon="close" label=${words.bar.close} onClick=${close} /></div>
      <${DRAWERS[name]} />
    </div>
  </div>`;
}

const DRAWERS = { jobs: Jobs, settings: Settings, people: Share };

/** Tab goes round within the drawer. */
function keepFocus(event) {
  if (event.key === "Escape") state.drawer.value = "";
  if (event.key !== "Tab") return;
  const stops = [...event.currentTarget.querySelectorAll("a[href], button:not(:disabled), input, select")];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

function Jobs() {
  useEffect(() => {
    const look = () => lookUp(`/api/jobs?limit=${SHOWN}`).then((rows) => (state.recent.value = rows.jobs), () => {});
    look();
    const looking = setInterval(look, LOOK_MS);
    return () => clearInterval(looking);
  }, []);
  const rows = state.recent.value ?? [];
  if (!rows.length) return html`<p class="hint">${words.jobs.empty}</p>`;
  return html`<ul class="job-list">${rows.map((row) => html`<${JobRow} key=${row.id} job=${{ ...row, ...pick(state.jobs.value[row.id]) }} />`)}</ul>`;
}

const pick = (job) => (job ? { state: job.state, progress: job.progress, says: job.says } : {});

function JobRow({ job }) {
  const verdict = { success: "pass", failed: "fail" }[job.state] ?? "unknown";
  const share = Math.round((job.progress ?? 0) * 100);
  return html`<li class="job-row">
    <a href=${`/m/${job.id}`} onClick=${() => (state.drawer.value = "")}><strong>${job.order.output || job.kind}</strong>
      <span class="small">${job.error?.message ?? (job.state === "running" ? `${job.says} · ${share} %` : new Date(job.created * 1000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }))}</span></a>
    <${Verdict} verdict=${verdict} said=${words.jobs.states[job.state]} />
    ${!FINAL.includes(job.state) && html`<${Button} kind="small" onClick=${() => attempt(() => cancel(job.id))}>${words.jobs.cancel}<//>`}
    ${["failed", "cancelled"].includes(job.state) && html`<${Button} kind="small" onClick=${() => attempt(() => retry(job.id))}>${words.jobs.retry}<//>`}
  </li>`;
}

function Settings() {
  const all = state.catalog.value;
  if (!all) return null;
  const choose = (name, label, choices, usual) => html`<label class="setting">${label}
    <select value=${state[name].value || usual} onChange=${(event) => remember(name, event.target.value)}>${choices.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === (state[name].value || usual)}>${choice}</option>`)}</select></label>`;
  return html`<div class="settings">
    ${choose("printer", words.settings.printer, all.printers, all.destinations.print.profile)}
    ${choose("target", words.settings.target, all.targets, all.destinations.model.profile)}
    ${choose("generator", words.settings.generator, all.generators.map((row) => row.name), "sculpt")}
    <label class="setting">${words.settings.filaments}<input type="text" value=${state.filaments.value} placeholder=${words.settings.filamentsHint} onChange=${(event) => remember("filaments", event.target.value.trim())} /></label>
    <div class="setting">${words.settings.countdown}<button type="button" role="switch" class="switch" aria-label=${words.settings.countdown} aria-checked=${String(state.countdown.value === "on")} onClick=${() => remember("countdown", state.countdown.value === "on" ? "off" : "on")}><span></span>${state.countdown.value === "on" ? words.knobs.yes : words.knobs.no}</button></div>
    <fieldset class="setting"><legend>${words.settings.appearance}</legend><div class="segments" role="radiogroup">
      ${Object.entries(words.settings.themes).map(([name, said]) => html`<${Button} key=${name} kind="segment" role="radio" aria-checked=${String(state.theme.value === name)} onClick=${() => remember("theme", name)}>${said}<//>`)}</div></fieldset>
    <section><h3>${words.settings.generators}</h3><ul class="generators">${all.generators.map((row) => html`<li key=${row.name}>
      <strong>${row.name}</strong> <${Verdict} verdict=${row.ready ? "pass" : "unknown"} said=${row.ready ? words.settings.ready : ""} />
      <p class="small">${row.summary} ${words.settings.licence}: ${row.licence}${row.price && `, ${row.price}`}</p>${row.get && html`<code>${row.get}</code>`}</li>`)}</ul></section>
    <section><h3>${words.settings.keys}</h3><dl class="keys">${Object.entries(words.settings.shortcuts).map(([key, said]) => html`<dt key=${key}><kbd>${key}</kbd></dt><dd>${said}</dd>`)}</dl></section>
    <section><h3>${words.settings.server}</h3><p class="small">${words.settings.offline} <a href="/api" target="_blank">${words.settings.api}</a></p></section>
  </div>`;
}
