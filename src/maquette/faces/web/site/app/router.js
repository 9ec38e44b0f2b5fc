/** The address is the state: a link opens the same screen for a colleague. */
import { batch } from "../vendor/ui.js";
import { leaveJob, state } from "./store.js";

function parse() {
  const [, first, job = "", rest] = location.pathname.split("/");
  const screen = ["batch", "bake", "scene", "form"].includes(first) && job ? first : first === "m" && job ? (rest === "graph" ? "graph" : "model") : "drop";
  return { screen, job, query: new URLSearchParams(location.search) };
}

export function follow() {
  const next = parse();
  batch(() => {
    if (next.job !== state.place.value.job) leaveJob();
    state.place.value = next;
  });
}

/** Go to an address, or correct the one where we are. */
export function go(address, instead = false) {
  if (instead) history.replaceState(null, "", address);
  else if (address !== location.pathname + location.search) history.pushState(null, "", address);
  follow();
}

/** A click on one of our own links changes the screen, not the page. */
export function onLink(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const there = new URL(link.href);
  const ours = there.origin === location.origin && /^\/((m|batch|bake|scene|form)\/.*)?$/.test(there.pathname);
  if (!ours || link.target || link.hasAttribute("download")) return;
  event.preventDefault();
  go(there.pathname + there.search);
}
