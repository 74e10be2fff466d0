// The report: what may leave this computer, shown before it does; a file, or a form post to the site that asked for it.
const STYLE_OF_FILE = `body { font-family: sans-serif } table { border-collapse: collapse }
th, td { border: 1px solid; padding: .3em; text-align: left } pre { white-space: pre-wrap }`;
let header = null;
let reported = "";

// Exactly what a receiver takes: the values are those that the self-test itself has masked.
function reportOf() {
  const told = inOrder(results.keys()).map((check) => results.get(check));
  const first = reds()[0]?.code ?? "";
  const found = told.map(({ check, sign, code, because, facts }) => (
    { check, sign, code, because, facts: Object.fromEntries(facts.map(({ name, masked }) => [name, masked])) }
  ));
  return { ...header, first, results: found };
}

function showReport() {
  const report = reportOf();
  reported = JSON.stringify(report, null, 1);
  element("json").textContent = reported;
  const preview = element("preview");
  preview.replaceChildren();
  const head = make("dl", null, preview);
  for (const [name, value] of [["made", report.made], ["report_version", report.version], ["installation", report.installation]]) {
    make("dt", texts[name], head);
    make("dd", plain(value), head);
  }
  make("dd", texts.installation_says, head);
  showReported(make("table", null, preview), report.results);
  say("report-state", plain(""));
  element("receiver").hidden = element("send").hidden = origin === "";
  element("report").showModal();
}

function showReported(table, found) {
  const titles = make("tr", null, make("thead", null, table));
  for (const name of ["item", "result", "content"]) make("th", texts[name], titles).scope = "col";
  const body = make("tbody", null, table);
  for (const { check, sign, code, because, facts } of found) {
    const row = make("tr", null, body);
    make("th", titleOf(check), row).scope = "row";
    make("td", fill(plain("{mark} {word}"), { mark: MARKS[sign], word: wordOf(sign) }), row).className = "word";
    const content = make("td", null, row);
    const reason = reasonOf({ because });
    if (code !== "") make("code", plain(code), make("p", null, content));
    if (reason !== null) make("p", reason, content);
    const list = make("dl", null, content);
    list.className = "facts";
    showFacts(list, Object.entries(facts).map(([name, value]) => [nameOf(name), plain(value)]));
  }
}

function save(text, type, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = `cardlogin-report-${header.made.replaceAll(":", "-")}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// The preview as a page of its own, with nothing in it that a browser would run or load.
function pageOfReport() {
  const page = document.implementation.createHTMLDocument(texts.report_title[language]);
  page.documentElement.lang = language;
  const coding = page.createElement("meta");
  coding.setAttribute("charset", "utf-8");
  page.head.prepend(coding);
  const title = page.createElement("h1");
  title.textContent = texts.report_title[language];
  page.body.append(title, page.importNode(element("preview"), true), page.importNode(element("json"), true));
  // As text, because the policy of this page holds for elements of that one as well.
  return `<!DOCTYPE html>\n${page.documentElement.outerHTML.replace("</head>", `<style>${STYLE_OF_FILE}</style></head>`)}`;
}

async function sendReport() {
  say("report-state", texts.sending);
  if (!(await takesAnswers(returnTo))) return say("report-state", texts.unknown);
  if (!element("report").open) return undefined; // closed meanwhile: not wanted any more
  say("report-state", texts.returning);
  return postTo(origin, returnTo, [["report", reported], stateField(asked)]);
}

element("open-report").addEventListener("click", showReport);
element("save-json").addEventListener("click", () => save(reported, "application/json", "json"));
element("save-html").addEventListener("click", () => save(pageOfReport(), "text/html", "html"));
element("close-report").addEventListener("click", () => element("report").close());
element("send").addEventListener("click", sendReport);
