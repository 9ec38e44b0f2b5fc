/** What a bake-off compares: generators and routes to choose from, with what is missing and what it costs. */
import { html } from "../vendor/ui.js";
import { Button } from "./parts.js";
import { change, state } from "./store.js";
import { words } from "./words.js";

const USUAL = ["print/sculpt", "print/inflate", "model/sculpt"];

/** The columns that are chosen, or those that everybody has. */
export function columnsOf(intake) {
  const names = state.catalog.value.generators.map((row) => row.name);
  return intake.columns ?? USUAL.filter((column) => names.includes(column.split("/")[1]));
}

export const priceOf = (column) => state.catalog.value.generators.find((row) => row.name === column.split("/")[1])?.price_usd ?? 0;

export function Columns({ intake, onStart }) {
  const chosen = columnsOf(intake);
  const count = Object.keys(intake.slots).length * chosen.length;
  const usd = Object.keys(intake.slots).length * chosen.reduce((sum, column) => sum + priceOf(column), 0);
  const turn = (column) => () => change(state.intake, { columns: chosen.includes(column) ? chosen.filter((one) => one !== column) : [...chosen, column] });
  return html`<div class="columns"><p class="hint">${words.bake.choose}</p>
    <table><thead><tr><td></td>${["print", "model"].map((route) => html`<th key=${route} scope="col">${words.drop[route]}</th>`)}</tr></thead>
      <tbody>${state.catalog.value.generators.map((row) => html`<tr key=${row.name} class=${row.ready ? "" : "not-ready"}><th scope="row" title=${row.ready ? row.summary : row.get}>${row.name}${row.price_usd > 0 && html` <span class="price">$${row.price_usd.toFixed(2)}</span>`}</th>
        ${["print", "model"].map((route) => html`<td key=${route}><input type="checkbox" aria-label=${`${row.name}, ${words.drop[route]}`} checked=${chosen.includes(`${route}/${row.name}`)} disabled=${!row.ready} onChange=${turn(`${route}/${row.name}`)} /></td>`)}</tr>`)}</tbody></table>
    <${Button} kind="main" disabled=${!count || intake.busy} onClick=${onStart}>${usd > 0 ? words.bake.startFor(count, usd.toFixed(2)) : words.bake.start(count)}<//></div>`;
}
