// Talks to two sides: to the opener by postMessage, whose origin the browser tells us, and to the daemon that served us.
// It cannot be cancelled here: that is done in the PIN window, or by closing this one, which our opener sees.
const WIDTH = 420;
const HEIGHT = 260;
// The PIN window in the middle of the screen; we stand left of it, or as far as the screen reaches.
const PIN_WINDOW = 500;
const GAP = 16;
const LOOK = 300; // ms between looks at whether the opener is still there
const SILENCE = 20; // looks without an answer until it is gone
const opener = window.opener;
let caller = null;

// A window that is just opening may not know its outer size yet (Chromium says 0 then).
function stepAside() {
  const frame = (outer, inner) => Math.max(outer - inner, 0);
  const { outerWidth, outerHeight, innerWidth, innerHeight } = window;
  window.resizeTo(WIDTH + frame(outerWidth, innerWidth), HEIGHT + frame(outerHeight, innerHeight));
  const left = (window.screen.availWidth - PIN_WINDOW) / 2 - GAP - Math.max(window.outerWidth, WIDTH);
  window.moveTo((window.screen.availLeft ?? 0) + Math.max(left, 0), window.screenY);
}

function leave() {
  abort.abort();
  window.close();
}

function tell(message) {
  opener.postMessage(message, caller);
  window.close();
}

async function authenticate({ type, ...wish }) {
  const order = { ...wish, language: languageOf(wish.language), origin: caller };
  await actOfAPerson();
  say("state", texts.look);
  const { ok, body } = await ask("/v1/popup/authenticate", order);
  tell(ok ? { type: "cardlogin:token", token: body } : { type: "cardlogin:failure", problem: body });
  // Reached where the browser does not let us close: say how it ended.
  if (ok) say("state", texts.done);
  else refuse(body);
}

function receive(event) {
  if (event.source !== opener || typeof event.data !== "object" || event.data === null) return;
  if (event.data.type === "cardlogin:cancel" && event.origin === caller) leave();
  if (event.data.type !== "cardlogin:authenticate" || caller !== null) return;
  caller = event.origin;
  if (event.ports.length === 1) follow(event.ports[0]);
  sayAsked(caller);
  authenticate(event.data).catch(sayUnanswered);
}

// A page that was loaded anew, or has crashed, leaves its window open: only its silence tells. Counted once it has answered.
function follow(line) {
  let silence = -Infinity;
  line.onmessage = () => {
    silence = 0;
  };
  setInterval(() => {
    if (silence++ >= SILENCE) leave();
    line.postMessage("");
  }, LOOK);
}

async function start() {
  const secure = meta("secure");
  // Over plain HTTP we are needed only as long as the browser does not trust our certificate; it may well do so by now.
  if (secure !== "" && (await isTrusted(secure))) {
    window.location.replace(`${secure}/v1/popup${window.location.hash}`);
    return;
  }
  stepAside();
  window.addEventListener("message", receive);
  // Holds nothing secret, so any opener may see it.
  opener.postMessage({ type: "cardlogin:ready", protocol: 1, port: Number(meta("port")) }, "*");
  // A page that is gone must not leave a PIN window behind.
  setInterval(() => {
    if (opener.closed) leave();
  }, LOOK);
}

if (opener === null) {
  refuseStranger();
  // Opened by a page whose opener policy has cut the tie: that page goes another way, and nobody can close us but we.
  if (window.location.hash === "#opened") window.close();
} else {
  start();
}
