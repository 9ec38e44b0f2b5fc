/** The tab's one stream: a socket that watches jobs, and comes back by itself. */
import { state } from "./store.js";
import { hear, refresh } from "./jobs.js";

const TOGETHER_MS = 15; // a batch is watched with one message
const PAUSE_MS = [300, 1000, 2000, 4000];

export class Live {
  constructor() {
    this.watched = new Set();
    this.tries = 0;
    this.socket = null;
    this.open();
  }

  open() {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`;
    this.socket = new WebSocket(address);
    this.socket.onopen = () => {
      const wasAway = this.tries > 0;
      this.tries = 0;
      state.online.value = true;
      this.tell();
      if (wasAway) for (const id of this.watched) refresh(id);
    };
    this.socket.onmessage = (message) => hear(JSON.parse(message.data));
    this.socket.onclose = () => {
      this.tries += 1;
      if (this.tries > 1) state.online.value = false;
      setTimeout(() => this.open(), PAUSE_MS[Math.min(this.tries, PAUSE_MS.length) - 1]);
    };
  }

  /** Watch one more job from its beginning. */
  watch(id) {
    if (this.watched.has(id)) return;
    this.watched.add(id);
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.tell();
    }, TOGETHER_MS);
  }

  tell() {
    if (this.socket.readyState === WebSocket.OPEN && this.watched.size)
      this.socket.send(JSON.stringify({ watch: [...this.watched].map((id) => `job/${id}`), since: 0 }));
  }
}
