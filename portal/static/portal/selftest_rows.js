// The rows of the self-test: what was found of each check, and the first fault in a large box.

const MARKS = { ok: "✓", warn: "!", fail: "✗", skip: "–", wait: "…" };
const SIGNS = Object.keys(MARKS);
export const DATA = JSON.parse(document.getElementById("selftest-data").textContent);
export const WORDS = DATA.words;
export const element = (id) => document.getElementById(id);
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
export const rows = () => [...element("rows").children];
export const rowOf = (check) => document.querySelector(`[data-check="${check}"]`);
const MANUAL = element("selftest").dataset.manualUrl;
const results = new Map(); // by the name of the check

/** What a code says in the language of the page, as a result. */
export function found(code, facts = []) {
  const { sign, meaning, steps } = DATA.codes[code] ?? DATA.codes.answer_malformed;
  return { sign, code, meaning, steps, facts };
}

export const good = (facts = []) => ({ sign: "ok", code: "", meaning: "", steps: [], facts });
export const left = () => ({ ...good(), sign: "skip" });
const waiting = () => ({ ...good(), sign: "wait" });

export function showWaiting(check) {
  results.delete(check);
  show(rowOf(check), waiting());
}

export function showResult(check, result) {
  results.set(check, result);
  const row = rowOf(check);
  show(row, result);
  row.querySelector(".act button").hidden = false;
  showCause();
}

function show(row, result) {
  for (const part of [row, row.querySelector(".sign")]) {
    part.classList.remove(...SIGNS);
    part.classList.add(result.sign);
  }
  row.querySelector(".mark").textContent = MARKS[result.sign];
  row.querySelector(".word").textContent = WORDS[result.sign];
  row.querySelector(".pin").hidden = !DATA.pin.includes(result.code);
  tell(row, result);
  row.querySelector(".found").replaceChildren(...listOf(result.facts));
}

// Meaning, steps and code, in a row or in the large box.
function tell(place, { meaning, steps, code }) {
  place.querySelector(".meaning").textContent = meaning;
  const list = document.createElement("ol");
  list.className = "steps";
  list.append(...steps.map((step) => make("li", step)));
  place.querySelector(".remedy").replaceChildren(...(steps.length > 0 ? [list] : []));
  const line = place.querySelector(".code");
  const link = line.querySelector("a");
  line.hidden = code === "";
  link.querySelector("code").textContent = code;
  if (DATA.known.includes(code)) link.href = `${MANUAL}#${code}`;
  else link.removeAttribute("href");
}

function listOf(facts) {
  if (facts.length === 0) return [];
  const list = make("dl", "");
  list.className = "facts";
  for (const [name, value] of facts) {
    const pair = make("div", "");
    pair.append(make("dt", name), make("dd", value));
    list.append(pair);
  }
  return [list];
}

function make(name, text) {
  const part = document.createElement(name);
  part.textContent = text;
  return part;
}

const inOrder = () => [...rows(), rowOf("account")];

// The first fault is the cause once all before it is known.
function showCause() {
  const first = inOrder().find((row) => ["fail", "wait"].some((sign) => row.classList.contains(sign)));
  const known = first?.classList.contains("fail") ?? false;
  element("cause").hidden = !known;
  if (!known) return;
  tell(element("cause"), results.get(first.dataset.check));
  element("cause").querySelector(".check").textContent = first.querySelector("h3").textContent;
}

/** How many of the results have a sign. */
export const count = (sign) => [...results.values()].filter((result) => result.sign === sign).length;
