/** The workbench: the page's frame, which screen stands in it, and what the keyboard does everywhere. */
import { effect, html, render } from "../vendor/ui.js";
import { catalog, lookUp } from "./api.js";
import { BakeScreen } from "./bake.js";
import { BatchScreen } from "./batch.js";
import { Drawers, Price } from "./drawers.js";
import { DropScreen } from "./drop.js";
import { halt, onPaste, take, takeKnown } from "./intake.js";
import { refresh } from "./jobs.js";
import { onKey } from "./keys.js";
import { Live } from "./live.js";
import { ModelScreen } from "./model.js";
import { FormScreen } from "./form.js";
import { GraphScreen } from "../graph/screen.js";
import { Button, Icon } from "./parts.js";
import { follow, onLink } from "./router.js";
import { SceneScreen } from "./scene.js";
import { Door, Faces } from "./share.js";
import { hush, say, state } from "./store.js";
import { Tour } from "./tour.js";
import { words } from "./words.js";

const SCREENS = { drop: DropScreen, batch: BatchScreen, bake: BakeScreen, scene: SceneScreen, form: FormScreen, model: ModelScreen, graph: GraphScreen };

function Bar() {
  const { screen, job } = state.place.value;
  const [batch] = /^[bk]-[0-9a-f-]+?(?=(-\d{3})+$)/.exec(state.jobs.value[job]?.tag ?? "") ?? [];
  const running = Object.values(state.jobs.value).filter((each) => ["queued", "running"].includes(each.state)).length;
  return html`<header class="bar">
    <a class="brand" href="/" title=${words.bar.home}><${Icon} name="look" size=${20} /><span>${words.name}</span></a>
    ${["model", "graph"].includes(screen) && html`<nav class="tabs" aria-label=${words.name}>
      <a href=${`/m/${job}`} aria-current=${screen === "model" ? "page" : undefined}>${words.screens.model}</a>
      <a href=${`/m/${job}/graph`} aria-current=${screen === "graph" ? "page" : undefined}>${words.screens.graph}</a>
    </nav>`}
    ${batch && screen !== "batch" && html`<a class="crumb" href=${batch.startsWith("k") ? `/bake/${batch}` : `/batch/${batch}`}>${batch.startsWith("k") ? words.bake.back : words.batch.back}</a>`}
    <span class="gap"></span>
    ${!state.online.value && html`<span class="offline" role="status">${words.bar.offline}</span>`}
    ${!state.mayWrite.value && html`<span class="only">${words.people.only}</span>`}
    <${Faces} />
    ${["model", "graph", "bake", "scene"].includes(screen) && html`<${Button} kind="quiet" icon="share" label=${words.people.title} onClick=${() => (state.drawer.value = "people")} />`}
    <${Button} kind="quiet" icon="list" onClick=${() => (state.drawer.value = "jobs")}>
      ${words.bar.jobs}${running > 0 && html`<span class="count">${running}</span>`}
    <//>
    <${Button} kind="quiet" icon="gear" label=${words.bar.settings} onClick=${() => (state.drawer.value = "settings")} />
  </header>`;
}

function Toasts() {
  return html`<div class="toasts" aria-live="polite">
    ${state.toasts.value.map((toast) => html`<div class=${`toast ${toast.kind}`} key=${toast.id} role=${toast.kind === "error" ? "alert" : "status"}>
      <span>${toast.text}</span><${Button} kind="icon" icon="close" label=${words.bar.close} onClick=${() => hush(toast.id)} />
    </div>`)}
  </div>`;
}

function App() {
  const Screen = SCREENS[state.place.value.screen];
  if (state.me.value?.locked) return html`<${Door} /><${Toasts} />`;
  return html`<${Bar} /><${Screen} /><${Drawers} /><${Price} /><${Tour} /><${Toasts} />`;
}

/** Files dropped anywhere are taken; elsewhere than on the first screen they begin something new. */
function onDrop(event) {
  event.preventDefault();
  document.body.classList.remove("dragging");
  if (!event.dataTransfer?.files.length) return;
  if (state.place.value.screen !== "drop") {
    history.pushState(null, "", "/");
    follow();
  }
  take(event.dataTransfer.files, event.target.closest?.("[data-side]")?.dataset.side);
}

function listen() {
  addEventListener("popstate", follow);
  addEventListener("click", onLink);
  addEventListener("paste", onPaste);
  addEventListener("keydown", (event) => {
    if (state.intake.value?.until) halt();
    onKey(event);
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dragging"));
  addEventListener("drop", onDrop);
}

const mayRun = () => state.me.peek()?.scopes.includes("run") ?? true;

async function begin() {
  follow();
  listen();
  effect(() => {
    if (state.theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = state.theme.value;
  });
  effect(() => {
    document.body.classList.toggle("look-only", !state.mayWrite.value);
  });
  render(html`<${App} />`, document.getElementById("app"));
  try {
    [state.me.value, state.catalog.value] = await Promise.all([lookUp("/api/me"), catalog()]);
  } catch (problem) {
    if (problem.status === 401) state.me.value = { locked: true, scopes: [] };
    else say(problem.message, "error");
    return;
  }
  state.mayWrite.value = mayRun();
  const live = new Live();
  effect(() => {
    const { job, screen } = state.place.value;
    if (job && ["model", "graph"].includes(screen) && !state.jobs.peek()[job]) refresh(job).catch(() => (state.jobs.value = { ...state.jobs.peek(), [job]: { id: job, lost: true } }));
  });
  effect(() => Object.values(state.jobs.value).forEach((job) => job.order && live.watch(job.id)));
  const { query, screen } = state.place.value;
  if (screen === "drop" && query.get("file")) {
    takeKnown(query.get("file"), query.get("name") ?? "file");
    history.replaceState(null, "", "/");
  }
}

begin();
