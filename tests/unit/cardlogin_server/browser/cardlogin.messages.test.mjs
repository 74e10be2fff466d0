// The JavaScript client and messages that are wrong or come from somebody else; run by test_browser_client.py.

import assert from "node:assert/strict";
import test from "node:test";

import { browser } from "./browser_fakes.mjs";
import { TOKEN, PROBLEM, READY, start, isFailure, isOver } from "./client_parts.mjs";

for (const [what, from] of [
  ["another window", { source: {} }],
  ["another origin", { origin: "https://evil.example" }],
  ["a port not being tried", { origin: "https://localhost:61172" }],
  ["another host with the port", { origin: "https://localhost.evil.example:61171" }],
  ["plain http", { origin: "http://localhost:61171" }],
  ["no origin", { origin: "null" }],
]) {
  test(`popup: messages of ${what} are ignored`, async () => {
    const world = await browser();
    const fate = start(world);
    await world.say(READY, from);
    await world.say({ type: "cardlogin:token", token: TOKEN }, from);
    await world.say({ type: "cardlogin:failure", problem: PROBLEM }, from);
    assert.equal(fate.state, "pending");
    assert.deepEqual(world.popups[0].posted, []);
  });
}

for (const data of [null, undefined, "cardlogin:ready", 5, {}, { type: "other" }, { type: ["cardlogin:ready"] }]) {
  test(`popup: other messages of the agent are ignored (${JSON.stringify(data)})`, async () => {
    const world = await browser();
    const fate = start(world);
    await world.say(data);
    assert.equal(fate.state, "pending");
    assert.deepEqual(world.popups[0].posted, []);
  });
}

test("popup: an agent of another protocol", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say({ type: "cardlogin:ready", protocol: 2 });
  isFailure(world, fate, "answer_malformed");
  assert.ok(world.popups[0].closed);
});

test("popup: a failure of the agent, with the tries left", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say(READY);
  await world.say({ type: "cardlogin:failure", problem: PROBLEM });
  isFailure(world, fate, "pin_wrong");
  assert.equal(fate.value.triesLeft, 2);
  assert.deepEqual(fate.value.meaning, PROBLEM.meaning);
  assert.deepEqual(fate.value.remedy, PROBLEM.remedy);
  isOver(world);
});

test("popup: a failure without tries has none", async () => {
  const world = await browser();
  const fate = start(world);
  await world.say({ type: "cardlogin:failure", problem: { ...PROBLEM, code: "no_card", tries_left: undefined } });
  isFailure(world, fate, "no_card");
  assert.ok(!("triesLeft" in fate.value));
});

for (const [what, change] of [
  ["a code that is no text", { code: 5 }],
  ["a code with other characters", { code: "<b>" }],
  ["no meaning", { meaning: undefined }],
  ["a meaning in one language", { meaning: { en: "x" } }],
  ["a meaning that is no text", { meaning: { "zh-Hant": {}, en: "x" } }],
  ["a remedy that is a text", { remedy: "x" }],
  ["an endless remedy", { remedy: { "zh-Hant": "長".repeat(1_001), en: "x" } }],
  ["tries as a text", { tries_left: "2" }],
  ["tries below nothing", { tries_left: -1 }],
  ["tries in parts", { tries_left: 1.5 }],
]) {
  test(`popup: a problem with ${what} is not used`, async () => {
    const world = await browser();
    const fate = start(world);
    await world.say({ type: "cardlogin:failure", problem: { ...PROBLEM, ...change } });
    isFailure(world, fate, "answer_malformed");
  });
}

for (const problem of [undefined, null, "x", 5, []]) {
  test(`popup: a problem that is none (${JSON.stringify(problem)})`, async () => {
    const world = await browser();
    const fate = start(world);
    await world.say({ type: "cardlogin:failure", problem });
    isFailure(world, fate, "answer_malformed");
  });
}

const { appVersion: _, ...fourFields } = TOKEN;
for (const [what, token] of [
  ["missing", undefined],
  ["null", null],
  ["a text", JSON.stringify(TOKEN)],
  ["one field short", fourFields],
  ["one field too long", { ...TOKEN, extra: "x" }],
  ["a field of another type", { ...TOKEN, signature: 5 }],
  ["an empty field", { ...TOKEN, signature: "" }],
  ["a field beyond measure", { ...TOKEN, signature: "x".repeat(20_001) }],
]) {
  test(`popup: a token that is ${what}`, async () => {
    const world = await browser();
    const fate = start(world);
    await world.say(READY);
    await world.say({ type: "cardlogin:token", token });
    isFailure(world, fate, "answer_malformed");
    isOver(world);
  });
}

const POLLUTING = [
  '{"__proto__": {"polluted": 1}}',
  '{"constructor": {"prototype": {"polluted": 1}}}',
  '{"prototype": {"polluted": 1}}',
];

for (const text of POLLUTING) {
  test(`popup: ${text} in a message, a problem or a token reaches no other object`, async () => {
    const hostile = () => JSON.parse(text);
    for (const message of [
      { ...READY, ...hostile() },
      { type: "cardlogin:failure", problem: Object.assign(hostile(), { code: "__proto__", meaning: hostile() }) },
      { type: "cardlogin:token", token: Object.assign(hostile(), { format: "constructor" }) },
      hostile(),
    ]) {
      const world = await browser();
      start(world);
      if (message.type !== READY.type) await world.say(READY);
      await world.say(message);
      assert.equal({}.polluted, undefined);
      assert.equal(Object.prototype.polluted, undefined);
      assert.equal((() => {}).polluted, undefined);
    }
  });
}
