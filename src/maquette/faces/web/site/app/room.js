/** A document that several people have open: rows by path, one order of changes for all, and who is here. */
import { difference, withRows } from "../graph/flat.js";

const PAUSE_MS = [300, 1000, 2000, 4000];
const SEND_MS = 40;

/**
 * @typedef {{
 *   begin: () => Record<string, any>, rows: () => Record<string, any>, put: (rows: Record<string, any>) => void,
 *   people: (people: Record<string, any>) => void, may: (may: boolean) => void
 * }} Side
 */

export class Room {
  /** @param {string} name @param {Record<string, any>} me @param {Side} side what the page has, and how it is told */
  constructor(name, me, side) {
    this.name = name;
    this.me = me;
    this.side = side;
    this.people = {};
    this.agreed = side.begin(); // what the server has told; `waiting` was sent and not yet told
    this.waiting = new Map();
    this.tries = 0;
    this.onHide = () => this.#send();
    addEventListener("pagehide", this.onHide);
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/api/rooms/${this.name}`);
    this.socket.onopen = () => this.socket.send(JSON.stringify({ join: this.me, begin: this.side.begin() }));
    this.socket.onmessage = (message) => this.hear(JSON.parse(message.data));
    this.socket.onclose = () => {
      this.you = "";
      if (this.left) return;
      this.tries += 1;
      setTimeout(() => this.left || this.open(), PAUSE_MS[Math.min(this.tries, PAUSE_MS.length) - 1]);
    };
  }

  hear({ hello, set, here, by, refused }) {
    if (hello) this.#greet(hello);
    if (set) this.#change(set, by);
    if (refused) this.#takeBack(refused);
    if (here !== undefined && by !== this.you) {
      this.people = here === null ? Object.fromEntries(Object.entries(this.people).filter(([id]) => id !== by)) : { ...this.people, [by]: { ...this.people[by], ...here } };
      this.side.people(this.people);
    }
  }

  /** Back again, or for the first time: what was done here meanwhile goes on top of what the others did. */
  #greet({ you, rows, people, may }) {
    const mine = difference(this.agreed, this.side.rows());
    this.tries = 0;
    this.you = you;
    this.people = people;
    this.agreed = rows;
    this.waiting.clear();
    this.side.put(withRows(rows, after(mine)));
    this.side.people(people);
    this.side.may(may);
    this.tell();
  }

  #change(set, by) {
    this.agreed = withRows(this.agreed, set);
    if (by === this.you) {
      for (const path of Object.keys(set)) {
        const left = this.waiting.get(path) - 1;
        if (left) this.waiting.set(path, left);
        else this.waiting.delete(path);
      }
      return;
    }
    // what was set here and is not yet in the order comes after this
    const news = Object.fromEntries(Object.entries(set).filter(([path]) => !this.waiting.has(path)));
    this.side.put(withRows(this.side.rows(), news));
    this.sent = withRows(this.sent ?? this.agreed, news);
  }

  #takeBack(change) {
    this.waiting.clear();
    this.sent = undefined;
    this.side.put(withRows(this.side.rows(), Object.fromEntries(Object.keys(change).map((path) => [path, this.agreed[path] ?? null]))));
  }

  /** Send what differs from what was sent: at once, or with what else comes within a moment of the last message. */
  tell() {
    this.soon ??= setTimeout(() => this.#send(), Math.max(0, SEND_MS - (performance.now() - (this.told ?? -SEND_MS))));
  }

  #send() {
    clearTimeout(this.soon);
    this.soon = undefined;
    if (!this.you || this.socket.readyState !== WebSocket.OPEN) return;
    const rows = this.side.rows();
    if (!this.waiting.size) this.sent = this.agreed;
    const set = after(difference(this.sent ?? this.agreed, rows));
    if (!Object.keys(set).length) return;
    for (const path of Object.keys(set)) this.waiting.set(path, (this.waiting.get(path) ?? 0) + 1);
    this.sent = rows;
    this.told = performance.now();
    this.socket.send(JSON.stringify({ set }));
  }

  /** Where one is and what one looks at; the newest counts. */
  show(here) {
    if (this.left) return;
    this.me = { ...this.me, ...here };
    this.next = { ...this.next, ...here };
    this.showing ??= setTimeout(() => {
      this.showing = undefined;
      if (this.you && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ here: this.next }));
      this.next = {};
    }, SEND_MS);
  }

  leave() {
    removeEventListener("pagehide", this.onHide);
    clearTimeout(this.showing);
    this.#send(); // the last words
    clearTimeout(this.soon);
    this.left = true;
    this.socket.close();
  }
}

const after = (rows) => Object.fromEntries(Object.entries(rows).map(([path, [, value]]) => [path, value]));
