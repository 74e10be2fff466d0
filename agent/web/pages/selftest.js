// Has the daemon run the checks when a person clicks, and shows what comes, line by line (NDJSON).
// Read from the fragment, which any page may have written: who gets the report, and what that page has seen of itself.
const asked = new URLSearchParams(window.location.hash.slice(1));
const returnTo = asked.get("return_to") ?? "";
const origin = originOf(returnTo);
const STATES = ["granted", "denied", "prompt"];
const BETWEEN = 1000; // ms between two announcements of how far the run is
let pageToken = meta("page-token");
let running = false;

// By the words in which browsers call themselves; the more special ones first.
const KINDS = [["edge", /\bEdgA?\/(\d+)/], ["chromium", /(?:Chrome|CriOS)\/(\d+)/], ["firefox", /\b(?:Firefox|FxiOS)\/(\d+)/], ["safari", /\bVersion\/(\d+)\S* .*Safari\//]];

function browserOf(agent) {
  for (const [kind, form] of KINDS) {
    const found = form.exec(agent);
    if (found !== null) return { kind, version: Number(found[1]) };
  }
  return { kind: "other", version: 0 };
}

// What the portal's page has seen: nothing where it is in another form.
function seen() {
  let said = null;
  try {
    said = JSON.parse(asked.get("seen"));
  } catch {
    // As if it had said nothing.
  }
  return {
    network_access: STATES.includes(said?.network_access) ? said.network_access : "unknown",
    popups: typeof said?.popups === "boolean" ? said.popups : null,
  };
}

async function browser() {
  const secure = meta("secure");
  const trusts = secure === "" || (await isTrusted(secure));
  return { ...browserOf(navigator.userAgent), trusts, ...seen() };
}

async function* linesOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const parts = (rest + decoder.decode(value, { stream: !done })).split("\n");
    rest = parts.pop();
    yield* parts.map((part) => JSON.parse(part));
    if (done) return;
  }
}

function post(order) {
  return fetch("/selftest/run", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(order),
  });
}

async function run(checks, trial) {
  if (running) return;
  begin();
  try {
    const order = { language, portal: origin, checks, trial, browser: await browser() };
    const answer = await post({ ...order, page_token: pageToken });
    if (answer.ok) await follow(answer.body, trial);
    else refuse(await answer.json());
  } catch {
    refuse({ meaning: texts.unanswered, remedy: texts.restart });
  } finally {
    end();
  }
}

function refuse({ meaning, remedy }) {
  say("state", meaning);
  say("remedy", remedy);
}

async function follow(body, trial) {
  const progress = new Progress(trial);
  let ended = false;
  for await (const line of linesOf(body)) {
    if (line.kind === "token") pageToken = line.page_token;
    else if (line.kind === "begin") progress.begin(line.checks);
    else if (line.kind === "check") progress.take(line);
    else if (line.kind === "end") [header, ended] = [line.header, true];
    showCause();
    showOld();
  }
  progress.end();
  if (!ended) return say("state", texts.broken);
  return summarise();
}

// How far a run is, and how that is told: at most once in a while, because each time is read out.
class Progress {
  constructor(trial) {
    this.trial = trial;
    this.waiting = new Set();
    this.total = 0;
    this.told = -Infinity;
  }

  begin(checks) {
    this.total = checks.length;
    this.waiting = new Set(checks);
    for (const check of checks) showWaiting(check);
    this.show();
  }

  take(line) {
    this.waiting.delete(line.check);
    showResult(line);
    this.show();
  }

  show() {
    const bar = element("progress");
    [bar.hidden, bar.max, bar.value] = [false, Math.max(this.total, 1), this.total - this.waiting.size];
    const asksPin = this.waiting.size === 1 && this.waiting.has(this.trial);
    if (asksPin) say("state", texts.look);
    else if (performance.now() - this.told >= BETWEEN) {
      this.told = performance.now();
      say("state", fill(texts.progress, { n: this.total - this.waiting.size, m: this.total }));
    }
  }

  end() {
    for (const check of this.waiting) showMissing(check);
    element("progress").hidden = true;
  }
}

function summarise() {
  const count = (wanted) => [...results.values()].filter(({ sign }) => sign === wanted).length;
  const [faults, notes] = [count("fail"), count("warn")];
  element("state").classList.toggle("good", faults === 0);
  if (faults > 0) say("state", fill(texts.faults, { n: faults }));
  else say("state", notes > 0 ? fill(texts.with_notes, { n: notes }) : texts.all_good);
}

// Pressing is passed over while a run is under way; a button that cannot be pressed at all would lose the focus.
const runners = () => document.querySelectorAll("#start, #try-signature, #try-decryption, #open-report, #old button, .act button");

function begin() {
  running = true;
  element("state").classList.remove("good");
  for (const id of ["state", "remedy"]) say(id, plain(""));
  for (const button of runners()) button.setAttribute("aria-disabled", "true");
}

function end() {
  running = false;
  for (const button of runners()) button.removeAttribute("aria-disabled");
  if (header === null) return;
  say("start", texts.again);
  for (const id of ["try-signature", "try-decryption", "open-report", "print"]) element(id).hidden = false;
}

const TRIALS = ["signature", "decryption"];
const runOne = (check) => run([check], TRIALS.includes(check) ? check : "");
// On a page that knows nothing yet, everything that a trial rests on is looked at as well.
const tryOut = (trial) => run(results.size === 0 ? [] : [trial], trial);

function receivePerson() {
  const wished = asked.get("language");
  if (!chosen && switches.some((button) => button.lang === wished)) speak(wished);
  element("to-status").hidden = meta("secure") !== ""; // the status is served over TLS, which may not be trusted here
  if (origin === "") return;
  element("sent").hidden = false;
  for (const id of ["site", "receiver-site"]) element(id).textContent = origin;
}

element("start").addEventListener("click", () => run([], ""));
element("try-signature").addEventListener("click", () => tryOut("signature"));
element("try-decryption").addEventListener("click", () => tryOut("decryption"));
element("print").addEventListener("click", () => window.print());
receivePerson();
