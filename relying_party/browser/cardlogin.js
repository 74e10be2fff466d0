// Asks the card log-in program on this computer for a token, by fetch where the browser allows it, else by a popup.

const PORTS = [61171, 61172, 61173];
const PATIENCE = 1500; // ms for one port to answer
const WATCH = 250; // ms between looks at whether the popup is still open
const LAST_WORDS = 500; // ms for an answer that was sent just before the popup closed itself
const LONGEST_ANSWER = 20000; // characters
const TOKEN_FIELDS = ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion"];

const TEXTS = {
  agent_not_found: {
    meaning: {
      "zh-Hant": "找不到憑證登入元件，可能尚未安裝或沒有執行。",
      en: "The card log-in program was not found; it may not be installed or not running.",
    },
    remedy: {
      "zh-Hant": "請安裝或啟動憑證登入元件，再按一次憑證登入。",
      en: "Install or start the card log-in program, then try again.",
    },
  },
  popup_blocked: {
    meaning: { "zh-Hant": "瀏覽器封鎖了登入視窗。", en: "The browser blocked the log-in window." },
    remedy: {
      "zh-Hant": "請在網址列允許本網站開啟彈出式視窗，再按一次憑證登入。",
      en: "Allow pop-ups for this site in the address bar, then try again.",
    },
  },
  page_closed: {
    meaning: {
      "zh-Hant": "登入視窗在完成前關閉了，沒有登入。",
      en: "The log-in window was closed before the log-in was complete.",
    },
    remedy: { "zh-Hant": "需要登入時，請再按一次憑證登入。", en: "Start the card log-in again when you want to log in." },
  },
  answer_malformed: {
    meaning: { "zh-Hant": "收到的回覆不完整或格式不正確。", en: "The answer received is incomplete or malformed." },
    remedy: { "zh-Hant": "請重新整理頁面後再試一次。", en: "Reload the page and try again." },
  },
};

/** Why a log-in did not come about: a stable code, and plain texts (never HTML) in both languages. */
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

const failure = (code, cause) =>
  new CardLoginError(code, { ...TEXTS[code].meaning }, { ...TEXTS[code].remedy }, undefined, cause);

// Opening a window must happen in the click itself, so the permission is asked for ahead and then only looked up.
let mayFetch = false;

async function watchPermission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      const status = await navigator.permissions.query({ name });
      const look = () => (mayFetch = status.state === "granted");
      status.addEventListener("change", look);
      look();
      return;
    } catch {
      // This browser does not know the name.
    }
  }
}
watchPermission();

// Pages that come from this computer are exempt from Local Network Access.
const onLoopback = () => ["localhost", "127.0.0.1", "[::1]"].includes(window.location.hostname);

/** Resolves with {challenge, token}; must be called in the click. Every rejection is a CardLoginError. */
export async function authenticate({ challenge, language = "zh-Hant", ports = PORTS, signal }) {
  if (signal?.aborted) throw failure("page_closed");
  // Only numbers become part of an address: a text could name another host.
  const origins = ports.filter(isPort).map((port) => `https://localhost:${port}`);
  if (origins.length === 0) throw failure("agent_not_found");
  return (mayFetch || onLoopback() ? byFetch : byPopup)({ challenge, language, origins, signal });
}

const isPort = (port) => Number.isInteger(port) && port > 0 && port < 65536;

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

// ---- by fetch

async function byFetch({ challenge, language, origins, signal }) {
  const origin = await findAgent(origins, signal);
  const text = await obtain(challenge);
  if (signal?.aborted) throw failure("page_closed");
  const answer = await send(`${origin}/v1/authenticate`, signal, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ challenge: text, language }),
  });
  if (!answer.ok) throw failureFrom(answer.body);
  return { challenge: text, token: tokenFrom(answer.body) };
}

async function findAgent(origins, signal) {
  for (const origin of origins) {
    try {
      const { ok, body } = await send(`${origin}/v1/hello`, signal, {}, PATIENCE);
      if (ok && body?.service === "cardlogin" && body.protocol === 1) return origin;
    } catch {
      if (signal?.aborted) throw failure("page_closed");
    }
  }
  throw failure("agent_not_found");
}

async function send(url, signal, options, patience) {
  const control = new AbortController();
  const stop = () => control.abort();
  signal?.addEventListener("abort", stop);
  const timer = patience && setTimeout(stop, patience);
  try {
    const fixed = { credentials: "omit", cache: "no-store", redirect: "error", signal: control.signal };
    const response = await fetch(url, { ...options, ...fixed });
    return { ok: response.status === 200, body: parse(await response.text()) };
  } catch (cause) {
    if (cause instanceof CardLoginError) throw cause;
    throw failure(signal?.aborted ? "page_closed" : "agent_not_found", cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function parse(text) {
  if (text.length > LONGEST_ANSWER) throw failure("answer_malformed");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure("answer_malformed", cause);
  }
}

// ---- by popup

function byPopup({ challenge, language, origins, signal }) {
  const address = (origin) => `${origin}/v1/popup`;
  const popup = window.open(address(origins[0]), "_blank", "popup,width=480,height=640");
  if (!popup) return Promise.reject(failure("popup_blocked"));

  return new Promise((resolve, reject) => {
    const text = obtain(challenge);
    let [turn, heard, over] = [0, false, false];
    let patience = setTimeout(next, PATIENCE);
    const watch = setInterval(look, WATCH);
    let lastWords;
    window.addEventListener("message", hear);
    signal?.addEventListener("abort", cancel);
    text.catch((error) => cancel(error));

    function end(settle, value) {
      over = true;
      clearTimeout(patience);
      clearTimeout(lastWords);
      clearInterval(watch);
      window.removeEventListener("message", hear);
      signal?.removeEventListener("abort", cancel);
      settle(value);
    }

    function cancel(reason) {
      if (over) return;
      if (heard) popup.postMessage({ type: "cardlogin:cancel" }, origins[turn]);
      popup.close();
      end(reject, reason instanceof CardLoginError ? reason : failure("page_closed"));
    }

    function next() {
      if (popup.closed) return; // look() says so in a moment
      if (turn + 1 === origins.length) return cancel(failure("agent_not_found"));
      turn += 1;
      popup.location.replace(address(origins[turn]));
      patience = setTimeout(next, PATIENCE);
    }

    function look() {
      if (!popup.closed) return;
      clearInterval(watch);
      clearTimeout(patience);
      lastWords = setTimeout(() => end(reject, failure("page_closed")), LAST_WORDS);
    }

    function hear({ source, origin, data }) {
      if (source !== popup || origin !== origins[turn]) return;
      if (data?.type === "cardlogin:ready") ready(data);
      else if (data?.type === "cardlogin:token") finish(() => tokenFrom(data.token));
      else if (data?.type === "cardlogin:failure") end(reject, failureFrom(data.problem));
    }

    function ready({ protocol }) {
      clearTimeout(patience);
      heard = true;
      if (protocol !== 1) return cancel(failure("answer_malformed"));
      const order = { type: "cardlogin:authenticate", language };
      const post = (value) => over || popup.postMessage({ ...order, challenge: value }, origins[turn]);
      text.then(post, () => {}); // a failure has already ended it above
    }

    async function finish(read) {
      try {
        const token = read();
        end(resolve, { challenge: await text, token });
      } catch (error) {
        end(reject, error);
      }
    }
  });
}

// ---- what the agent answers is checked before anybody uses it

const isField = (value) => typeof value === "string" && value !== "" && value.length <= LONGEST_ANSWER;
const isText = (value) => typeof value === "string" && value !== "" && value.length <= 1000;
const isBoth = (value) => isText(value?.["zh-Hant"]) && isText(value?.en);
const both = (value) => ({ "zh-Hant": value["zh-Hant"], en: value.en });

function tokenFrom(value) {
  const whole = TOKEN_FIELDS.every((name) => isField(value?.[name]));
  if (!whole || Object.keys(value).length !== TOKEN_FIELDS.length) throw failure("answer_malformed");
  return Object.fromEntries(TOKEN_FIELDS.map((name) => [name, value[name]]));
}

function failureFrom(problem) {
  const tries = problem?.tries_left;
  const known = typeof problem?.code === "string" && /^[a-z][a-z_]{1,39}$/.test(problem.code);
  const counted = tries === undefined || tries === null || (Number.isInteger(tries) && tries >= 0 && tries < 100);
  if (!known || !counted || !isBoth(problem.meaning) || !isBoth(problem.remedy)) return failure("answer_malformed");
  return new CardLoginError(problem.code, both(problem.meaning), both(problem.remedy), tries ?? undefined);
}
