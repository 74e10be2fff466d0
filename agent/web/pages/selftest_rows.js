// What has been found, one row for each check, in the order in which the first fault is the cause.
const MARKS = { ok: "✓", warn: "!", fail: "✗", skip: "–", wait: "…" };
const SIGNS = Object.keys(MARKS);
const ORDER = meta("checks").split(" ");
// By the name of the check: the last line that told of it, and its row; none while it is waited for.
const results = new Map();
const rows = new Map();

const rank = (check) => (ORDER.includes(check) ? ORDER.indexOf(check) : ORDER.length);
const inOrder = (checks) => [...checks].sort((one, other) => rank(one) - rank(other));
// The same words in every language, and a text with its places filled, each with a text or a value.
const everywhere = (make) => Object.fromEntries(switches.map(({ lang }) => [lang, make(lang)]));
const plain = (value) => everywhere(() => String(value));
const fill = (text, values) =>
  everywhere((lang) => text[lang].replace(/\{(\w+)\}/g, (_, name) => values[name]?.[lang] ?? String(values[name])));
const titleOf = (check) => texts[`check_${check}`] ?? plain(check);
const nameOf = (fact) => texts[`fact_${fact}`] ?? plain(fact);
const wordOf = (sign) => texts[`sign_${sign}`] ?? texts.waiting;

// What a line says in each language; one that is missing is said in another.
function saidOf(line, pick) {
  const [any] = Object.values(line.said);
  return any === undefined ? null : everywhere((lang) => pick(line.said[lang] ?? any));
}

function make(name, text, parent) {
  const part = document.createElement(name);
  if (text !== null) write(part, text);
  parent.append(part);
  return part;
}

function rowOf(check) {
  if (rows.has(check)) return rows.get(check);
  const row = element("row").content.firstElementChild.cloneNode(true);
  row.dataset.check = check;
  write(row.querySelector("h3"), titleOf(check));
  write(row.querySelector(".again"), texts.one_again);
  write(row.querySelector(".unseen"), titleOf(check));
  row.querySelector("button").addEventListener("click", () => runOne(check));
  const next = [...element("rows").children].find((other) => rank(other.dataset.check) > rank(check));
  element("rows").insertBefore(row, next ?? null);
  rows.set(check, row);
  element("rows-title").hidden = false;
  return row;
}

function showSign(row, sign, word) {
  row.classList.remove(...SIGNS);
  row.classList.add(sign);
  row.querySelector(".mark").textContent = MARKS[sign];
  write(row.querySelector(".word"), word);
}

function showWaiting(check) {
  results.delete(check);
  const row = rowOf(check);
  showSign(row, "wait", texts.waiting);
  empty(row);
}

// A check that the run has not come to.
function showMissing(check) {
  showSign(rowOf(check), "skip", wordOf("skip"));
}

function empty(row) {
  write(row.querySelector(".meaning"), plain(""));
  for (const part of row.querySelectorAll(".steps, .facts")) part.replaceChildren();
  write(row.querySelector(".seconds"), plain(""));
}

function showResult(line) {
  results.set(line.check, line);
  const row = rowOf(line.check);
  showSign(row, line.sign, wordOf(line.sign));
  empty(row);
  const meaning = saidOf(line, ({ meaning }) => meaning) ?? reasonOf(line);
  if (meaning !== null) write(row.querySelector(".meaning"), meaning);
  showSteps(row.querySelector(".steps"), line);
  showFacts(row.querySelector(".facts"), line.facts.map(({ name, value }) => [nameOf(name), plain(value)]));
  if (line.sign !== "skip") write(row.querySelector(".seconds"), fill(texts.taken, { n: line.seconds.toFixed(1) }));
}

// Why a check was not made.
function reasonOf({ because }) {
  if (because === "") return null;
  return texts[`because_${because}`] ?? fill(texts.because, { check: titleOf(because) });
}

function showSteps(place, line) {
  place.replaceChildren();
  const counts = Object.values(line.said).map(({ steps }) => steps.length);
  if (counts.length === 0) return;
  const list = make("ol", null, place);
  for (let step = 0; step < Math.max(...counts); step++) make("li", saidOf(line, ({ steps }) => steps[step] ?? ""), list);
  const picture = [...element("pictures").content.children].find(({ dataset }) => dataset.picture === line.picture);
  if (picture !== undefined) place.append(picture.cloneNode(true));
}

// Pairs of a name and a value, each a text.
function showFacts(list, pairs) {
  list.replaceChildren();
  for (const [name, value] of pairs) {
    const pair = make("div", null, list);
    make("dt", name, pair);
    make("dd", value, pair);
  }
}

const reds = () => inOrder(results.keys()).map((check) => results.get(check)).filter(({ sign }) => sign === "fail");

// The first fault is the cause once everything before it has been found out.
function showCause() {
  const [first] = reds();
  const early = inOrder(rows.keys()).find((check) => rows.get(check).classList.contains("wait"));
  const known = first !== undefined && (early === undefined || rank(early) > rank(first.check));
  element("cause").hidden = !known;
  if (!known) return;
  write(element("cause-meaning"), saidOf(first, ({ meaning }) => meaning) ?? titleOf(first.check));
  showSteps(element("cause-steps"), first);
  write(element("cause-check"), titleOf(first.check));
  element("cause-code").textContent = first.code;
}
