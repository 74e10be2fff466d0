// Runs the example of the browser client's README in a page by hand, with an agent and a portal that say what they are
// told to (JSON in the environment); prints what the example sent and showed.

import { writeFileSync } from "node:fs";

import { browser, settle } from "./browser_fakes.mjs";
import { GRANTED, agentAt } from "./client_parts.mjs";

const { challenge, token, refusal, lang } = JSON.parse(process.env.README_PAGE);
const world = await browser({ permissions: GRANTED, agent: agentAt(61171, token), lang });
const { fetch: fetchOfAgent } = globalThis;
const sent = [];
globalThis.fetch = async (url, options) => {
  if (!url.startsWith("/")) return fetchOfAgent(url, options);
  sent.push({ url, ...options });
  const body = url === "/card/challenge" ? { challenge } : refusal;
  return { ok: !refusal || body !== refusal, json: async () => body };
};
let click;
globalThis.button = { addEventListener: (type, listener) => type === "click" && (click = listener) };
globalThis.message = {};
await import(process.env.README_EXAMPLE);
await settle();
click();
await settle();
await settle();
writeFileSync(1, JSON.stringify({ sent, shown: message.textContent, asked: JSON.parse(world.fetched[1].options.body) }));
