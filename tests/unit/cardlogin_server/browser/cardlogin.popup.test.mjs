// The JavaScript client with a popup: ports, order of events, giving up; run by test_browser_client.py.

import assert from "node:assert/strict";
import test from "node:test";

import { browser, settle } from "./browser_fakes.mjs";
import { CHALLENGE, TOKEN, PROBLEM, READY, OWN, start, isFailure, isOver, settled } from "./client_parts.mjs";

test("popup: the window is opened in the click itself, before anything is awaited", async () => {
  const world = await browser();
  world.authenticate({ challenge: () => new Promise(() => {}) });
  assert.deepEqual(world.popups[0].visited, ["https://localhost:61171/v1/popup#opened"]);
  assert.equal(world.popups[0].name, "_blank");
  assert.ok(!world.popups[0].features.includes("noopener"));
});

test("popup: a whole log-in", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say(READY);
  const order = { type: "cardlogin:authenticate", challenge: CHALLENGE, language: "zh-Hant" };
  assert.deepEqual(world.popups[0].posted, [{ data: order, target: "https://localhost:61171" }]);
  await world.clock.tick(60_000);
  assert.equal(fate.state, "pending");
  await world.say({ type: "cardlogin:token", token: TOKEN });
  assert.deepEqual(fate.value, { challenge: CHALLENGE, token: TOKEN, tlsTrusted: true });
  assert.deepEqual(world.fetched, []);
  isOver(world);
});

test("popup: it is given a line on which the page answers as long as it is there", async () => {
  const world = await browser();
  start(world);
  await world.say(READY);
  const [{ line }, ...others] = world.popups[0].ports;
  assert.deepEqual(others, []);
  for (const _ of "123") line.port1.onmessage({ data: "" });
  assert.deepEqual(line.said, ["", "", ""]);
});

for (const [what, lang, language, sent] of [
  ["the page's own", "en", undefined, "en"],
  ["the page's own, of one country", "en-GB", undefined, "en"],
  ["the page's own, in capitals", "ZH-HANT", undefined, "zh-Hant"],
  ["Taiwan's", "zh-TW", undefined, "zh-Hant"],
  ["one without a catalogue", "fr", undefined, "zh-Hant"],
  ["none", "", undefined, "zh-Hant"],
  ["the one that is asked for", "zh-Hant", "en", "en"],
]) {
  test(`popup: the language is passed on (${what})`, async () => {
    const world = await browser({ lang });
    start(world, { language });
    await world.say(READY);
    assert.equal(world.popups[0].posted[0].data.language, sent);
  });
}

test("popup: it is small and stands in the corner of the screen", async () => {
  const world = await browser();
  start(world);
  assert.equal(world.popups[0].features, "popup,width=420,height=260,left=1920,top=24");
});

test("popup: a challenge that comes late is sent when it is there", async () => {
  const world = await browser();
  let give;
  const fate = start(world, { challenge: () => new Promise((resolve) => (give = resolve)) });
  await world.say(READY);
  assert.deepEqual(world.popups[0].posted, []);
  give("late.login");
  await settle();
  assert.equal(world.popups[0].posted[0].data.challenge, "late.login");
  await world.say({ type: "cardlogin:token", token: TOKEN });
  assert.equal(fate.value.challenge, "late.login");
});

test("popup: a challenge that cannot be had ends the log-in", async () => {
  const world = await browser();
  const cause = new TypeError("Failed to fetch");
  const fate = start(world, { challenge: () => Promise.reject(cause) });
  await settle();
  isFailure(world, fate, "answer_malformed");
  assert.equal(fate.value.cause, cause);
  assert.ok(world.popups[0].closed);
  isOver(world);
});

for (const challenge of ["", undefined, 5, () => Promise.resolve(null)]) {
  test(`popup: a challenge that is no text (${String(challenge)})`, async () => {
    const world = await browser();
    const fate = start(world, { challenge });
    await settle();
    isFailure(world, fate, "answer_malformed");
  });
}

test("popup: the portal's own CardLoginError passes through", async () => {
  const world = await browser();
  const own = new world.CardLoginError("challenge_refused", PROBLEM.meaning, PROBLEM.remedy);
  const fate = start(world, { challenge: () => Promise.reject(own) });
  await settle();
  assert.equal(fate.value, own);
});

const POPUPS = [61171, 61172, 61173].map((port) => `https://localhost:${port}/v1/popup#opened`);
const PLAIN_POPUPS = POPUPS.map((url) => url.replace("https:", "http:"));

test("popup: the ports are tried in order in one window, 1.5 s each", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(1_499);
  assert.deepEqual(world.popups[0].visited, POPUPS.slice(0, 1));
  await world.clock.tick(1_501);
  assert.deepEqual(world.popups[0].visited, POPUPS);
  await world.say(READY, { origin: "https://localhost:61173" });
  assert.equal(world.popups[0].posted[0].target, "https://localhost:61173");
  await world.clock.tick(60_000);
  await world.say({ type: "cardlogin:token", token: TOKEN }, { origin: "https://localhost:61173" });
  assert.equal(fate.state, "resolved");
  assert.ok(fate.value.tlsTrusted);
  assert.equal(world.popups.length, 1);
  isOver(world);
});

test("popup: an agent that is slow is asked again, with greater patience, before anybody is asked without TLS", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(3 * 1_500 + 3 * 2_500 - 1);
  assert.deepEqual(world.popups[0].visited, [...POPUPS, ...POPUPS]);
  await world.say(READY, { origin: `https://${OWN}:61173` });
  await world.say({ type: "cardlogin:token", token: TOKEN }, { origin: `https://${OWN}:61173` });
  assert.ok(fate.value.tlsTrusted);
  isOver(world);
});

test("popup: the only address there is goes on loading in the second round", async () => {
  const world = await browser();
  const fate = start(world, { ports: [61171], httpPort: 0 });
  await world.clock.tick(3_999);
  assert.equal(world.popups[0].visited.length, 1);
  await world.clock.tick(1);
  isFailure(world, fate, "agent_not_found");
  isOver(world);
});

test("agent_not_found: after the last port has not answered over plain HTTP either, the popup closes", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(3 * 1_500 + 6 * 2_500 - 1);
  assert.equal(fate.state, "pending");
  await world.clock.tick(1);
  isFailure(world, fate, "agent_not_found");
  assert.deepEqual(world.popups[0].visited, [...POPUPS, ...POPUPS, ...PLAIN_POPUPS]);
  assert.ok(world.popups[0].closed);
  isOver(world);
});

for (const origin of [
  `https://${OWN}:61172`, `https://${OWN}`, `http://${OWN}:61171`, `https://${OWN}.evil.example:61171`,
  `https://evil.localhost:61171`, `https://${OWN.toUpperCase()}:61171`, `https://x${OWN}:61171`, "http://localhost:61171",
  "https://127.0.0.1:61171", "https://localhost:61172", "null", "", "https://portal.example",
]) {
  test(`popup: ${origin || "nobody"} does not speak for the first port`, async () => {
    const world = await browser();
    start(world);
    await world.say(READY, { origin });
    assert.deepEqual(world.popups[0].posted, []);
  });
}

test("popup: the agent's page has a name of its own, and after it nobody else is listened to", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say(READY, { origin: `https://${OWN}:61171` });
  assert.equal(world.popups[0].posted[0].target, `https://${OWN}:61171`);
  for (const origin of ["https://localhost:61171", `https://${"1".repeat(32)}.localhost:61171`]) {
    await world.say({ type: "cardlogin:token", token: TOKEN }, { origin });
    assert.equal(fate.state, "pending");
  }
  await world.say({ type: "cardlogin:token", token: TOKEN }, { origin: `https://${OWN}:61171` });
  assert.equal(fate.state, "resolved");
});

test("popup: the port that was trusted is tried first the next time, and plain HTTP not at all", async () => {
  const kept = new Map();
  const world = await browser({ kept });
  const fate = start(world);
  await world.clock.tick(1_500);
  await world.say(READY, { origin: `https://${OWN}:61172` });
  await world.say({ type: "cardlogin:token", token: TOKEN }, { origin: `https://${OWN}:61172` });
  assert.equal(fate.state, "resolved");
  const later = await browser({ kept });
  const next = start(later);
  await later.clock.tick(3 * 1_500 + 3 * 2_500);
  const inOrder = [POPUPS[1], POPUPS[0], POPUPS[2]];
  assert.deepEqual(later.popups[0].visited, [...inOrder, ...inOrder]);
  isFailure(later, next, "agent_not_found");
});

for (const value of ["61174", "x", "-1", "https://evil.example", ""]) {
  test(`popup: what is kept leads nowhere but to a published port (${value})`, async () => {
    const world = await browser({ kept: new Map([["cardlogin:trusted", value]]) });
    start(world);
    assert.deepEqual(world.popups[0].visited, POPUPS.slice(0, 1));
  });
}

test("popup: other ports by setting, and nothing but numbers become an address", async () => {
  const world = await browser();
  start(world, { ports: ["61171@evil.example", -1, 70_000, 1.5, 9_443] });
  assert.deepEqual(world.popups[0].visited, ["https://localhost:9443/v1/popup#opened"]);
  isFailure(world, await settled(start(world, { ports: [] })), "agent_not_found");
});

test("popup: blocked", async () => {
  const world = await browser({ blocked: true });
  isFailure(world, await settled(start(world)), "popup_blocked");
  isOver(world);
});

test("popup: closed by the user", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say(READY);
  world.popups[0].closed = true;
  await world.clock.tick(750);
  isFailure(world, fate, "page_closed");
  isOver(world);
});

test("popup: closed by the user before it was ready is not sent to the next port", async () => {
  const world = await browser();
  const fate = start(world);
  await world.clock.tick(1_400);
  world.popups[0].closed = true;
  await world.clock.tick(1_000);
  isFailure(world, fate, "page_closed");
  assert.equal(world.popups[0].visited.length, 1);
});

test("popup: a token that was sent just before it closed itself is still heard", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say(READY);
  world.popups[0].closed = true;
  await world.clock.tick(260);
  await world.say({ type: "cardlogin:token", token: TOKEN });
  assert.equal(fate.state, "resolved");
  isOver(world);
});

test("popup: the page gives up, the agent is told and the popup closes", async () => {
  const world = await browser();
  const control = new AbortController();
  const fate = start(world, { signal: control.signal });
  await world.say(READY);
  control.abort();
  await settle();
  isFailure(world, fate, "page_closed");
  assert.deepEqual(world.popups[0].posted[1], { data: { type: "cardlogin:cancel" }, target: "https://localhost:61171" });
  assert.ok(world.popups[0].closed);
  isOver(world);
});

test("popup: the page gives up before the agent was ready", async () => {
  const world = await browser();
  const control = new AbortController();
  const fate = start(world, { signal: control.signal });
  control.abort();
  await settle();
  isFailure(world, fate, "page_closed");
  assert.deepEqual(world.popups[0].posted, []);
  assert.ok(world.popups[0].closed);
});

test("popup: a challenge that comes after the page has given up goes nowhere", async () => {
  const world = await browser();
  const control = new AbortController();
  let give;
  const fate = start(world, { signal: control.signal, challenge: () => new Promise((resolve) => (give = resolve)) });
  await world.say(READY);
  control.abort();
  give(CHALLENGE);
  isFailure(world, await settled(fate), "page_closed");
  assert.deepEqual(
    world.popups[0].posted.map(({ data }) => data.type),
    ["cardlogin:cancel"],
  );
});

test("nothing is opened for a page that has given up before", async () => {
  const world = await browser();
  isFailure(world, await settled(start(world, { signal: AbortSignal.abort() })), "page_closed");
  assert.deepEqual(world.popups, []);
});

test("popup: two at once do not hear each other", async () => {
  const world = await browser();
  const first = start(world);
  const second = start(world);
  await world.say(READY, { source: world.popups[1] });
  await world.say({ type: "cardlogin:token", token: TOKEN }, { source: world.popups[1] });
  assert.deepEqual([first.state, second.state], ["pending", "resolved"]);
});
