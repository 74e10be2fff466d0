// The page of the self-test: runs the checks when a person clicks, then leads on to the component's page or the trial.

import { CHECKS, HTTP_PORT, inTheClick, lookAhead, seen } from "./selftest_checks.js";
import { count, element, fill, left, rows, showResult, showWaiting, WORDS } from "./selftest_rows.js";
import { returned, tryOut } from "./selftest_trial.js";

const ALL = rows().map((row) => row.dataset.check);
const CANCELLED = new Set(["user_cancelled", "page_closed"]);
// What comes back with a report belongs to the tab that has asked for it.
const STATE = "selftest-state";
let running = false;
let attempt = null;

function say(text, isGood = false) {
  element("state").textContent = text;
  element("state").classList.toggle("good", isGood);
}

async function run(checks) {
  if (running) return;
  const begun = inTheClick(checks); // before anything is awaited
  begin();
  for (const check of checks) showWaiting(check);
  try {
    for (const [n, check] of checks.entries()) {
      showProgress(n, checks.length, begun.through && ["popups", "daemon"].includes(check));
      showResult(check, await CHECKS[check](begun));
    }
  } finally {
    end();
  }
}

function showProgress(n, m, looking) {
  const bar = element("progress");
  [bar.hidden, bar.max, bar.value] = [false, m, n];
  say(fill(looking ? WORDS.looking : WORDS.progress, { n, m }));
}

function summarise() {
  const [faults, notes] = [count("fail"), count("warn")];
  if (faults > 0) say(fill(WORDS.faults, { n: faults }));
  else if (notes > 0) say(fill(WORDS.notes, { n: notes }), true);
  else say(WORDS.good, true);
}

// Pressing is passed over while a run is under way; a button that cannot be pressed at all would lose the focus.
const runners = () => document.querySelectorAll("#start, #trial, #continue, .act button");

function begin() {
  running = true;
  for (const button of runners()) button.setAttribute("aria-disabled", "true");
}

function end() {
  running = false;
  element("progress").hidden = true;
  for (const button of runners()) button.removeAttribute("aria-disabled");
  if (seen.agent !== undefined) showWays(seen.agent);
  summarise();
}

function showWays({ port }) {
  element("start").textContent = WORDS.again;
  element("onward").hidden = false;
  for (const id of ["way-agent", "way-trial"]) element(id).hidden = port === undefined;
  element("way-install").hidden = port !== undefined;
}

function goOn() {
  if (running) return;
  const { code, port } = seen.agent;
  const state = crypto.randomUUID();
  sessionStorage.setItem(STATE, state);
  const { network_access, popups } = seen;
  const asked = new URLSearchParams({
    return_to: window.location.origin + element("selftest").dataset.returnUrl,
    language: document.documentElement.lang,
    state,
    seen: JSON.stringify({ network_access, popups }),
  });
  const agent = code === "tls_not_trusted" ? `http://localhost:${HTTP_PORT}` : `https://localhost:${port}`;
  window.location.assign(`${agent}/selftest#${asked}`);
}

async function showTrial(ask) {
  begin();
  element("trial-row").hidden = false;
  element("trial-cancel").hidden = false;
  showWaiting("account");
  say(WORDS.pin);
  let cancelled = false;
  try {
    const result = await ask;
    cancelled = CANCELLED.has(result.code);
    showResult("account", cancelled ? left() : result);
  } finally {
    element("trial-cancel").hidden = true;
    end();
  }
  if (cancelled) say(WORDS.cancelled);
}

const sending = () => say(WORDS.sending);

function startTrial() {
  if (running) return undefined;
  attempt = new AbortController();
  return showTrial(tryOut(attempt.signal, sending)); // in the click, too
}

function listen() {
  element("start").addEventListener("click", () => run(ALL));
  for (const row of rows()) row.querySelector("button").addEventListener("click", () => run([row.dataset.check]));
  document.querySelector("#trial-row button").addEventListener("click", startTrial);
  element("trial").addEventListener("click", startTrial);
  element("trial-cancel").addEventListener("click", () => attempt?.abort());
  element("continue").addEventListener("click", goOn);
  element("print").addEventListener("click", () => window.print());
}

await lookAhead().catch(() => {});
listen();
const back = returned(sending);
if (back) showTrial(back);
element("start").disabled = false;
