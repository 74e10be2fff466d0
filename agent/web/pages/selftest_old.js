// The rows of the old component's test page, which people know by heart, filled from our own checks (hipki.md, 1.9).
const RESULTS = { ok: "V", warn: "V", fail: "X", skip: "–" };
// Which checks a row goes by: the first of them that has failed, else the last that was made.
const ROWS = {
  system: ["system"],
  browser: ["browser", "trust"],
  version: ["version"],
  driver: ["driver"],
  reader: ["service", "reader", "card", "token"],
  signature: ["signature"],
  decryption: ["decryption"],
};
const CERTIFICATES = ["certificates", "validity", "decryption"];
const ENCRYPTS = /encipherment/i;

const lineOf = (checks) => {
  const lines = checks.map((check) => results.get(check)).filter(Boolean);
  return lines.find(({ sign }) => sign === "fail") ?? lines.findLast(({ sign }) => sign !== "skip") ?? lines.at(-1);
};
const factsOf = (checks) => checks.flatMap((check) => results.get(check)?.facts ?? []);
const isNew = (fact, place, all) => all.findIndex(({ name, value }) => name === fact.name && value === fact.value) === place;

function showOldRow(name, sign, parts) {
  const row = element(`old-${name}`);
  const [result, content] = row.querySelectorAll("td");
  row.dataset.result = result.textContent = RESULTS[sign] ?? "–";
  content.replaceChildren();
  for (const text of parts.texts.filter(Boolean)) make("p", text, content);
  if (parts.pairs.length === 0) return;
  const list = make("dl", null, content);
  list.className = "facts";
  showFacts(list, parts.pairs);
}

function showOldCheck(name, checks) {
  const line = lineOf(checks);
  const meaning = line && (saidOf(line, ({ meaning }) => meaning) ?? reasonOf(line));
  const pairs = factsOf(checks).filter(isNew).map((fact) => [nameOf(fact.name), plain(fact.value)]);
  showOldRow(name, line?.sign, { texts: [meaning, name === "version" ? upToDate(line) : null], pairs });
}

// The words by which the old page told that a version is old.
function upToDate(line) {
  const newest = line?.facts.find(({ name }) => name === "newest")?.value;
  if (line === undefined || newest === undefined || line.sign === "skip") return null;
  return line.sign === "ok" ? texts.old_newest : fill(texts.old_update, { newest });
}

// One certificate for each use; a fact of a name that was there already begins the next one.
function certificates() {
  const found = [];
  for (const { name, value } of CERTIFICATES.flatMap((check) => [{ name: "" }, ...factsOf([check])])) {
    if (name === "" || name in found.at(-1)) found.push({});
    if (name !== "") found.at(-1)[name] = value;
  }
  return found.filter(({ holder, serial }) => holder || serial);
}

function showOldCertificate(name, certificate) {
  const { holder, serial, since, until, usage } = certificate ?? {};
  const span = since && until ? fill(texts.old_span, { since, until }) : null;
  const pairs = [
    [texts.old_holder, holder && plain(holder)], [texts.old_serial, serial && plain(serial)],
    [texts.old_validity, span], [texts.old_usage, usage && plain(usage)],
  ].filter(([, value]) => value);
  const missing = certificate === undefined ? lineOf([name === "signing" ? "certificates" : "decryption"]) : undefined;
  const sign = certificate === undefined ? missing?.sign : lineOf(["certificates", "validity"])?.sign;
  const reason = missing && (saidOf(missing, ({ meaning }) => meaning) ?? reasonOf(missing));
  showOldRow(name, sign, { texts: [reason], pairs });
}

function showOld() {
  if (meta("old") !== "true") return;
  for (const [name, checks] of Object.entries(ROWS)) showOldCheck(name, checks);
  const found = certificates();
  showOldCertificate("signing", found.find(({ usage = "" }) => !ENCRYPTS.test(usage)));
  showOldCertificate("encryption", found.find(({ usage = "" }) => ENCRYPTS.test(usage)));
}

if (meta("old") === "true") {
  say("heading", texts.old_heading);
  element("old").hidden = false;
  element("old-try-signature").addEventListener("click", () => tryOut("signature"));
  element("old-again").addEventListener("click", () => run([], ""));
}
