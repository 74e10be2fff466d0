// Talks to two sides: to the opener by postMessage, whose origin the browser tells us, and to the daemon that served us.
const opener = window.opener;
const element = (id) => document.getElementById(id);
const abort = new AbortController();
let caller = null;

// Shows a line in Chinese and one in English; textContent only, because parts of it come from outside.
function say(id, zh, en) {
  const english = document.createElement("span");
  english.lang = "en";
  english.textContent = en;
  element(id).replaceChildren(document.createTextNode(zh), document.createElement("br"), english);
}

function leave() {
  abort.abort();
  window.close();
}

async function authenticate({ challenge, language }) {
  const answer = await fetch("/v1/popup/authenticate", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      page_token: document.querySelector("meta[name=page-token]").content,
      origin: caller, challenge: String(challenge), language: String(language ?? "zh-Hant"),
    }),
    signal: abort.signal,
  });
  const body = await answer.json();
  const message = answer.ok ? { type: "cardlogin:token", token: body } : { type: "cardlogin:failure", problem: body };
  opener.postMessage(message, caller);
  window.close();
  // Reached where the browser does not let us close: say how it ended.
  if (answer.ok) say("state", "完成，請關閉此視窗。", "Done, please close this window.");
  else refuse(body.meaning, body.remedy);
}

function refuse(meaning, remedy) {
  say("state", meaning["zh-Hant"], meaning.en);
  say("remedy", remedy["zh-Hant"], remedy.en);
}

function receive(event) {
  if (event.source !== opener || typeof event.data !== "object" || event.data === null) return;
  if (event.data.type === "cardlogin:cancel" && event.origin === caller) leave();
  if (event.data.type !== "cardlogin:authenticate" || caller !== null) return;
  caller = event.origin;
  element("site").textContent = caller;
  say("state", "請在「憑證登入」視窗核對並輸入 PIN 碼。", "Please look at the CardLogin window and type your PIN there.");
  authenticate(event.data).catch(() => {
    if (abort.signal.aborted) return;
    say("state", "憑證登入元件沒有回應。", "CardLogin does not answer.");
  });
}

element("close").addEventListener("click", leave);
if (opener === null) {
  refuse(
    { "zh-Hant": "此視窗應由登入網頁開啟。", en: "This window has to be opened by a log-in page." },
    { "zh-Hant": "請回到登入網頁，再按一次憑證登入。", en: "Go back to the log-in page and choose card log-in again." },
  );
} else {
  window.addEventListener("message", receive);
  // Holds nothing secret, so any opener may see it.
  opener.postMessage({ type: "cardlogin:ready", protocol: 1 }, "*");
  // A page that is gone must not leave a PIN window behind.
  setInterval(() => { if (opener.closed) leave(); }, 300);
}
