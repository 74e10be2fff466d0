// A browser by hand for cardlogin.js: clock, window, popup, permissions and fetch, all under the test's control.

import { webcrypto } from "node:crypto";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto; // Node 18, Debian 12's, has it by this name only

const client = pathToFileURL(process.env.CARDLOGIN_CLIENT);
const { setImmediate: soon } = globalThis;
let loads = 0;

/** Lets everything that is ready run. */
export const settle = async () => {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => soon(resolve));
};

class Clock {
  now = 0;
  jobs = new Map();
  last = 0;

  add(job, delay, every) {
    this.last += 1;
    this.jobs.set(this.last, { job, due: this.now + delay, every });
    return this.last;
  }

  async tick(ms) {
    const end = this.now + ms;
    for (;;) {
      const [id, next] = [...this.jobs].sort((a, b) => a[1].due - b[1].due)[0] ?? [];
      if (next === undefined || next.due > end) break;
      this.now = next.due;
      if (next.every) next.due += next.every;
      else this.jobs.delete(id);
      next.job();
      await settle();
    }
    this.now = end;
    await settle();
  }
}

class Popup {
  closed = false;
  posted = [];
  ports = [];
  location = { replace: (url) => this.visited.push(url) };

  constructor(url, name, features) {
    this.visited = [url];
    this.name = name;
    this.features = features;
  }

  postMessage(data, target, ports = []) {
    this.posted.push({ data, target });
    this.ports.push(...ports);
  }

  close() {
    this.closed = true;
  }
}

// The far end is the popup's; what the page says on the line is in `said`.
class Line {
  said = [];
  port1 = { postMessage: (data) => this.said.push(data) };
  port2 = { line: this };
}

/**
 * A browser with the client loaded into it. `permissions` maps a known name to its state; `agent` answers fetches:
 * (url, options) => {status, body} or an exception. `policy` is the page's own Cross-Origin-Opener-Policy, which it
 * can only learn by asking its server, and may change in `world.policy`; `framed`: it is in a frame of another page;
 * `storage` is what the tab keeps, `kept` what the browser keeps for the site, `lang` the language of the page.
 */
export async function browser({
  hostname = "portal.example", permissions = {}, agent, blocked = false, isolated = false, framed = false, policy,
  storage = new Map(), kept = new Map(), lang = "",
} = {}) {
  const clock = new Clock();
  const world = { clock, popups: [], listeners: new Set(), fetched: [], asked: [], left: [], statuses: {}, storage, policy };
  const origin = `https://${hostname}`;

  globalThis.setTimeout = (job, delay) => clock.add(job, delay);
  globalThis.setInterval = (job, delay) => clock.add(job, delay, delay);
  globalThis.clearTimeout = globalThis.clearInterval = (id) => clock.jobs.delete(id);
  globalThis.MessageChannel = Line;
  globalThis.document = { documentElement: { lang } };
  globalThis.window = {
    screen: { availLeft: 1920, availTop: 24 },
    location: { hostname, origin, href: `${origin}/log-in?next=%2F`, assign: (url) => world.left.push(url) },
    crossOriginIsolated: isolated,
    self: "page",
    top: framed ? "another page" : "page",
    open(...order) {
      if (blocked) return null;
      world.popups.push(new Popup(...order));
      return world.popups.at(-1);
    },
    addEventListener: (type, listener) => world.listeners.add({ type, listener }),
    removeEventListener(type, listener) {
      for (const entry of world.listeners) {
        if (entry.type === type && entry.listener === listener) world.listeners.delete(entry);
      }
    },
  };
  globalThis.sessionStorage = store(storage);
  globalThis.localStorage = store(kept);
  const query = async ({ name }) => {
    if (!(name in permissions)) throw new TypeError(`${name} is not a valid permission`);
    const status = Object.assign(new EventTarget(), { state: permissions[name] });
    world.statuses[name] = status;
    return status;
  };
  const navigator = permissions === null ? {} : { permissions: { query } };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  globalThis.fetch = (url, options) => {
    if (options.method === "HEAD") {
      world.asked.push(url);
      if (world.policy === undefined) return Promise.reject(new TypeError("Failed to fetch"));
      const headers = new Headers(world.policy ? { "Cross-Origin-Opener-Policy": world.policy } : {});
      return Promise.resolve({ headers });
    }
    world.fetched.push({ url, options });
    return new Promise((resolve, reject) => {
      options.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      if (agent === undefined) reject(new TypeError("Failed to fetch"));
      else Promise.resolve(agent(url, options)).then(resolve, reject);
    });
  };

  world.change = (name, state) => {
    world.statuses[name].state = state;
    world.statuses[name].dispatchEvent(new Event("change"));
  };
  world.happen = async (type, event) => {
    for (const entry of [...world.listeners]) if (entry.type === type) entry.listener(event);
    await settle();
  };
  world.say = (data, { source = world.popups[0], origin = "https://localhost:61171" } = {}) =>
    world.happen("message", { data, source, origin });
  loads += 1;
  Object.assign(world, await import(`${client}?${loads}`));
  await settle();
  return world;
}

const store = (values) => ({
  getItem: (key) => values.get(key) ?? null,
  setItem: (key, value) => values.set(key, String(value)),
  removeItem: (key) => values.delete(key),
});

/** What became of a promise so far: {state, value}. */
export function follow(promise) {
  const fate = { state: "pending" };
  promise.then(
    (value) => Object.assign(fate, { state: "resolved", value }),
    (value) => Object.assign(fate, { state: "rejected", value }),
  );
  return fate;
}

export const answer = (body, status = 200) => ({
  status,
  text: async () => (typeof body === "string" ? body : JSON.stringify(body)),
});
