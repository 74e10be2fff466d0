// The JavaScript client: which way it takes, and the way by fetch; run by test_browser_client.py.

import assert from "node:assert/strict";
import test from "node:test";

import { answer, browser, settle } from "./browser_fakes.mjs";
import { CHALLENGE, TOKEN, PROBLEM, HELLO, GRANTED, start, isFailure, isOver, agentAt, settled } from "./client_parts.mjs";

// ---- which way

for (const [what, permissions, fetches] of [
  ["nothing known", {}, false],
  ["no permissions at all", null, false],
  ["to be asked", { "loopback-network": "prompt" }, false],
  ["denied", { "loopback-network": "denied" }, false],
  ["granted", GRANTED, true],
  ["granted by the old name", { "local-network-access": "granted" }, true],
  ["the new name counts before the old", { "loopback-network": "prompt", "local-network-access": "granted" }, false],
]) {
  test(`way: ${what}`, async () => {
    const world = await browser({ permissions, agent: agentAt(61171) });
    await settled(start(world));
    assert.equal(world.fetched.length > 0, fetches);
    assert.equal(world.popups.length, fetches ? 0 : 1);
  });
}

for (const hostname of ["localhost", "127.0.0.1", "[::1]"]) {
  test(`way: a page on ${hostname} is exempt`, async () => {
    const world = await browser({ hostname, agent: agentAt(61171) });
    const fate = await settled(start(world));
    assert.equal(fate.state, "resolved");
    assert.deepEqual(world.popups, []);
  });
}

test("way: a page on this computer is not asked about, so an agent on a later port is found", async () => {
  for (const state of ["prompt", "denied"]) {
    const permissions = { "loopback-network": state };
    const world = await browser({ hostname: "localhost", permissions, agent: agentAt(61173) });
    assert.equal((await settled(start(world))).state, "resolved");
  }
});

for (const hostname of ["localhost.evil.example", "127.0.0.1.evil.example", "portal.test"]) {
  test(`way: a page on ${hostname} is not`, async () => {
    const world = await browser({ hostname, agent: agentAt(61171) });
    start(world);
    assert.equal(world.popups.length, 1);
  });
}

test("way: a permission that changes is noticed", async () => {
  const world = await browser({ permissions: { "loopback-network": "prompt" }, agent: agentAt(61171) });
  world.change("loopback-network", "granted");
  assert.equal((await settled(start(world))).state, "resolved");
  world.change("loopback-network", "denied");
  start(world);
  assert.equal(world.popups.length, 1);
});

// ---- fetch

const WISH = { certificate: { policy: "2.16.886.101.0.3.3", subjectSerial: "123" }, pss: true };
const WIRE = { language: "zh-Hant", certificate: { issuer: "", policy: "2.16.886.101.0.3.3", subject_serial: "123" }, pss: true };

test("fetch: which certificates are wanted goes with the order", async () => {
  const world = await browser({ permissions: GRANTED, agent: agentAt(61171) });
  await settled(start(world, WISH));
  assert.deepEqual(JSON.parse(world.fetched[1].options.body), { challenge: CHALLENGE, ...WIRE });
});

test("popup: which certificates are wanted goes with the order", async () => {
  const world = await browser();
  start(world, WISH);
  await world.say({ type: "cardlogin:ready", protocol: 1, port: 61171 });
  assert.deepEqual(world.popups[0].posted[0].data, { type: "cardlogin:authenticate", challenge: CHALLENGE, ...WIRE });
});

test("fetch: a whole log-in", async () => {
  const world = await browser({ permissions: GRANTED, agent: agentAt(61171) });
  const fate = await settled(start(world, { language: "en" }));
  assert.deepEqual(fate.value, { challenge: CHALLENGE, token: TOKEN, tlsTrusted: true });
  const [hello, order] = world.fetched;
  assert.equal(hello.url, "https://localhost:61171/v1/hello");
  assert.equal(order.url, "https://localhost:61171/v1/authenticate");
  assert.equal(order.options.method, "POST");
  assert.deepEqual(order.options.headers, { "Content-Type": "application/json" });
  assert.deepEqual(JSON.parse(order.options.body), { challenge: CHALLENGE, language: "en" });
  for (const { options } of world.fetched) {
    assert.equal(options.credentials, "omit");
    assert.equal(options.redirect, "error");
    assert.ok(!("targetAddressSpace" in options));
  }
  isOver(world);
});

test("fetch: the agent is found on the last port", async () => {
  const world = await browser({ permissions: GRANTED, agent: agentAt(61173) });
  assert.equal((await settled(start(world))).state, "resolved");
  assert.deepEqual(
    world.fetched.map(({ url }) => url.slice(18)),
    ["61171/v1/hello", "61172/v1/hello", "61173/v1/hello", "61173/v1/authenticate"],
  );
});

test("fetch: a port that does not answer is left after 1.5 s", async () => {
  const silent = (url) => (url.includes("61173") ? agentAt(61173)(url) : new Promise(() => {}));
  const world = await browser({ permissions: GRANTED, agent: silent });
  const fate = start(world);
  await world.clock.tick(2_999);
  assert.equal(world.fetched.length, 2);
  await world.clock.tick(1);
  assert.equal(fate.state, "resolved");
});

test("fetch: an agent that was silent is asked again, with greater patience; one that refused is not", async () => {
  let asked = 0;
  const slow = (url) => {
    if (!url.startsWith("https://localhost:61172")) throw new TypeError("Failed to fetch");
    return (asked += 1) === 1 ? new Promise(() => {}) : agentAt(61172)(url);
  };
  const world = await browser({ permissions: GRANTED, agent: slow });
  const fate = await settled(start(world));
  await world.clock.tick(1_500);
  assert.equal((await settled(fate)).state, "resolved");
  assert.deepEqual(
    world.fetched.map(({ url }) => url.slice(18)),
    ["61171/v1/hello", "61172/v1/hello", "61173/v1/hello", "61172/v1/hello", "61172/v1/authenticate"],
  );
  isOver(world);
});

test("agent_not_found: fetch gives up after the second round", async () => {
  const world = await browser({ permissions: GRANTED, agent: () => new Promise(() => {}) });
  const fate = start(world);
  await world.clock.tick(3 * 1_500 + 3 * 2_500 - 1);
  assert.equal(fate.state, "pending");
  await world.clock.tick(1);
  isFailure(world, fate, "agent_not_found");
  assert.equal(world.fetched.length, 6);
  isOver(world);
});

test("fetch: nobody there, and no challenge is spent on it", async () => {
  const world = await browser({ permissions: GRANTED });
  let asked = 0;
  const fate = await settled(start(world, { challenge: async () => `${(asked += 1)}` }));
  isFailure(world, fate, "agent_not_found");
  assert.equal(asked, 0);
  assert.deepEqual(
    world.fetched.map(({ url }) => url),
    ["https", "http"].flatMap((scheme) => [61171, 61172, 61173].map((port) => `${scheme}://localhost:${port}/v1/hello`)),
  );
});

for (const hello of ["<html>", [], null, 5, { service: "other", protocol: 1 }, { service: "cardlogin", protocol: 2 }]) {
  test(`fetch: another program on the port (${JSON.stringify(hello)})`, async () => {
    const world = await browser({ permissions: GRANTED, agent: () => answer(hello) });
    isFailure(world, await settled(start(world)), "agent_not_found");
  });
}

test("fetch: no limit on the time a person takes", async () => {
  let give;
  const slow = (url) => (url.endsWith("hello") ? answer(HELLO) : new Promise((resolve) => (give = resolve)));
  const world = await browser({ permissions: GRANTED, agent: slow });
  const fate = await settled(start(world));
  await world.clock.tick(300_000);
  assert.equal(fate.state, "pending");
  give(answer(TOKEN));
  assert.equal((await settled(fate)).state, "resolved");
});

test("fetch: a problem document with the tries left", async () => {
  const world = await browser({ permissions: GRANTED, agent: agentAt(61171, PROBLEM, 403) });
  const fate = await settled(start(world));
  isFailure(world, fate, "pin_wrong");
  assert.equal(fate.value.triesLeft, 2);
});

for (const [what, reply, status] of [
  ["a page instead of a token", "<html>", 200],
  ["a page instead of a problem", "<html>", 500],
  ["a problem with status 200", PROBLEM, 200],
  ["a token with status 500", TOKEN, 500],
  ["an endless text", `"${"x".repeat(20_001)}"`, 200],
]) {
  test(`fetch: ${what}`, async () => {
    const world = await browser({ permissions: GRANTED, agent: agentAt(61171, reply, status) });
    isFailure(world, await settled(start(world)), "answer_malformed");
  });
}

test("fetch: the agent goes away while the person types", async () => {
  const leaving = (url) => (url.endsWith("hello") ? answer(HELLO) : Promise.reject(new TypeError("network")));
  const world = await browser({ permissions: GRANTED, agent: leaving });
  isFailure(world, await settled(start(world)), "agent_not_found");
});

for (const stage of ["hello", "authenticate"]) {
  test(`fetch: the page gives up during ${stage}`, async () => {
    const hanging = (url) => (url.endsWith(stage) ? new Promise(() => {}) : answer(HELLO));
    const world = await browser({ permissions: GRANTED, agent: hanging });
    const control = new AbortController();
    const fate = await settled(start(world, { signal: control.signal }));
    control.abort();
    isFailure(world, await settled(fate), "page_closed");
    assert.ok(world.fetched.at(-1).options.signal.aborted);
    isOver(world);
  });
}

test("fetch: the page gives up while the challenge is on its way", async () => {
  const world = await browser({ permissions: GRANTED, agent: agentAt(61171) });
  const control = new AbortController();
  let give;
  const fate = start(world, { signal: control.signal, challenge: () => new Promise((resolve) => (give = resolve)) });
  await settle();
  control.abort();
  give(CHALLENGE);
  isFailure(world, await settled(fate), "page_closed");
  assert.equal(world.fetched.length, 1);
});
