/** Others: who is here, links for them, and the door of a server that asks for a key. */
import { html, useSignal } from "../vendor/ui.js";
import { come, leave, share } from "./api.js";
import { attempt } from "./orders.js";
import { Button } from "./parts.js";
import { remember, say, state } from "./store.js";
import { hueOf, nameOf } from "./together.js";
import { words } from "./words.js";
import { viewer } from "../viewer/viewer.js";

/** Those who have the same thing open; a click looks from where they look. */
export function Faces() {
  const others = Object.entries(state.people.value).filter(([, one]) => one.name !== undefined);
  if (!others.length) return null;
  const look = (one) => one.job === state.place.value.job && viewer.lookFrom(one.eye);
  return html`<span class="faces" role="group" aria-label=${words.people.here(others.map(([, one]) => nameOf(one)).join(", "))}>
    ${others.slice(0, 6).map(([id, one]) => html`<button type="button" key=${id} class="face" style=${{ "--who": hueOf(one) }} title=${one.eye ? words.people.look(nameOf(one)) : nameOf(one)} aria-label=${one.eye ? words.people.look(nameOf(one)) : nameOf(one)} onClick=${() => look(one)}>${nameOf(one).slice(0, 1).toUpperCase()}</button>`)}</span>`;
}

export function Share() {
  const { job, screen } = state.place.value;
  const guest = state.me.value?.only;
  const made = useSignal("");
  const give = (may) => attempt(async () => (made.value = (await share({ job, may })).href));
  const bye = (address) => attempt(async () => {
    await leave();
    location.assign(address);
  });
  const others = Object.values(state.people.value).map(nameOf);
  return html`<div class="settings">
    <p class="hint">${words.people.lead}</p>
    <label class="setting">${words.people.name}<input type="text" maxlength="40" value=${state.name.value} onInput=${(event) => remember("name", event.target.value.trim())} /></label>
    <${Link} label=${words.people.link} href=${location.href.split("?")[0]} />
    ${job && !guest && ["model", "graph"].includes(screen) && html`<div class="row"><${Button} onClick=${() => give("look")}>${words.people.readOnly}<//><${Button} onClick=${() => give("work")}>${words.people.working}<//></div>`}
    ${made.value && html`<${Link} label=${words.people.link} href=${made.value} />`}
    ${job && !guest && ["model", "graph"].includes(screen) && html`<div class="setting">${words.people.project}<p class="small">${words.people.projectHint}</p><a class="button" href=${`/api/projects/${state.jobs.value[job]?.tag ?? ""}`} download>${words.people.bundle}</a></div>`}
    <p class="small" role="status">${others.length ? words.people.here(others.join(", ")) : words.people.alone}</p>
    ${guest && html`<p>${words.people.guest} <button type="button" class="link" onClick=${() => bye("/")}>${words.people.leave}</button></p>`}
    ${!guest && state.me.value?.keys && html`<p><button type="button" class="link" onClick=${() => bye("/")}>${words.people.signOut}</button></p>`}
  </div>`;
}

function Link({ label, href }) {
  const copy = () => attempt(async () => {
    await navigator.clipboard.writeText(href);
    say(words.people.copied);
  });
  return html`<label class="setting">${label}<span class="copy"><input type="text" readonly value=${href} onFocus=${(event) => event.target.select()} /><${Button} kind="small" onClick=${copy}>${words.people.copy}<//></span></label>`;
}

/** The door: a key, once; the browser keeps it where no script can read it. */
export function Door() {
  const enter = (event) => {
    event.preventDefault();
    const key = event.target.elements.key.value.trim();
    return attempt(async () => {
      await come(key);
      location.reload();
    });
  };
  return html`<main class="lost"><h1>${words.people.key}</h1><form class="copy" onSubmit=${enter}><input type="password" name="key" autocomplete="current-password" required placeholder=${words.people.keyHint} aria-label=${words.people.key} /><button class="button main">${words.people.enter}</button></form></main>`;
}
