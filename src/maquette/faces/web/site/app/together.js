/** Who else is here, under which name one is here oneself, and the room of a model with its comments. */
import { effect } from "../vendor/ui.js";
import { Room } from "./room.js";
import { state } from "./store.js";
import { words } from "./words.js";

const HUES = ["#b3462b", "#2f7d4f", "#7a4fb5", "#a06a00", "#1f7a8c", "#b03a76"];

export const nameOf = (one) => one.name || words.people.nameless;
export const hueOf = (one) => HUES[(one.hue ?? 0) % HUES.length];

/** Go into a room; people and rights go to the store, rows to whoever enters. */
export function enter(name, { begin, rows, put }) {
  const room = new Room(name, { name: state.name.peek(), hue: state.hue.peek() }, {
    begin, rows, put,
    people: (people) => (state.people.value = people),
    may: (may) => {
      state.mayWrite.value = may;
      state.joined.value = name;
    },
  });
  const renamed = effect(() => room.show({ name: state.name.value }));
  const leave = room.leave.bind(room);
  room.leave = () => {
    renamed();
    state.people.value = {};
    state.room.value = null;
    state.joined.value = "";
    leave();
  };
  state.room.value = room;
  return room;
}

const PIN = /^pin\/([\w-]+)\/(\w+)$/;

/** Comments as rows, and back. */
export function pinRows(pins) {
  return Object.fromEntries(Object.entries(pins).flatMap(([id, pin]) => Object.entries(pin).map(([field, value]) => [`pin/${id}/${field}`, value])));
}

export function pinsOf(rows) {
  const pins = {};
  for (const [path, value] of Object.entries(rows)) {
    const [, id, field] = PIN.exec(path) ?? [];
    if (id) pins[id] = { ...pins[id], [field]: value };
  }
  return Object.fromEntries(Object.entries(pins).filter(([, pin]) => pin.at && pin.job));
}

/** Share a thing's comments and cameras with whoever looks at any of its versions; what ends it. */
export function joinModel(tag) {
  state.pins.value = {};
  const room = enter(`model/${tag}`, {
    begin: () => ({}),
    rows: () => pinRows(state.pins.peek()),
    put: (rows) => (state.pins.value = pinsOf(rows)),
  });
  const ends = [
    effect(() => {
      void state.pins.value;
      room.tell();
    }),
    effect(() => room.show({ eye: state.eye.value, job: state.place.value.job, finding: state.finding.value })),
  ];
  return () => {
    ends.forEach((end) => end());
    room.leave();
    state.pins.value = {};
  };
}
