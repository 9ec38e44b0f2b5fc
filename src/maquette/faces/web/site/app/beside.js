/** Models beside each other, their cameras locked: the panes of the viewer with a caption for each. */
import { html, useEffect, useRef } from "../vendor/ui.js";
import { Button } from "./parts.js";
import { state } from "./store.js";
import { words } from "./words.js";
import { VIEWS } from "../viewer/modes.js";

/** @param {{ models: { address: string, caption: string }[], alike?: boolean, onClose: () => void }} props */
export function Beside({ models, alike = false, onClose }) {
  const canvas = useRef(null);
  const panes = useRef(null);
  const addresses = models.map((model) => model.address);
  useEffect(() => {
    let gone = false;
    import("../viewer/panes.js").then(({ Panes }) => {
      if (gone) return;
      panes.current = new Panes(canvas.current, alike);
      state.panes.value = panes.current;
      panes.current.show(addresses);
    });
    return () => {
      gone = true;
      state.panes.value = null;
      panes.current?.close();
      panes.current = null;
    };
  }, []);
  useEffect(() => {
    panes.current?.show(addresses);
  }, [addresses.join()]);
  return html`<section class="beside" aria-label=${words.beside.title}>
    <canvas ref=${canvas} tabindex="0" role="img" aria-label=${words.beside.title}></canvas>
    <div class="captions">${models.map((model, index) => html`<span key=${index}>${model.caption}</span>`)}</div>
    <div class="tools" role="toolbar" aria-label=${words.beside.title}>
      <${Button} kind="icon" icon="close" label=${words.beside.close} onClick=${onClose} />
      <${Button} kind="icon" icon="turn" label=${words.tools.turn} pressed=${state.turning.value} onClick=${() => (state.turning.value = !state.turning.value)} />
      <details class="views"><summary class="button icon" title=${words.tools.axis} aria-label=${words.tools.axis}><svg class="icon" width="18" height="18" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 3 20 7.5v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12 4 7.500" /></svg></summary>
        <div>${Object.keys(VIEWS).map((name) => html`<button type="button" key=${name} onClick=${() => panes.current?.view(name)}>${words.views[name]}</button>`)}</div></details>
    </div>
  </section>`;
}
