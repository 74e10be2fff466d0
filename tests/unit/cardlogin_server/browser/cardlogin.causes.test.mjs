// The JavaScript client: one test or more for every cause that it tells apart itself; run by test_browser_client.py.

import assert from "node:assert/strict";
import test from "node:test";

import { answer, browser, settle } from "./browser_fakes.mjs";
import { CHALLENGE, TOKEN, PROBLEM, HELLO, GRANTED, OWN, READY, start, isFailure, isOver, settled } from "./client_parts.mjs";

const PLAIN = `http://${OWN}:61170`; // where the plain listener has its pages
const token = { type: "cardlogin:token", token: TOKEN };
const ROUNDS = 3 * 1_500 + 3 * 2_500; // ms: three ports have not answered over TLS

// ---- TLS is not trusted

test("tls: the popup goes on without TLS, by way of the port that refused, and the answer says so", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(ROUNDS);
  assert.equal(world.popups[0].visited.at(-1), "http://localhost:61171/v1/popup#opened");
  await world.say({ ...READY, port: 61171 }, { origin: PLAIN });
  assert.deepEqual(world.popups[0].posted[0].target, PLAIN);
  await world.say(token, { origin: PLAIN });
  assert.deepEqual(fate.value, { challenge: CHALLENGE, token: TOKEN, tlsTrusted: false });
  assert.equal(world.popups.length, 1);
  isOver(world);
});

test("tls: a page over plain HTTP that finds TLS trusted goes on there", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(ROUNDS);
  await world.say(READY, { origin: `https://${OWN}:61171` });
  await world.say(token, { origin: `https://${OWN}:61171` });
  assert.ok(fate.value.tlsTrusted);
});

for (const origin of ["http://localhost:61170", "http://localhost:61171", `http://${OWN}:61171`, `http://${OWN}`]) {
  test(`tls: ${origin} does not speak for the plain listener`, async () => {
    const world = await browser();
    start(world);
    await world.clock.tick(ROUNDS);
    await world.say(READY, { origin });
    assert.deepEqual(world.popups[0].posted, []);
  });
}

test("tls: no plain port by setting", async () => {
  const world = await browser();
  const fate = start(world, { httpPort: 0 });
  await world.clock.tick(ROUNDS);
  isFailure(world, fate, "agent_not_found");
  assert.ok(world.popups[0].visited.every((url) => url.startsWith("https:")));
});

const plainOnly = (url) => {
  if (url.startsWith("http://localhost:61172")) return answer(HELLO);
  throw new TypeError("Failed to fetch");
};

test("tls: fetch that fails goes on by a popup without TLS, in the same click", async () => {
  const world = await browser({ permissions: GRANTED, agent: plainOnly });
  const fate = await settled(start(world));
  assert.deepEqual(world.popups[0].visited, ["http://localhost:61172/v1/popup#opened"]);
  await world.say(READY, { origin: PLAIN });
  await world.say(token, { origin: PLAIN });
  assert.equal(fate.value.tlsTrusted, false);
});

test("tls: fetch goes on without TLS only where every port has refused it", async () => {
  const slow = (url) => (url.startsWith("https://localhost:61173") ? new Promise(() => {}) : plainOnly(url));
  const world = await browser({ permissions: GRANTED, agent: slow });
  const fate = await settled(start(world));
  await world.clock.tick(1_500 + 2_500);
  isFailure(world, await settled(fate), "agent_not_found");
  assert.ok(world.fetched.every(({ url }) => url.startsWith("https:")));
  assert.deepEqual(world.popups, []);
});

test("tls_not_trusted: the plain port answers and no popup is possible", async () => {
  const world = await browser({ permissions: GRANTED, agent: plainOnly, blocked: true });
  const fate = await settled(start(world));
  isFailure(world, fate, "tls_not_trusted");
  isOver(world);
});

test("tls_not_trusted: the window without TLS is gone before it was ready, as where it was cut off", async () => {
  const world = await browser();
  const fate = start(world);
  world.policy = "same-origin-allow-popups";
  await world.clock.tick(ROUNDS);
  await cut(world);
  isFailure(world, fate, "tls_not_trusted");
  isOver(world);
});

test("page_closed: the window without TLS was ready before it was closed", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(ROUNDS);
  await world.say({ ...READY, port: 61171 }, { origin: PLAIN });
  await cut(world);
  isFailure(world, fate, "page_closed");
});

// ---- permission

test("permission_denied: taken back since the page asked", async () => {
  const world = await browser({ permissions: { ...GRANTED }, agent: undefined });
  const fate = start(world);
  world.statuses["loopback-network"].state = "denied";
  isFailure(world, await settled(fate), "permission_denied");
  assert.deepEqual(world.popups, []);
  isOver(world);
});

test("permission_denied: openers are cut and the browser may not fetch", async () => {
  const world = await browser({ permissions: { "loopback-network": "denied" }, isolated: true });
  isFailure(world, await settled(start(world)), "permission_denied");
  assert.deepEqual(world.fetched, []);
});

// ---- openers are cut

const cut = async (world) => {
  world.popups[0].closed = true;
  await world.clock.tick(750);
};

test("opener_cut: an isolated page opens no popup at all", async () => {
  const world = await browser({ isolated: true });
  isFailure(world, await settled(start(world)), "opener_cut");
  assert.deepEqual(world.popups, []);
  isOver(world);
});

for (const policy of ["same-origin", 'same-origin; report-to="x"', "same-origin-plus-coep"]) {
  test(`opener_cut: no popup is opened at all where the page's policy is ${policy}`, async () => {
    const world = await browser({ policy });
    assert.deepEqual(world.asked, ["https://portal.example/log-in?next=%2F"]);
    isFailure(world, await settled(start(world)), "opener_cut");
    assert.deepEqual(world.popups, []);
    isOver(world);
  });

  test(`opener_cut: the popup is closed at once and the page's policy turns out to be ${policy}`, async () => {
    const world = await browser();
    const fate = start(world);
    world.policy = policy;
    await cut(world);
    isFailure(world, fate, "opener_cut");
    assert.equal(world.asked.length, 2);
    isOver(world);
  });
}

test("opener policy: in a frame it is not in force", async () => {
  const world = await browser({ policy: "same-origin", framed: true });
  start(world);
  assert.equal(world.popups.length, 1);
  assert.deepEqual(world.asked, []);
});

test("opener policy: nobody is asked where fetch is allowed", async () => {
  const world = await browser({ policy: "same-origin", permissions: GRANTED });
  assert.deepEqual(world.asked, []);
});

for (const policy of ["", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none", undefined]) {
  test(`page_closed: the popup is closed at once and the page's policy is ${policy}`, async () => {
    const world = await browser({ policy });
    const fate = start(world);
    await cut(world);
    isFailure(world, fate, "page_closed");
  });
}

test("page_closed: a popup that was ready is not taken for cut", async () => {
  const world = await browser();
  const fate = start(world);
  world.policy = "same-origin";
  await world.say(READY);
  await cut(world);
  isFailure(world, fate, "page_closed");
  assert.equal(world.asked.length, 1);
});

test("opener cut: without an address to return to, the browser asks for the permission", async () => {
  const waiting = [];
  const agent = (url) => (url.endsWith("/v1/hello") ? new Promise((give) => waiting.push(give)) : answer(TOKEN));
  const world = await browser({ permissions: { "loopback-network": "prompt" }, isolated: true, agent });
  const fate = start(world);
  await world.clock.tick(59_000);
  assert.equal(fate.state, "pending");
  world.statuses["loopback-network"].state = "granted";
  waiting[0](answer(HELLO));
  assert.deepEqual((await settled(fate)).value, { challenge: CHALLENGE, token: TOKEN, tlsTrusted: true });
  isOver(world);
});

test("permission_denied: openers are cut and nobody answers the browser's question", async () => {
  const agent = () => new Promise(() => {});
  const world = await browser({ permissions: { "loopback-network": "prompt" }, isolated: true, agent });
  const fate = start(world);
  await world.clock.tick(60_000);
  isFailure(world, fate, "permission_denied");
  assert.equal(world.fetched.length, 1);
  isOver(world);
});

const PROMPT = { "loopback-network": "prompt" };

test("permission_denied: openers are cut and the person says no", async () => {
  const world = await browser({
    permissions: { ...PROMPT }, isolated: true, agent: () => {
      world.statuses["loopback-network"].state = "denied";
      throw new TypeError("Failed to fetch");
    },
  });
  isFailure(world, await settled(start(world)), "permission_denied");
  assert.equal(world.fetched.length, 1);
  isOver(world);
});

test("opener cut: the browser asks about the port that answers, not about those before it", async () => {
  const agent = (url) => {
    if (url.startsWith("https://localhost:61171")) throw new TypeError("Failed to fetch");
    return answer(url.endsWith("/v1/hello") ? HELLO : TOKEN);
  };
  const world = await browser({ permissions: { ...PROMPT }, isolated: true, agent });
  const fate = await settled(start(world));
  assert.deepEqual(fate.value, { challenge: CHALLENGE, token: TOKEN, tlsTrusted: true });
  isOver(world);
});

test("agent_not_found: openers are cut, and there is nobody that the browser could ask about", async () => {
  const world = await browser({ permissions: { ...PROMPT }, isolated: true, agent: undefined });
  isFailure(world, await settled(start(world)), "agent_not_found");
  assert.equal(world.fetched.length, 6);
  isOver(world);
});

test("tls_not_trusted: openers are cut, and TLS fails before the browser asks", async () => {
  const world = await browser({ permissions: { ...PROMPT }, isolated: true, blocked: true, agent: plainOnly });
  isFailure(world, await settled(start(world)), "tls_not_trusted");
  isOver(world);
});

/** An agent that fails every request after so many ms. */
const failsAfter = (ms) => {
  const agent = () => new Promise((_, reject) => agent.clock.add(() => reject(new TypeError("Failed to fetch")), ms));
  return agent;
};

test("permission_denied: the browser's question is turned away unanswered, and not put again for another port", async () => {
  const agent = failsAfter(3_500);
  const world = await browser({ permissions: { ...PROMPT }, isolated: true, agent });
  agent.clock = world.clock;
  const fate = start(world);
  await world.clock.tick(3_500);
  isFailure(world, fate, "permission_denied");
  assert.equal(world.fetched.length, 1);
  isOver(world);
});

test("agent_not_found: a system takes two seconds to say that nobody is there", async () => {
  const agent = failsAfter(2_100);
  const world = await browser({ permissions: { ...PROMPT }, isolated: true, agent });
  agent.clock = world.clock;
  const fate = start(world);
  await world.clock.tick(6 * 2_100);
  isFailure(world, fate, "agent_not_found");
  assert.equal(world.fetched.length, 6);
  isOver(world);
});

// ---- navigation

const RETURN = { returnTo: "/.well-known/cardlogin-return" };

test("navigation: what is asked goes into the fragment, and the challenge is fetched once", async () => {
  const world = await browser({ policy: "same-origin" });
  let count = 0;
  const fate = start(world, { ...RETURN, challenge: async () => `challenge ${(count += 1)}`, language: "en" });
  await settle();
  const url = new URL(world.left[0]);
  assert.equal(url.origin + url.pathname + url.search, "https://localhost:61171/v1/go");
  const { state, ...asked } = Object.fromEntries(new URLSearchParams(url.hash.slice(1)));
  assert.deepEqual(asked, {
    return_to: "https://portal.example/.well-known/cardlogin-return",
    challenge: "challenge 1",
    language: "en",
  });
  assert.match(state, /^[0-9a-f-]{36}$/);
  assert.equal(fate.state, "pending");
});

test("navigation: which certificates are wanted goes into the fragment", async () => {
  const world = await browser({ policy: "same-origin" });
  start(world, { ...RETURN, certificate: { issuer: "內政部憑證管理中心" }, pss: true });
  await settle();
  const asked = new URLSearchParams(new URL(world.left[0]).hash.slice(1));
  assert.deepEqual(JSON.parse(asked.get("certificate")), { issuer: "內政部憑證管理中心", policy: "", subject_serial: "" });
  assert.equal(asked.get("pss"), "true");
});

test("navigation: the page gives up before it has left", async () => {
  const world = await browser({ isolated: true });
  const control = new AbortController();
  const fate = await settled(start(world, { ...RETURN, signal: control.signal }));
  control.abort();
  isFailure(world, await settled(fate), "page_closed");
  isOver(world);
  assert.equal(world.unfinishedNavigation(), undefined);
});

test("navigation_unfinished: the page is shown again as it was left", async () => {
  const world = await browser({ isolated: true });
  const fate = await settled(start(world, RETURN));
  await world.happen("pageshow", { persisted: false });
  assert.equal(fate.state, "pending");
  await world.happen("pageshow", { persisted: true });
  isFailure(world, await settled(fate), "navigation_unfinished");
  assert.equal(world.unfinishedNavigation(), undefined);
  isOver(world);
});

test("navigation_unfinished: the page is loaded anew, and says so once", async () => {
  const { world } = await left();
  isFailure(world, { state: "rejected", value: world.unfinishedNavigation() }, "navigation_unfinished");
  assert.equal(world.unfinishedNavigation(), undefined);
});

test("navigation_unfinished: not after an answer, and not where nothing can be kept", async () => {
  const { world, state } = await left();
  await complete(world, { token: JSON.stringify(TOKEN), state });
  assert.equal(world.unfinishedNavigation(), undefined);
  sessionStorage.getItem = () => {
    throw new DOMException("denied", "SecurityError");
  };
  assert.equal(world.unfinishedNavigation(), undefined);
});

for (const returnTo of [
  "https://evil.example/.well-known/cardlogin-return", "https://portal.example:8443/.well-known/cardlogin-return",
  "javascript:alert(1)", "/.well-known/cardlogin-return#b", "/.well-known/cardlogin-return?next=/", "/card/return",
  "//evil.example/.well-known/cardlogin-return", "http://portal.example/.well-known/cardlogin-return",
]) {
  test(`opener_cut: ${returnTo.slice(0, 40)} is no address to return to`, async () => {
    const world = await browser({ isolated: true });
    isFailure(world, await settled(start(world, { returnTo })), "opener_cut");
    assert.deepEqual(world.left, []);
  });
}

test("opener_cut: a page that can keep nothing cannot be left", async () => {
  const world = await browser({ isolated: true });
  sessionStorage.setItem = () => {
    throw new DOMException("denied", "SecurityError");
  };
  isFailure(world, await settled(start(world, RETURN)), "opener_cut");
  assert.deepEqual(world.left, []);
});

async function left() {
  const storage = new Map();
  const world = await browser({ isolated: true, storage });
  await settled(start(world, RETURN));
  const state = new URLSearchParams(new URL(world.left[0]).hash.slice(1)).get("state");
  return { state, world: await browser({ storage }) };
}

const complete = (world, fields) => {
  const fate = { state: "pending" };
  return world.completeNavigation(fields).then(
    (value) => ({ ...fate, state: "resolved", value }),
    (value) => ({ ...fate, state: "rejected", value }),
  );
};

test("navigation: the page that is returned to has challenge and token", async () => {
  const { world, state } = await left();
  const fate = await complete(world, { token: JSON.stringify(TOKEN), state });
  assert.deepEqual(fate.value, { challenge: CHALLENGE, token: TOKEN, tlsTrusted: true });
});

test("navigation: a failure comes back with its words", async () => {
  const { world, state } = await left();
  const fate = await complete(world, { token: "", failure: JSON.stringify(PROBLEM), state });
  isFailure(world, fate, "pin_wrong");
  assert.equal(fate.value.triesLeft, 2);
});

for (const [what, change] of [
  ["another state", { state: "0".repeat(36) }],
  ["no state", { state: undefined }],
  ["a token that is none", { token: "{}" }],
  ["a token that is no JSON", { token: "<html>" }],
  ["an endless token", { token: `"${"x".repeat(20_001)}"` }],
  ["neither token nor failure", { token: "" }],
]) {
  test(`answer_malformed: returned with ${what}`, async () => {
    const { world, state } = await left();
    const fate = await complete(world, { token: JSON.stringify(TOKEN), state, ...change });
    isFailure(world, fate, "answer_malformed");
    isFailure(world, await complete(world, { token: JSON.stringify(TOKEN), state }), "answer_malformed");
  });
}

test("answer_malformed: a token posted to a page that has asked for none (forced log-in)", async () => {
  const world = await browser();
  for (const state of [undefined, null, "", "x"]) {
    isFailure(world, await complete(world, { token: JSON.stringify(TOKEN), state }), "answer_malformed");
  }
});

test("answer_malformed: the same answer posted again", async () => {
  const { world, state } = await left();
  const fields = { token: JSON.stringify(TOKEN), state };
  assert.equal((await complete(world, fields)).state, "resolved");
  isFailure(world, await complete(world, fields), "answer_malformed");
});

// ---- what comes from the agent keeps its code

for (const code of ["busy", "user_cancelled", "card_removed", "timed_out", "origin_denied"]) {
  test(`${code}: by popup and by fetch`, async () => {
    const problem = { ...PROBLEM, code, tries_left: undefined };
    const world = await browser();
    const fate = start(world);
    await world.say(READY);
    await world.say({ type: "cardlogin:failure", problem });
    isFailure(world, fate, code);
    const agent = (url) => (url.endsWith("/v1/hello") ? answer(HELLO) : answer(problem, 409));
    const other = await browser({ permissions: GRANTED, agent });
    isFailure(other, await settled(start(other)), code);
  });
}

// ---- time, and the page's end

for (const [what, options] of [
  ["the popup", {}],
  ["fetch", { permissions: GRANTED, agent: (url) => (url.endsWith("/v1/hello") ? answer(HELLO) : new Promise(() => {})) }],
]) {
  test(`timed_out: ten minutes with ${what}`, async () => {
    const world = await browser(options);
    const fate = start(world);
    await settle();
    if (world.popups.length) await world.say(READY);
    await world.clock.tick(599_000);
    assert.equal(fate.state, "pending");
    await world.clock.tick(1_000);
    isFailure(world, fate, "timed_out");
    isOver(world);
    if (world.popups.length) {
      assert.deepEqual(world.popups[0].posted.at(-1).data, { type: "cardlogin:cancel" });
      assert.ok(world.popups[0].closed);
    }
  });
}

test("timed_out: a challenge that never comes", async () => {
  const world = await browser();
  const fate = start(world, { challenge: () => new Promise(() => {}) });
  await world.say(READY);
  await world.clock.tick(600_000);
  isFailure(world, fate, "timed_out");
});

test("page_closed: the page is left while the popup is open, and takes it along", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say(READY);
  await world.happen("pagehide", {});
  isFailure(world, fate, "page_closed");
  assert.deepEqual(world.popups[0].posted.at(-1).data, { type: "cardlogin:cancel" });
  assert.ok(world.popups[0].closed);
  isOver(world);
});
