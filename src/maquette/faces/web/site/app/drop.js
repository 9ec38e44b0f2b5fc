/** The first screen: one large target, two destinations, what was made before. */
import { html, useEffect, useRef, useSignal } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { Columns } from "./columns.js";
import { compare, drop, halt, openCamera, separate, shoot, SIDES, start, take, takeKnown } from "./intake.js";
import { attempt, freshScene, usualPrice } from "./orders.js";
import { Button, Icon, Verdict } from "./parts.js";
import { state } from "./store.js";
import { words } from "./words.js";

const RECENT = 10;

export function DropScreen() {
  return html`<main class="drop">
    <div class="drop-head"><h1>${words.drop.title}</h1><p>${words.drop.lead}</p></div>
    ${state.camera.value ? html`<${Camera} />` : html`<${Target} />`}
    <${Recent} />
  </main>`;
}

function Target() {
  const intake = state.intake.value;
  const input = useRef(null);
  const pick = () => input.current.click();
  const chosen = async (event) => {
    await take(event.target.files);
    event.target.value = "";
  };
  return html`<section class=${`target ${intake ? "full" : ""}`} aria-label=${words.drop.target}>
    <input ref=${input} type="file" multiple class="unseen" tabindex="-1" aria-hidden="true" onChange=${chosen} />
    ${intake ? html`<${Held} intake=${intake} />` : html`<div class="invite">
      <${Plinth} />
      <p class="call">${words.drop.target}</p>
      <p>${words.drop.or} <button type="button" class="link" onClick=${pick}>${words.drop.choose}</button>, <button type="button" class="link" onClick=${() => (state.camera.value = true)}>${words.drop.camera}</button></p>
      <p class="small">${words.drop.kinds}</p>
      <${Example} />
    </div>`}
  </section>`;
}

/** A plinth that waits for something: the mark of the house. */
function Plinth() {
  return html`<svg class="plinth" viewBox="0 0 160 120" aria-hidden="true">
    <ellipse class="ground" cx="80" cy="100" rx="66" ry="14" />
    <path class="side" d="M32 70v24c0 9 21 16 48 16s48-7 48-16V70" /><ellipse class="top" cx="80" cy="70" rx="48" ry="16" />
    <path class="ghost" d="M80 14 104 27v27L80 67 56 54V27zM56 27l24 13 24-13M80 40v27" />
  </svg>`;
}

/** What can be tried without a file of one's own, and the tour through the rest. */
function Example() {
  const take = async (each) => {
    const { digest, name } = await lookUp(`/api/examples/${each}`);
    takeKnown(digest, name);
  };
  return html`<p class="small examples">${words.drop.examples} ${Object.entries(words.drop.tries).map(([each, said]) => html`<button type="button" key=${each} class="link" onClick=${() => attempt(() => take(each))}>${said}</button>`)}
    <button type="button" class="link" onClick=${() => (state.tour.value = 1)}>${words.tour.begin}</button></p>`;
}

/** What was dropped: photos in their slots or the model's name, the destinations, the countdown. */
function Held({ intake }) {
  const left = useCountdown(intake.until);
  useEffect(() => {
    if (intake.until && left === 0) start(intake.destination);
  }, [left, intake.until]);
  const slots = Object.entries(intake.slots);
  if (intake.busy && !slots.length) return html`<p class="call" role="status">${words.drop.sending} …</p>`;
  return html`<div class="held">
    ${intake.kind === "photo" ? html`<${Slots} intake=${intake} />${slots.length > 1 && html`<button type="button" class="link" onClick=${separate}>${words.batch.separate(slots.length)}</button>`}` : ["batch", "bake"].includes(intake.kind) ? html`<${Pile} slots=${slots} />` : html`<div class="file-card"><${Icon} name="look" size=${48} /><strong>${slots[0][1].name}</strong>
      <${Button} kind="icon" icon="close" label=${words.drop.close} onClick=${() => drop("front")} /></div>`}
    ${intake.kind === "bake" && html`<${Columns} intake=${intake} onStart=${() => start(intake.destination)} />`}
    ${["photo", "batch"].includes(intake.kind) && slots.length > 0 && html`<button type="button" class="link" onClick=${compare}>${words.bake.begin}</button>`}
    ${intake.kind !== "bake" && html`<${Ready} intake=${intake} left=${left} />`}
  </div>`;
}

/** The countdown and the two destinations. */
function Ready({ intake, left }) {
  const usd = intake.kind === "model" ? 0 : usualPrice() * (intake.kind === "batch" ? Object.keys(intake.slots).length : 1);
  return html`<p class="count-line" role="status">${left > 0 ? words.drop.starts(left, words.drop[intake.destination]) : intake.busy ? `${words.drop.sending} …` : words.drop.waiting}
      ${left > 0 && html`<${Button} kind="quiet" icon="stop" onClick=${halt}>${words.drop.stop}<//>`}</p>
    <div class="destinations">
      ${["print", "model"].map((name) => html`<button type="button" key=${name} class=${`destination ${intake.destination === name ? "main" : ""}`} disabled=${intake.busy} onClick=${() => start(name)}>
        <strong>${words.drop[name]}</strong><span>${words.drop[`${name}Hint`]}${usd > 0 && ` · ${words.pay.upTo(usd)}`}</span>
        ${left > 0 && intake.destination === name && html`<span class="fuse" aria-hidden="true"></span>`}
      </button>`)}
    </div>`;
}

/** Many photos that are different things. */
function Pile({ slots }) {
  return html`<div class="pile"><p class="call">${words.batch.pile(slots.length)}</p><div>${slots.map(([key, photo]) => html`<figure key=${key}><img src=${photo.href} alt=${photo.name} title=${photo.name} /><${Button} kind="icon" icon="close" label=${words.batch.leaveOut(photo.name)} onClick=${() => drop(key)} /></figure>`)}</div></div>`;
}

function Slots({ intake }) {
  return html`<div class="slots">
    ${SIDES.map((side) => html`<${Slot} key=${side} side=${side} photo=${intake.slots[side]} />`)}
  </div>`;
}

function Slot({ side, photo }) {
  const input = useRef(null);
  const chosen = (event) => take(event.target.files, side);
  const name = words.drop.slots[side];
  if (photo)
    return html`<figure class=${`slot ${side}`} data-side=${side}><img src=${photo.href} alt=${`${name}: ${photo.name}`} /><figcaption>${name}</figcaption>
      <${Button} kind="icon" icon="close" label=${words.drop.removeSide(name.toLowerCase())} onClick=${() => drop(side)} /></figure>`;
  return html`<div class=${`slot empty ${side}`} data-side=${side}>
    <input ref=${input} type="file" accept="image/*" class="unseen" tabindex="-1" aria-hidden="true" onChange=${chosen} />
    <button type="button" aria-label=${words.drop.addSide(name.toLowerCase())} onClick=${() => { halt(); input.current.click(); }}><${Icon} name="plus" /><span>${name}</span></button>
  </div>`;
}

/** Whole seconds until a time; 0 when it has come or there is none. */
function useCountdown(until) {
  const now = useSignal(Date.now());
  useEffect(() => {
    if (!until) return undefined;
    now.value = Date.now();
    const ticking = setInterval(() => (now.value = Date.now()), 100);
    return () => clearInterval(ticking);
  }, [until]);
  return until ? Math.max(0, Math.ceil((until - now.value) / 1000)) : -1;
}

function Camera() {
  const video = useRef(null);
  useEffect(() => {
    let stream = null;
    openCamera().then((opened) => {
      stream = opened;
      if (opened && video.current) video.current.srcObject = opened;
      else state.camera.value = false;
    });
    return () => stream?.getTracks().forEach((track) => track.stop());
  }, []);
  const done = () => {
    shoot(video.current);
    state.camera.value = false;
  };
  return html`<section class="target camera" aria-label=${words.drop.camera}>
    <video ref=${video} autoplay playsinline muted></video>
    <div class="row"><${Button} kind="main" icon="camera" onClick=${done}>${words.drop.shoot}<//><${Button} onClick=${() => (state.camera.value = false)}>${words.drop.close}<//></div>
  </section>`;
}

function Recent() {
  useEffect(() => {
    lookUp("/api/jobs?limit=60").then((rows) => (state.recent.value = newestOfEach(rows.jobs)), () => {});
  }, []);
  const rows = state.recent.value;
  if (!rows) return null;
  return html`<section class="recent" aria-labelledby="recent">
    <div class="photo-head"><h2 id="recent">${words.drop.recent}</h2>${rows.length > 0 && html`<a class="button small" href=${`/scene/${freshScene()}`}>${words.scene.fresh}</a>`}</div>
    ${rows.length === 0 && html`<p class="small">${words.drop.none}</p>`}
    <ul>${rows.map((job) => html`<li key=${job.id}><a href=${addressOf(job)}>
      ${job.state === "success" ? html`<img loading="lazy" src=${`/api/jobs/${job.id}/steps/result/thumb`} alt="" />` : html`<span class="no-picture"></span>`}
      <span class="recent-name">${/^[bk]-/.test(job.tag) ? words.batch.name(job.order.output) : job.order.output}</span>
      <${Verdict} verdict=${{ success: "pass", failed: "fail" }[job.state] ?? "unknown"} said=${words.jobs.states[job.state]} />
    </a></li>`)}</ul>
  </section>`;
}

const batchOf = (job) => (/^[bk]-/.test(job.tag) ? job.tag.replace(/(-\d{3})+$/, "") : job.tag);
const addressOf = (job) => ({ b: `/batch/${batchOf(job)}`, k: `/bake/${batchOf(job)}` })[job.tag[0]] ?? `/m/${job.id}`;

/** The newest version of each thing that the workbench made. */
function newestOfEach(jobs) {
  const seen = new Set();
  const fresh = jobs.filter((job) => /^[wbk]-[0-9a-f-]+$/.test(job.tag) && !seen.has(batchOf(job)) && seen.add(batchOf(job)));
  return fresh.slice(0, RECENT);
}
