// What the popup and the page of the navigation share.
const element = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
const abort = new AbortController();

// Shows a line in Chinese and one in English; textContent only, because parts of it come from outside.
function say(id, zh, en) {
  const english = document.createElement("span");
  english.lang = "en";
  english.textContent = en;
  element(id).replaceChildren(document.createTextNode(zh), document.createElement("br"), english);
}

function refuse({ meaning, remedy }) {
  say("state", meaning["zh-Hant"], meaning.en);
  say("remedy", remedy["zh-Hant"], remedy.en);
}

// Asks the daemon that served us; the page token is good once.
async function ask(path, order) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...order, page_token: meta("page-token") }),
    signal: abort.signal,
  });
  return { ok: answer.ok, body: await answer.json() };
}

function sayAsked(origin) {
  element("site").textContent = origin;
  say("state", "請在「憑證登入」視窗核對並輸入 PIN 碼。", "Please look at the CardLogin window and type your PIN there.");
}

function sayUnanswered() {
  if (!abort.signal.aborted) say("state", "憑證登入元件沒有回應。", "CardLogin does not answer.");
}

function refuseStranger(zh, en) {
  refuse({
    meaning: { "zh-Hant": zh, en },
    remedy: {
      "zh-Hant": "請回到登入網頁，再按一次憑證登入。",
      en: "Go back to the log-in page and choose card log-in again.",
    },
  });
}
