// What a browser sees of the way to a card log-in, one function for each check; each resolves with a result.

import { cutsOpeners, networkAccess, probe } from "../cardlogin/probe.js";
import { DATA, element, found, good, left, WORDS } from "./selftest_rows.js";

const { facts: FACTS, oldest: OLDEST } = DATA;
const PLACE = element("selftest").dataset;
export const PORTS = PLACE.agentPorts.split(",").map(Number);
export const HTTP_PORT = Number(PLACE.agentHttpPort);
const CLOCK_NOTE = 120; // seconds
const CLOCK_FAULT = 300;
// Where the policy of this page is in the way, a log-in leaves the page: whether that works, only a trial can tell.
const UNSEEN = ["permission_denied", "opener_cut"];
// By the words in which browsers call themselves; the more special ones first.
const KINDS = [["edge", /\bEdgA?\/(\d+)/], ["chromium", /(?:Chrome|CriOS)\/(\d+)/], ["firefox", /\b(?:Firefox|FxiOS)\/(\d+)/], ["safari", /\bVersion\/(\d+)\S* .*Safari\//]];

/** What the agent's own page is told of this one, and where the agent is: undefined before it was looked for. */
export const seen = { network_access: "unknown", popups: null, agent: undefined };
let opener = false; // whether the policy of this very page cuts pop-ups off

/** To be known before a click: whether that click has to open the component's window. */
export async function lookAhead() {
  seen.network_access = await networkAccess();
  opener = window.crossOriginIsolated || (await cutsOpeners(window.location.href));
}

const opensWindow = () => seen.network_access !== "granted" && !opener;

/** A browser lets a click open one window: the component's where it needs one, otherwise a small one of our own. */
export function inTheClick(checks) {
  const begun = {};
  if (checks.includes("popups") && !(checks.includes("daemon") && opensWindow())) begun.own = ownWindow();
  if (checks.includes("daemon")) begun.agent = probe({ ports: PORTS, httpPort: HTTP_PORT });
  begun.through = checks.includes("daemon") && opensWindow();
  return begun;
}

function ownWindow() {
  const { availLeft = 0, availTop = 0 } = window.screen;
  const opened = window.open("", "_blank", `popup,width=200,height=120,left=${availLeft},top=${availTop}`);
  opened?.close();
  return opened !== null;
}

export const CHECKS = { portal, clock, browser, network_access: access, popups, opener: policy, daemon };

async function portal() {
  return window.isSecureContext ? good() : found("page_insecure");
}

async function clock() {
  const sent = performance.now();
  let now;
  try {
    const answer = await fetch(PLACE.clockUrl, { cache: "no-store", credentials: "omit" });
    ({ now } = await answer.json());
  } catch {
    return found("portal_unreachable");
  }
  const offset = Math.round(Date.now() / 1000 - now - (performance.now() - sent) / 2000);
  const facts = [[FACTS.offset, String(offset)]];
  if (Math.abs(offset) > CLOCK_FAULT) return found("clock_wrong", facts);
  return Math.abs(offset) > CLOCK_NOTE ? found("clock_off", facts) : good(facts);
}

async function browser() {
  const [kind, form] = KINDS.find(([, form]) => form.test(navigator.userAgent)) ?? [];
  if (kind === undefined) return found("browser_unknown");
  const version = Number(form.exec(navigator.userAgent)[1]);
  const facts = [[FACTS.browser, `${kind} ${version}`]];
  return version < OLDEST[kind] ? found("browser_old", facts) : good(facts);
}

async function access() {
  seen.network_access = await networkAccess();
  const facts = [[FACTS.state, WORDS[seen.network_access]]];
  return seen.network_access === "denied" ? found("network_access_denied", facts) : good(facts);
}

async function popups({ own, through, agent }) {
  seen.popups = own ?? null;
  if (through) {
    const { code } = await agent;
    if (code === "opener_cut") return left();
    seen.popups = code !== "popup_blocked";
  }
  return seen.popups ? good() : found("popups_blocked");
}

async function policy() {
  return (await cutsOpeners(PLACE.loginUrl)) ? found("opener_cuts") : good();
}

async function daemon({ agent }) {
  const { code, port } = await agent;
  seen.network_access = await networkAccess(); // the person may have been asked meanwhile
  if (opener && UNSEEN.includes(code)) {
    seen.agent = { code: "", port: PORTS[0] };
    return left();
  }
  seen.agent = { code, port };
  const facts = port === undefined ? [] : [[FACTS.port, String(port)]];
  return code === "" ? good(facts) : found(code, facts);
}
