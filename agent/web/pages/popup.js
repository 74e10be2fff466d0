// Talks to two sides: to the opener by postMessage, whose origin the browser tells us, and to the daemon that served us.
const opener = window.opener;
let caller = null;

function leave() {
  abort.abort();
  window.close();
}

function tell(message) {
  opener.postMessage(message, caller);
  window.close();
}

function cancel() {
  abort.abort();
  if (caller === null) window.close();
  else tell({ type: "cardlogin:failure", problem: JSON.parse(meta("cancelled")) });
}

async function authenticate({ type, ...wish }) {
  const order = { language: "zh-Hant", ...wish, origin: caller };
  const { ok, body } = await ask("/v1/popup/authenticate", order);
  tell(ok ? { type: "cardlogin:token", token: body } : { type: "cardlogin:failure", problem: body });
  // Reached where the browser does not let us close: say how it ended.
  if (ok) say("state", "完成，請關閉此視窗。", "Done, please close this window.");
  else refuse(body);
}

function receive(event) {
  if (event.source !== opener || typeof event.data !== "object" || event.data === null) return;
  if (event.data.type === "cardlogin:cancel" && event.origin === caller) leave();
  if (event.data.type !== "cardlogin:authenticate" || caller !== null) return;
  caller = event.origin;
  sayAsked(caller);
  authenticate(event.data).catch(sayUnanswered);
}

element("close").addEventListener("click", cancel);
if (opener === null) {
  refuseStranger("此視窗應由登入網頁開啟。", "This window has to be opened by a log-in page.");
  // Opened by a page whose opener policy has cut the tie: that page goes another way, and nobody can close us but we.
  if (window.location.hash === "#opened") window.close();
} else {
  window.addEventListener("message", receive);
  // Holds nothing secret, so any opener may see it. The port is where a browser that trusts us would go on.
  opener.postMessage({ type: "cardlogin:ready", protocol: 1, port: Number(meta("tls-port")) }, "*");
  // A page that is gone must not leave a PIN window behind.
  setInterval(() => {
    if (opener.closed) leave();
  }, 300);
}
