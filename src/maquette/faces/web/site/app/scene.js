/** The scene: several results placed together, a look and a light, pictures of it and files for an engine. */
import { effect, html, useEffect, useRef } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { FINAL, mainFile } from "./jobs.js";
import { Knob } from "./knobs.js";
import { attempt, orderPicture, orderScene } from "./orders.js";
import { Button } from "./parts.js";
import { go } from "./router.js";
import { change, changeJob, state } from "./store.js";
import { enter } from "./together.js";
import { words } from "./words.js";
import { settingsOf } from "../graph/inspector.js";

const FIELDS = ["x", "y", "z", "turn", "scale"];
const NOT_HERE = ["view", "form", "columns", "only"];
const APART = 1.15;

export function SceneScreen() {
  const { job: tag, query } = state.place.value;
  useEffect(() => joinScene(tag), [tag]);
  useEffect(() => {
    const look = () => lookUp(`/api/jobs?tag=${encodeURIComponent(`${tag}-*`)}`).then((rows) => rows.jobs.forEach((row) => state.jobs.peek()[row.id] ?? changeJob(row.id, { nodes: {}, findings: [], n: 0, ...row })), () => {});
    look();
    lookUp("/api/jobs?limit=100&state=success").then((rows) => (state.recent.value = rows.jobs), () => {});
  }, [tag]);
  const added = query.get("add");
  useEffect(() => {
    if (!added || state.joined.value !== `scene/${tag}`) return;
    go(`/scene/${tag}`, true);
    lookUp(`/api/jobs/${added}`).then(addThing, () => {});
  }, [added, state.joined.value]);
  if (!state.catalog.value) return html`<main class="scene"></main>`;
  return html`<main class="scene model-screen">
    <aside class="side left" aria-label=${words.scene.things}><${Things} /><${Shelf} /></aside>
    <div class="middle"><${SetPicture} /></div>
    <aside class="side right" aria-label=${words.scene.look}><${Right} tag=${tag} /></aside>
  </main>`;
}

/** Share a scene with whoever has it open. */
function joinScene(tag) {
  state.things.value = {};
  const rows = () => Object.fromEntries(Object.entries(state.things.peek()).flatMap(([id, thing]) => Object.entries(thing).map(([field, value]) => [`thing/${id}/${field}`, value])));
  const put = (next) => {
    const things = {};
    for (const [path, value] of Object.entries(next)) {
      const [kind, id, field] = path.split("/");
      if (kind === "thing") things[id] = { ...things[id], [field]: value };
    }
    state.things.value = Object.fromEntries(Object.entries(things).filter(([, thing]) => thing.job));
  };
  const room = enter(`scene/${tag}`, { begin: () => ({}), rows, put });
  const end = effect(() => {
    void state.things.value;
    room.tell();
  });
  return () => {
    end();
    room.leave();
    state.things.value = {};
    state.thing.value = "";
  };
}

/** One more thing, to the right of those that stand there. */
function addThing(job) {
  const things = Object.values(state.things.peek());
  const id = Math.random().toString(36).slice(2, 8);
  const right = Math.max(...things.map((thing) => thing.x), -Infinity);
  const x = things.length ? Math.round(right + 90 * APART) : 0;
  state.things.value = { ...state.things.peek(), [id]: { job: job.id, name: job.order.output.replace(/\.[^.]*$/, ""), x, y: 0, z: 0, turn: 0, scale: 1 } };
  state.thing.value = id;
}

function place(id, fields) {
  const things = state.things.peek();
  if (things[id]) state.things.value = { ...things, [id]: { ...things[id], ...fields } };
}

function remove(id) {
  const { [id]: _, ...things } = state.things.peek();
  state.things.value = things;
  if (state.thing.peek() === id) state.thing.value = "";
}

function Things() {
  const rows = Object.entries(state.things.value);
  const set = (id, field) => (event) => event.target.reportValidity() && event.target.value !== "" && place(id, { [field]: Number(event.target.value) });
  return html`<section class="things" aria-labelledby="things"><h2 id="things">${words.scene.things}</h2>
    ${!rows.length && html`<p class="hint">${words.scene.none}</p>`}
    <ul>${rows.map(([id, thing]) => html`<li key=${id} class=${state.thing.value === id ? "shown" : ""} data-thing=${id}>
      <button type="button" class="thing-name" aria-expanded=${String(state.thing.value === id)} onClick=${() => (state.thing.value = state.thing.value === id ? "" : id)}><img loading="lazy" src=${`/api/jobs/${thing.job}/steps/result/thumb`} alt="" />${thing.name}</button>
      <${Button} kind="icon" icon="trash" label=${words.scene.remove(thing.name)} onClick=${() => remove(id)} />
      ${state.thing.value === id && html`<div class="thing-fields">${FIELDS.map((field) => html`<label key=${field}>${words.scene.fields[field]}<input type="number" step="any" min=${field === "scale" ? 0.001 : undefined} value=${thing[field]} onChange=${set(id, field)} /></label>`)}</div>`}
    </li>`)}</ul></section>`;
}

/** What may be added: results that are models, the newest of each thing. */
function Shelf() {
  const seen = new Set();
  const rows = (state.recent.value ?? []).filter((job) => job.state === "success" && /^[wbk]-/.test(job.tag) && !/-(files|cut)$/.test(job.tag) && !seen.has(job.tag) && seen.add(job.tag));
  if (!rows.length) return null;
  return html`<section class="shelf" aria-labelledby="shelf"><h2 id="shelf">${words.scene.add}</h2>
    <ul>${rows.slice(0, 24).map((job) => html`<li key=${job.id}><button type="button" title=${job.order.output} aria-label=${words.scene.addThis(job.order.output)} onClick=${() => addThing(job)}><img loading="lazy" src=${`/api/jobs/${job.id}/steps/result/thumb`} alt="" /></button></li>`)}</ul></section>`;
}

function SetPicture() {
  const canvas = useRef(null);
  useEffect(() => {
    let gone = false;
    import("../viewer/set.js").then(({ SetView }) => {
      if (!gone) state.set.value = new SetView(canvas.current, (id, [x, y, z]) => place(id, { x, y, z }));
    });
    return () => {
      gone = true;
      state.set.value?.close();
      state.set.value = null;
    };
  }, []);
  const isEmpty = !Object.keys(state.things.value).length;
  return html`<section class="viewport" aria-label=${words.scene.title}><canvas ref=${canvas} tabindex="0" role="img" aria-label=${words.scene.title}></canvas>
    ${isEmpty && html`<div class="placeholder"><p>${words.scene.none}</p></div>`}
    <div class="tools" role="toolbar" aria-label=${words.scene.title}><${Button} kind="icon" icon="frame" label=${words.tools.frame} onClick=${() => state.set.value?.frame()} /></div></section>`;
}

/** The look with its knobs, pictures that were taken, and files. */
function Right({ tag }) {
  const { stages } = state.catalog.value;
  const looks = Object.values(stages).filter((stage) => Object.values(stage.inputs).join() === "Asset" && stage.output === "Picture" && "view" in (stage.settings.properties ?? {}));
  const { look, settings } = state.shoot.value;
  const stage = stages[look] ?? looks[0];
  const turn = (name) => (value) => {
    const { [name]: _, ...rest } = settings;
    change(state.shoot, { settings: value === null ? rest : { ...rest, [name]: value } });
  };
  const things = Object.values(state.things.value);
  const shoot = () => attempt(() => orderPicture(tag, things, state.set.value.aim, stage.name, known(stage, settings)));
  const write = (ending) => attempt(() => orderScene(tag, things, ending));
  const jobs = Object.values(state.jobs.value).filter((job) => job.tag === `${tag}-pictures` || job.tag === `${tag}-files`).sort((one, other) => other.created - one.created);
  return html`<div class="panel-body">${jobs.length > 0 && html`<div class="shots">${jobs.map((job) => html`<${Shot} key=${job.id} job=${job} />`)}</div>`}<div class="knobs">
      <label class="setting">${words.scene.look}<select value=${stage.name} onChange=${(event) => change(state.shoot, { look: event.target.value })}>${looks.map((each) => html`<option key=${each.name} value=${each.name} selected=${each.name === stage.name} title=${each.summary}>${each.name}</option>`)}</select></label>
      <p class="small">${stage.summary}</p>
      ${settingsOf(stage).filter((option) => !NOT_HERE.includes(option.name)).map((option) => html`<${Knob} key=${option.name} option=${option} value=${settings[option.name] ?? null} turn=${turn(option.name)} />`)}
    </div></div>
    <div class="files"><${Button} kind="main" icon="shot" disabled=${!things.length} onClick=${shoot}>${words.scene.shoot}<//>
      <div class="row">${[".glb", ".usdz", ".stl"].map((ending) => html`<${Button} key=${ending} kind="small" disabled=${!things.length} title=${words.scene.endings[ending]} onClick=${() => write(ending)}>${words.files.make(ending.slice(1).toUpperCase())}<//>`)}</div></div>`;
}

/** Those of the settings that a look has. */
const known = (stage, settings) => Object.fromEntries(Object.entries(settings).filter(([name]) => name in stage.settings.properties));

/** A picture or a file of the scene: how far it is, then itself. */
function Shot({ job }) {
  const file = mainFile(job);
  const share = Math.round((job.progress ?? 0) * 100);
  if (job.error) return html`<p class="small held-back" role="alert">${job.order.output}: ${job.error.message}</p>`;
  if (!file || !FINAL.includes(job.state)) return html`<p class="small" role="status">${job.order.output} · ${words.jobs.states[job.state]} ${share} %</p>`;
  if (file.name.endsWith(".png")) return html`<a href=${file.href} download=${file.name} title=${file.name}><img src=${file.href} alt=${words.scene.picture} /></a>`;
  return html`<a class="file-link" href=${file.href} download=${file.name}>${file.name}</a>`;
}
