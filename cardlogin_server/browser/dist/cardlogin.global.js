// Made from cardlogin.js, addresses.js and messages.js by build.mjs; not to be changed by hand.
var CardLogin = (() => {
"use strict";
// Made by ./dev messages from browser_failures.py and its catalogues; not to be changed by hand.

const LANGUAGES = ["zh-Hant", "en"];

const TEXTS = {
  agent_not_found: {
    meaning: {"zh-Hant": "憑證登入元件沒有回應，可能尚未安裝或尚未啟動。", "en": "The card log-in component does not answer; it may not be installed or not started."},
    remedy: {"zh-Hant": "請安裝或啟動憑證登入元件，再按一次憑證登入。", "en": "Install or start the card log-in component, then try again."},
  },
  tls_not_trusted: {
    meaning: {"zh-Hant": "瀏覽器不信任憑證登入元件的本機憑證。", "en": "The browser does not trust the local certificate of the card log-in component."},
    remedy: {"zh-Hant": "請修復元件的憑證信任並重新啟動瀏覽器，再試一次。", "en": "Repair the component's certificate trust, restart the browser and try again."},
  },
  permission_denied: {
    meaning: {"zh-Hant": "瀏覽器不允許本網站連線到這台電腦上的程式。", "en": "The browser does not allow this site to reach programs on this computer."},
    remedy: {"zh-Hant": "請在瀏覽器的網站設定允許存取本機應用程式，再試一次。", "en": "Allow access to apps on this device in the browser's site settings, then try again."},
  },
  popup_blocked: {
    meaning: {"zh-Hant": "瀏覽器封鎖了登入視窗。", "en": "The browser blocked the log-in window."},
    remedy: {"zh-Hant": "請在網址列允許本網站開啟彈出式視窗，再按一次憑證登入。", "en": "Allow pop-ups for this site in the address bar, then try again."},
  },
  opener_cut: {
    meaning: {"zh-Hant": "本網站的安全設定使登入視窗無法回覆。", "en": "This site's security settings keep the log-in window from answering."},
    remedy: {"zh-Hant": "請改用其他登入方式，或改用其他瀏覽器。", "en": "Use another way to log in, or another browser."},
  },
  navigation_unfinished: {
    meaning: {"zh-Hant": "登入沒有完成：憑證登入元件沒有回應，或您離開了它的頁面。", "en": "The log-in was not completed: the card log-in component did not answer, or you left its page."},
    remedy: {"zh-Hant": "請確認憑證登入元件已安裝並執行、瀏覽器信任其本機憑證，再按一次憑證登入。", "en": "Check that the card log-in component is installed, running and trusted by this browser, then try again."},
  },
  page_closed: {
    meaning: {"zh-Hant": "登入視窗在完成前關閉了，沒有登入。", "en": "The log-in window was closed before the log-in was complete."},
    remedy: {"zh-Hant": "需要登入時，請再按一次憑證登入。", "en": "Start the card log-in again when you want to log in."},
  },
  timed_out: {
    meaning: {"zh-Hant": "等候登入完成逾時。", "en": "The log-in was not completed in time."},
    remedy: {"zh-Hant": "請再按一次憑證登入。", "en": "Start the card log-in again."},
  },
  answer_malformed: {
    meaning: {"zh-Hant": "收到的回覆不完整或格式不正確。", "en": "The answer received is incomplete or malformed."},
    remedy: {"zh-Hant": "請重新整理頁面後再試一次。", "en": "Reload the page and try again."},
  },
};

// Where the component may be, and which origins its pages may have.

const TRUSTED = "cardlogin:trusted"; // the port at which this browser has trusted the component's certificate before
const isPort = (port) => Number.isInteger(port) && port > 0 && port < 65536;

// Where the component may be: over TLS, and over plain HTTP for browsers that do not trust its certificate. That is asked
// for at the very ports that have refused TLS, so that a program that has taken the plain port and waits there gets
// nothing; and never where TLS has worked before, unless whoever asks only looks and tells nothing. The port that has
// worked comes first: a click counts for that one only.
function addresses(all, httpPort, looks) {
  // Only numbers become part of an address: a text could name another host.
  const ports = all.filter(isPort);
  const trusted = trustedPort();
  ports.sort((one, other) => (other === trusted) - (one === trusted));
  const toPlain = (looks || trusted === undefined) && isPort(httpPort);
  const plain = toPlain ? ports.map((port) => `http://localhost:${port}`) : [];
  return { origins: ports.map((port) => `https://localhost:${port}`), plain, httpPort };
}

function trustedPort() {
  try {
    return Number(localStorage.getItem(TRUSTED) ?? undefined) || undefined;
  } catch {
    return undefined; // a page that can keep nothing
  }
}

function rememberTrust(origin) {
  try {
    if (origin.startsWith("https:")) localStorage.setItem(TRUSTED, new URL(origin).port);
  } catch {
    // As above.
  }
}

// The component's pages are under a name that it makes up, so that nobody can have prepared their origin. Over TLS the
// certificate says who it is, and a browser that asks the system for names may not find that one.
function speaksFor(address, origin, httpPort) {
  const { port } = new URL(address);
  const isOwn = (scheme, at) => new RegExp(`^${scheme}://[0-9a-f]{32}\\.localhost:${at}$`).test(origin);
  const secure = origin === `https://localhost:${port}` || isOwn("https", port);
  return secure || (address.startsWith("http:") && isOwn("http", httpPort));
}

/** How browsers call the permission to reach this computer, the newer name first. */
const PERMISSIONS = ["loopback-network", "local-network-access"];

/** Pages that come from this computer are exempt from Local Network Access. */
const onLoopback = () => ["localhost", "127.0.0.1", "[::1]"].includes(window.location.hostname);

/** Whether the opener policy of a page of this site, as its server sends it, cuts popups off. */
async function cutsOpeners(address) {
  try {
    const { headers } = await fetch(address, { method: "HEAD", cache: "no-store" });
    return /^same-origin(?!-allow)/.test(headers.get("Cross-Origin-Opener-Policy") ?? "");
  } catch {
    return false;
  }
}

// Asks the card log-in component on this computer for a token: by fetch where the browser allows it, by a popup where it
// does not, and by leaving the page and coming back where the page's opener policy cuts popups off.


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
class CardLoginError extends Error {
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
async function authenticate({
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
function unfinishedNavigation() {
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
async function completeNavigation({ token, failure: refused, state }) {
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
return Object.freeze({ CardLoginError, authenticate, unfinishedNavigation, completeNavigation });
})();
