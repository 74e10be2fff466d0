// The old way to log in with a card, in the style of pages written for the component that CardLogin replaces: a popup of
// http://localhost:61161, messages as JSON text, the PIN from a field of the page. docs/migration.md tells how to leave
// it; the new way is login.js. Nothing of this belongs into the browser client.

const COMPONENT = "http://localhost:61161";
const PATIENCE = 3500; // ms until the component's first message; stopped by it, for then a person may be typing
const PINS_USE = /^[!-~]{6,8}$/;

const form = document.getElementById("old-form");
const pin = document.getElementById("old-pin");
const button = document.getElementById("old-login");
const message = document.getElementById("old-message");
let popup = null;
let challenge = null;
let timer = 0;
let watch = 0;

function say(content, code = "") {
  message.className = code ? "message failure" : "message";
  message.setAttribute("role", code ? "alert" : "status");
  if (code) message.dataset.code = code;
  else delete message.dataset.code;
  message.replaceChildren(content);
}

function words(find, number = 0) {
  const every = [...document.getElementById("old-failures").content.children];
  const found = (every.find(find) ?? every.at(-1)).cloneNode(true);
  const slot = found.querySelector('[data-slot="number"]');
  if (slot) slot.textContent = `0x${(number >>> 0).toString(16)}`;
  return found;
}

function end() {
  clearTimeout(timer);
  clearInterval(watch);
  popup?.close();
  popup = null;
  pin.value = "";
  button.disabled = false;
}

function fail(code) {
  end();
  say(words((one) => one.dataset.code === code), code);
}

function failAsAnswered(answer) {
  end();
  const same = (one) => Number(one.dataset.ret) === answer.ret_code;
  const shown = words((one) => same(one) && Number(one.dataset.last ?? answer.last_error) === answer.last_error,
    answer.ret_code);
  say(shown, shown.dataset.code);
}

async function askChallenge() {
  const answer = await fetch(form.dataset.challengeUrl, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
    body: JSON.stringify({ purpose: "login" }),
  });
  const read = await answer.json();
  if (typeof read.challenge !== "string") throw new Error("no challenge");
  return read.challenge;
}

async function sendOrder(to) {
  const text = await challenge;
  form.elements.challenge.value = text;
  if (popup !== to) return;
  // The component decodes once, so that "+", "%" and "&" arrive as they are.
  to.postMessage(
    JSON.stringify({
      func: "MakeSignature",
      signatureType: "PKCS7",
      hashAlgorithm: "SHA256",
      tbs: encodeURIComponent(text),
      tbsEncoding: "NONE",
      nonce: encodeURIComponent(text),
      withCardSN: "true",
      pin: encodeURIComponent(pin.value),
    }),
    COMPONENT,
  );
  pin.value = "";
}

function take(answer) {
  if (answer.ret_code !== 0) return failAsAnswered(answer);
  if (typeof answer.signature !== "string") return fail("old_unreadable");
  end();
  button.disabled = true;
  form.elements.answer.value = answer.signature;
  return form.submit();
}

function heard(event) {
  if (popup === null || event.origin !== COMPONENT || event.source !== popup) return;
  clearTimeout(timer);
  let said;
  try {
    said = JSON.parse(event.data);
  } catch {
    fail("old_unreadable");
    return;
  }
  if (said?.func === "getTbs") sendOrder(popup).catch(() => fail("old_portal_unreachable"));
  else if (said?.func === "sign") take(said);
}

function watchWindow() {
  if (popup === null || !popup.closed) return;
  clearInterval(watch);
  const closed = popup;
  // Its last message may still be on the way.
  setTimeout(() => {
    if (popup === closed) fail("old_window_closed");
  }, 1000);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!PINS_USE.test(pin.value)) {
    const code = "old_pin_length";
    say(words((one) => one.dataset.code === code), code);
    return;
  }
  // Within the press of the button: only then may a page open a window.
  popup = window.open(`${COMPONENT}/popupForm`, "CardLoginOldWay", "height=200, width=200, left=100, top=20");
  if (popup === null) {
    fail("old_window_blocked");
    return;
  }
  challenge = askChallenge();
  challenge.catch(() => fail("old_portal_unreachable"));
  button.disabled = true;
  say(document.getElementById("old-busy").content.cloneNode(true));
  timer = setTimeout(fail, PATIENCE, "old_no_answer");
  watch = setInterval(watchWindow, 500);
});

window.addEventListener("message", heard);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
button.disabled = false;
