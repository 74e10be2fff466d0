// What the tests of the JavaScript client share: good messages, and looks at an outcome.

import assert from "node:assert/strict";

import { answer, follow, settle } from "./browser_fakes.mjs";

export const CHALLENGE = `${"A".repeat(43)}=.login`;
export const TOKEN = {
  unverifiedCertificate: "MIIC",
  algorithm: "RS256",
  signature: "c2ln",
  format: "web-eid:1.0",
  appVersion: "https://cardlogin.example/0.1.0",
};
export const PROBLEM = {
  type: "about:blank",
  title: "PIN wrong",
  status: 403,
  code: "pin_wrong",
  meaning: { "zh-Hant": "PIN 碼錯誤。", en: "The PIN is wrong." },
  remedy: { "zh-Hant": "請再試一次。", en: "Try again." },
  tries_left: 2,
};
export const HELLO = { service: "cardlogin", protocol: 1 };
export const READY = { type: "cardlogin:ready", protocol: 1 };
export const OWN = `${"0123456789abcdef".repeat(2)}.localhost`; // the name that an agent has made up for its pages
export const GRANTED = { "loopback-network": "granted" };

export const start = (world, more = {}) => follow(world.authenticate({ challenge: CHALLENGE, ...more }));

/** The promise was rejected with that code, and words in both languages. */
export function isFailure(world, fate, code) {
  assert.equal(fate.state, "rejected");
  assert.ok(fate.value instanceof world.CardLoginError);
  assert.ok(fate.value instanceof Error);
  assert.equal(fate.value.code, code);
  for (const text of [fate.value.meaning, fate.value.remedy]) {
    assert.match(text["zh-Hant"], /[\u4e00-\u9fff].*。$/u);
    assert.match(text.en, /^[ -~]+\.$/);
  }
}

/** Nothing is left behind: no listener, no timer. */
export function isOver(world) {
  assert.equal(world.listeners.size, 0);
  assert.equal(world.clock.jobs.size, 0);
}

export const agentAt = (port, reply = TOKEN, status = 200) => (url) => {
  if (!url.startsWith(`https://localhost:${port}/`)) throw new TypeError("Failed to fetch");
  return url.endsWith("/v1/hello") ? answer(HELLO) : answer(reply, status);
};

/** The same fate, after everything that is ready has run. */
export const settled = async (fate) => {
  await settle();
  return fate;
};
