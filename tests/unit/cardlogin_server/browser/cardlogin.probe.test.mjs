// The look at the component without a log-in: probe.js, which goes the very way of the client; run by
// test_browser_client.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { pathToFileURL } from "node:url";

import { answer, browser, follow, settle } from "./browser_fakes.mjs";
import { agentAt, GRANTED, HELLO, isOver, OWN, READY, settled } from "./client_parts.mjs";

const client = pathToFileURL(process.env.CARDLOGIN_CLIENT);
const source = readFileSync(new URL("probe.js", client), "utf8");
const ROUNDS = 3 * 1_500 + 3 * 2_500; // ms: three ports have not answered over TLS

/** probe.js around the client of this world; the client itself is loaded anew for each. */
async function probeIn(world) {
  globalThis.clientUnderTest = world;
  const own = source
    .replace("./addresses.js", new URL("addresses.js", client).href)
    .replace(/^import (.*) from "\.\/cardlogin\.js";$/m, "const $1 = globalThis.clientUnderTest;");
  return import(`data:text/javascript,${encodeURIComponent(own)}//${Math.random()}`);
}

async function begin(options, where) {
  const world = await browser(options);
  const { probe } = await probeIn(world);
  return { world, fate: follow(probe(where)) };
}

test("probe by fetch: the component is there, and is asked for nothing but hello", async () => {
  const { world, fate } = await begin({ permissions: GRANTED, agent: agentAt(61172) });
  assert.deepEqual((await settled(fate)).value, { code: "", port: 61172 });
  assert.ok(world.fetched.every(({ url }) => url.endsWith("/v1/hello")));
  assert.equal(world.popups.length, 0);
  isOver(world);
});

test("probe by fetch: nobody is there", async () => {
  const { world, fate } = await begin({ permissions: GRANTED });
  assert.deepEqual((await settled(fate)).value, { code: "agent_not_found" });
  isOver(world);
});

test("probe by fetch: TLS is not trusted, also where it was before", async () => {
  const agent = (url) => {
    if (url.startsWith("http:")) return answer(HELLO);
    throw new TypeError("Failed to fetch");
  };
  const kept = new Map([["cardlogin:trusted", "61171"]]);
  const { fate } = await begin({ permissions: GRANTED, agent, blocked: true, kept });
  assert.deepEqual((await settled(fate)).value, { code: "tls_not_trusted" });
});

test("probe by popup: opened in the call itself, closed again, and never given an order", async () => {
  const { world, fate } = await begin();
  assert.equal(world.popups.length, 1);
  await world.say(READY);
  assert.deepEqual(fate.value, { code: "", port: 61171 });
  assert.ok(world.popups[0].closed);
  assert.deepEqual(world.popups[0].posted.map(({ data }) => data.type), ["cardlogin:cancel"]);
  isOver(world);
});

test("probe by popup: over plain HTTP only", async () => {
  const { world, fate } = await begin();
  await world.clock.tick(ROUNDS);
  await world.say(READY, { origin: `http://${OWN}:61170` });
  assert.deepEqual(fate.value, { code: "tls_not_trusted", port: 61170 });
});

test("probe by popup: blocked, cut, or nobody is there", async () => {
  assert.deepEqual((await settled((await begin({ blocked: true })).fate)).value, { code: "popup_blocked" });
  assert.equal((await settled((await begin({ isolated: true })).fate)).value.code, "opener_cut");
  const { world, fate } = await begin();
  await world.clock.tick(60_000);
  assert.deepEqual(fate.value, { code: "agent_not_found" });
  isOver(world);
});

test("permission: by either name, exempt on this computer, unknown elsewhere", async () => {
  const states = [];
  for (const options of [
    { permissions: GRANTED }, { permissions: { "local-network-access": "denied" } }, { hostname: "localhost" }, {},
  ]) {
    const { networkAccess } = await probeIn(await browser(options));
    states.push(await networkAccess());
  }
  await settle();
  assert.deepEqual(states, ["granted", "denied", "granted", "unknown"]);
});
