// Asks the card log-in component on this computer for a token: by fetch where the browser allows it, by a popup where it
// does not, and by leaving the page and coming back where the page's opener policy cuts popups off.

import { addresses, cutsOpeners, onLoopback, PERMISSIONS, rememberTrust, speaksFor } from "./addresses.js";
import { LANGUAGES, TEXTS } from "./messages.js";

const PORTS = [61171, 61172, 61173];
const HTTP_PORT = 61170; // popups without TLS, for browsers that do not trust the component's certificate; 0: none
const RETURN = "/.well-known/cardlogin-return"; // the one path of a site that takes answers of a navigation
const PATIENCE = 1500; // ms for one address to answer
const SECOND_PATIENCE = 2500; // ms for the same in the second round: a slow component is not an absent one
const LONG_PATIENCE = 60000; // ms for a person to answer the browser's own question first
const SLOWEST_REFUSAL = 3000; // ms; no system takes longer to say that nobody is there (Windows: two seconds)
const LONGEST_ORDER = 600000; // ms; the component's page waits no longer
const WATCH = 250; // ms between looks at whether the popup is still open
const LAST_WORDS = 500; // ms for an answer that was sent just before the popup closed itself
const LONGEST_ANSWER = 20000; // characters
const TOKEN_FIELDS = ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion"];
const PENDING = "cardlogin:pending"; // what a page that was left for a navigation has to know again

/** Why a log-in did not come about: a stable code, and plain texts (never HTML) in every language. */
export class CardLoginError extends Error {
  constructor(code, meaning, remedy, triesLeft, cause) {
    super(meaning.en, cause === undefined ? undefined : { cause });
    this.name = "CardLoginError";
    this.code = code;
    this.meaning = meaning;
    this.remedy = remedy;
    if (triesLeft !== undefined) this.triesLeft = triesLeft;
  }
}

function failure(code, cause) {
  const { meaning, remedy } = TEXTS[code];
  return new CardLoginError(code, { ...meaning }, { ...remedy }, undefined, cause);
}

// Opening a window must happen in the click itself, so what decides about it is asked for ahead and then only looked up.
let permission;
let openersAreCut = false;

async function lookAhead() {
  await watchPermission();
  // The opener policy of a page in a frame is not in force.
  const framed = window.top !== window.self;
  if (permission?.state !== "granted" && !onLoopback() && !framed) openersAreCut = await cutsOpeners(window.location.href);
}

async function watchPermission() {
  for (const name of PERMISSIONS) {
    try {
      permission = await navigator.permissions.query({ name });
      return;
    } catch {
      // This browser does not know the name.
    }
  }
}

lookAhead().catch(() => {}); // a page that is no page; whoever clicks there is told

/** Resolves with {challenge, token, tlsTrusted}; must be called in the click. Every rejection is a CardLoginError. */
export async function authenticate({
  challenge, language, certificate, pss, ports = PORTS, httpPort = HTTP_PORT, returnTo, signal, looks,
}) {
  const control = new AbortController();
  const giveUp = () => control.abort(failure("page_closed"));
  if (signal?.aborted) throw failure("page_closed");
  signal?.addEventListener("abort", giveUp);
  const timer = setTimeout(() => control.abort(failure("timed_out")), LONGEST_ORDER);
  let text;
  const order = {
    challenge: () => (text ??= orAborted(looks ? new Promise(() => {}) : obtain(challenge), control.signal)),
    wish: wishOf(language, certificate, pss),
    returnTo,
    signal: control.signal,
    looks,
    ...addresses(ports, httpPort, looks),
  };
  try {
    if (order.origins.length === 0) throw failure("agent_not_found");
    if (permission?.state === "granted" || onLoopback()) return await byFetch(order);
    return await byPopup(order);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

// What is asked beside the challenge, in the agent's words.
function wishOf(language, certificate, pss) {
  const wish = { language: known(language || document.documentElement.lang) };
  if (certificate) {
    const { issuer = "", policy = "", subjectSerial = "" } = certificate;
    wish.certificate = { issuer, policy, subject_serial: subjectSerial };
  }
  if (pss) wish.pss = true;
  return wish;
}

// The language with a catalogue that fits best; the first one where nothing fits.
function known(wanted) {
  const [tag, primary] = [wanted.toLowerCase(), wanted.toLowerCase().split("-")[0]];
  const fits = (language) => language.toLowerCase().split("-")[0] === primary;
  return LANGUAGES.find((language) => language.toLowerCase() === tag) ?? LANGUAGES.find(fits) ?? LANGUAGES[0];
}

async function obtain(challenge) {
  let text;
  try {
    text = typeof challenge === "function" ? await challenge() : challenge;
  } catch (cause) {
    throw cause instanceof CardLoginError ? cause : failure("answer_malformed", cause);
  }
  if (typeof text !== "string" || text === "") throw failure("answer_malformed");
  return text;
}

function orAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

// ---- by fetch

async function byFetch(order) {
  const { origin, slow } = await findAgent(order.origins, order.signal);
  if (origin === undefined && slow) throw failure("agent_not_found");
  if (origin === undefined) return unreachable(order);
  order.looks?.(origin);
  const text = await order.challenge();
  const answer = await send(`${origin}/v1/authenticate`, order.signal, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ challenge: text, ...order.wish }),
  });
  if (!answer.ok) throw failureFrom(answer.body);
  rememberTrust(origin);
  return { challenge: text, token: tokenFrom(answer.body), tlsTrusted: true };
}

// In turn; those that were silent, but did not refuse, are asked once more with greater patience. `slow` says whether
// some were silent then, too.
async function findAgent(origins, signal) {
  const [silent, slow] = [[], []];
  const found = await askAll(origins, signal, PATIENCE, silent);
  return { origin: found ?? (await askAll(silent, signal, SECOND_PATIENCE, slow)), slow: slow.length > 0 };
}

async function askAll(origins, signal, patience, silent) {
  for (const origin of origins) {
    const asks = permission?.state === "prompt" && !onLoopback(); // the browser asks the person first
    let late = false;
    const timer = asks && setTimeout(() => (late = true), SLOWEST_REFUSAL);
    try {
      const { ok, body } = await send(`${origin}/v1/hello`, signal, {}, asks ? LONG_PATIENCE : patience);
      if (ok && body?.service === "cardlogin" && body.protocol === 1) return origin;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error.cause?.name === "AbortError") silent.push(origin);
    } finally {
      clearTimeout(timer);
    }
    // The person said no, or nothing. Where nobody answers or TLS is not trusted, the browser may never have asked.
    const { state } = permission ?? {};
    const refused = state === "denied" || (late && state === "prompt");
    if (refused && !onLoopback()) throw failure("permission_denied");
  }
  return undefined;
}

// Every port has refused TLS. If one answers over plain HTTP, it is the trust that is missing, and a popup still works:
// the click is a moment ago, which is soon enough for the browser.
async function unreachable(order) {
  const { origin } = await findAgent(order.plain, order.signal);
  if (origin === undefined) throw failure("agent_not_found");
  try {
    return await popup(order, [], [origin]);
  } catch (error) {
    throw ["popup_blocked", "opener_cut"].includes(error.code) ? failure("tls_not_trusted", error) : error;
  }
}

async function send(url, signal, options, patience) {
  const control = new AbortController();
  const stop = () => control.abort();
  signal.addEventListener("abort", stop);
  const timer = patience && setTimeout(stop, patience);
  try {
    const fixed = { credentials: "omit", cache: "no-store", redirect: "error", signal: control.signal };
    const response = await fetch(url, { ...options, ...fixed });
    return { ok: response.status === 200, body: parse(await response.text()) };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw cause instanceof CardLoginError ? cause : failure("agent_not_found", cause);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function parse(text) {
  if (typeof text !== "string" || text.length > LONGEST_ANSWER) throw failure("answer_malformed");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure("answer_malformed", cause);
  }
}

// ---- by popup

async function byPopup(order) {
  try {
    // A popup that a page's own opener policy has cut off looks closed to it from the first moment, and nobody can close
    // one that shows a certificate warning: so none is opened where the policy is known in time.
    if (window.crossOriginIsolated || openersAreCut) throw failure("opener_cut");
    return await popup(order, order.origins, order.plain);
  } catch (error) {
    if (error.code !== "opener_cut") throw error;
    return withoutOpener(order, error);
  }
}

// The addresses are tried in turn in one window, because a page cannot see whether a popup's address is slow, absent or
// not trusted; a person sees one click and one window. All over TLS twice, the second time with greater patience, because
// plain HTTP is not for those who are slow; and then at the same ports, so not for those who are absent either.
function popup(order, secure, plain) {
  const { wish, signal } = order;
  const turnsOf = (origins, patience) => origins.map((origin) => ({ origin, patience }));
  const turns = [...turnsOf(secure, PATIENCE), ...turnsOf(secure, SECOND_PATIENCE), ...turnsOf(plain, SECOND_PATIENCE)];
  const popup = window.open(popupAddress(turns[0].origin), "_blank", popupFeatures());
  if (!popup) throw failure("popup_blocked");

  return new Promise((resolve, reject) => {
    const text = order.challenge();
    let agent; // the origin of its page, once that has said that it is there
    let over = false;
    let waiting = setTimeout(next, turns[0].patience);
    let lastWords;
    const watch = setInterval(look, WATCH);
    const leave = () => cancel(failure("page_closed"));
    const stop = () => cancel(signal.reason);
    window.addEventListener("message", hear);
    window.addEventListener("pagehide", leave);
    signal.addEventListener("abort", stop);
    text.catch(cancel);

    function end(settle, value) {
      over = true;
      clearTimeout(waiting);
      clearTimeout(lastWords);
      clearInterval(watch);
      window.removeEventListener("message", hear);
      window.removeEventListener("pagehide", leave);
      signal.removeEventListener("abort", stop);
      settle(value);
    }

    function cancel(reason) {
      if (over) return;
      if (agent) popup.postMessage({ type: "cardlogin:cancel" }, agent);
      popup.close();
      end(reject, reason);
    }

    function next() {
      if (popup.closed) return; // look() says so in a moment
      const before = turns.shift().origin;
      if (turns.length === 0) return cancel(failure("agent_not_found"));
      const { origin, patience } = turns[0];
      // The only address there is goes on loading: it would not be loaded anew.
      if (origin !== before) popup.location.replace(popupAddress(origin));
      waiting = setTimeout(next, patience);
    }

    function look() {
      if (!popup.closed) return;
      clearInterval(watch);
      clearTimeout(waiting);
      lastWords = setTimeout(closed, LAST_WORDS);
    }

    async function closed() {
      let code = "page_closed";
      // Under same-origin-allow-popups, Firefox cuts a popup off when it leaves a certificate warning.
      if (!agent && plain.includes(turns[0].origin)) code = "tls_not_trusted";
      else if (!agent && (await cutsOpeners(window.location.href))) code = "opener_cut";
      if (!over) end(reject, failure(code));
    }

    function hear({ source, origin, data }) {
      if (source !== popup || !isAgent(origin)) return;
      if (data?.type === "cardlogin:ready") ready(data, origin);
      else if (data?.type === "cardlogin:token") finish(() => tokenFrom(data.token));
      else if (data?.type === "cardlogin:failure") end(reject, failureFrom(data.problem));
    }

    function isAgent(origin) {
      return agent === undefined ? speaksFor(turns[0].origin, origin, order.httpPort) : origin === agent;
    }

    function ready({ protocol }, origin) {
      clearTimeout(waiting);
      if (protocol !== 1) return cancel(failure("answer_malformed"));
      agent = origin;
      rememberTrust(agent);
      order.looks?.(agent);
      // On this line we answer for as long as this page is there: a crash tells the popup nothing else.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => port1.postMessage("");
      const post = (value) =>
        over || popup.postMessage({ type: "cardlogin:authenticate", ...wish, challenge: value }, agent, [port2]);
      text.then(post, () => {}); // a failure has already ended it above
    }

    async function finish(read) {
      try {
        const token = read();
        end(resolve, { challenge: await text, token, tlsTrusted: agent.startsWith("https:") });
      } catch (error) {
        end(reject, error);
      }
    }
  });
}

const popupAddress = (origin) => `${origin}/v1/popup#opened`;

// In the corner of the screen, where it does not cover the PIN window, which opens in the middle.
function popupFeatures() {
  const { availLeft = 0, availTop = 0 } = window.screen;
  return `popup,width=420,height=260,left=${availLeft},top=${availTop}`;
}

// ---- by navigation

// Without an address to come back to, fetch is left: the browser asks the person for the permission.
async function withoutOpener(order, cut) {
  const address = returnAddress(order.returnTo);
  if (address) return leaveFor(address, order);
  if (permission?.state === "denied") throw failure("permission_denied", cut);
  try {
    return await byFetch(order);
  } catch (error) {
    throw error.code === "agent_not_found" && !permission ? cut : error;
  }
}

// What a page keeps while it is left belongs to its origin, so it can only come back to that.
function returnAddress(returnTo) {
  try {
    const address = window.location.origin + RETURN;
    return returnTo && new URL(returnTo, window.location.href).href === address ? address : undefined;
  } catch {
    return undefined;
  }
}

async function leaveFor(address, { challenge, wish, origins, signal }) {
  const text = await challenge();
  const state = crypto.randomUUID();
  try {
    sessionStorage.setItem(PENDING, JSON.stringify({ state, challenge: text }));
  } catch (cause) {
    throw failure("opener_cut", cause);
  }
  const asked = new URLSearchParams({ return_to: address, challenge: text, language: wish.language, state });
  if (wish.certificate) asked.set("certificate", JSON.stringify(wish.certificate));
  if (wish.pss) asked.set("pss", "true");
  window.location.assign(`${origins[0]}/v1/go#${asked}`);
  return shownAgain(signal); // the page is on its way out
}

// A page that the browser has kept is shown again as it was left. One that gives up before has not left.
function shownAgain(signal) {
  return new Promise((_, reject) => {
    const stop = () => {
      window.removeEventListener("pageshow", show);
      const unfinished = unfinishedNavigation();
      reject(signal.aborted ? signal.reason : unfinished ?? failure("page_closed"));
    };
    const show = ({ persisted }) => persisted && stop();
    window.addEventListener("pageshow", show);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * The CardLoginError of a navigation that this tab has begun and that never came back, else undefined; told once. A
 * browser tells no page why an address did not answer: the person comes back from the browser's own error page.
 */
export function unfinishedNavigation() {
  try {
    const left = sessionStorage.getItem(PENDING) !== null;
    sessionStorage.removeItem(PENDING);
    return left ? failure("navigation_unfinished") : undefined;
  } catch {
    return undefined; // a page that can keep nothing was never left
  }
}

/**
 * The end of a navigation, on a page of the same origin and in the same tab: resolves with {challenge, token,
 * tlsTrusted} for the fields {token, failure, state} that were posted to `returnTo`. Good once.
 */
export async function completeNavigation({ token, failure: refused, state }) {
  const pending = parse(sessionStorage.getItem(PENDING));
  sessionStorage.removeItem(PENDING);
  if (pending?.state !== state) throw failure("answer_malformed");
  if (!token) throw failureFrom(parse(refused));
  return { challenge: pending.challenge, token: tokenFrom(parse(token)), tlsTrusted: true };
}

// ---- what the agent answers is checked before anybody uses it

const isField = (value) => typeof value === "string" && value !== "" && value.length <= LONGEST_ANSWER;
const isText = (value) => typeof value === "string" && value !== "" && value.length <= 1000;
const areTexts = (value) => isText(value?.["zh-Hant"]) && isText(value.en); // an agent may know more languages, or fewer
const textsFrom = (value) =>
  Object.fromEntries(LANGUAGES.filter((language) => isText(value[language])).map((language) => [language, value[language]]));

function tokenFrom(value) {
  const whole = TOKEN_FIELDS.every((name) => isField(value?.[name]));
  if (!whole || Object.keys(value).length !== TOKEN_FIELDS.length) throw failure("answer_malformed");
  return Object.fromEntries(TOKEN_FIELDS.map((name) => [name, value[name]]));
}

function failureFrom(problem) {
  const tries = problem?.tries_left;
  const known = typeof problem?.code === "string" && /^[a-z][a-z_]{1,39}$/.test(problem.code);
  const counted = tries === undefined || tries === null || (Number.isInteger(tries) && tries >= 0 && tries < 100);
  if (!known || !counted || !areTexts(problem.meaning) || !areTexts(problem.remedy)) return failure("answer_malformed");
  return new CardLoginError(problem.code, textsFrom(problem.meaning), textsFrom(problem.remedy), tries ?? undefined);
}
