// A page written for the old component, in the style that its address asks for (hipki.md, 1.3 to 1.10).
"use strict";
const SERVER = "http://localhost:61161";
const style = JSON.parse(new URLSearchParams(location.search).get("style"));
let clicks = 0;

// What a page tells its person; the test gets it by a request, because looking into a page may count as a click.
function tell(verdict, more) {
  const text = JSON.stringify({ verdict, click: clicks, ...more });
  document.getElementById("end").textContent = text;
  fetch("/said", { method: "POST", body: text });
}

const VALUES = ["tbs", "pin", "nonce", "cipher"];

function written(fields) {
  if (style.encode === "values") {
    const encoded = Object.entries(fields).map(([name, value]) => [
      name,
      VALUES.includes(name) ? encodeURIComponent(value) : value,
    ]);
    return JSON.stringify(Object.fromEntries(encoded));
  }
  const text = JSON.stringify(fields);
  if (style.encode === "whole") return encodeURIComponent(text);
  return style.encode === "plus" ? text.replace(/\+/g, "%2B") : text;
}

// Versions as text, as portals compare them: "1.3.10" would be less than "1.3.4".
const LEAST = { windows: "1.3.4.103328", mac: "1.3.4.13", linux: "1.3.4.3" };

const CHECKS = {
  version: (answer) => Object.values(LEAST).every((least) => answer.serverVersion >= least),
  zero: (answer) => answer.ret_code === 0,
  slots: (answer) => Array.isArray(answer.slots) && answer.slots.length >= 0,
  token: (answer) => answer.slots.some((slot) => slot.token instanceof Object),
  serial: (answer) => /^TP[0-9]{14}$/.test(answer.cardSN),
  // The card is the one that was seen before.
  same: (answer) => window.readers.some((slot) => slot.token?.serialNumber === answer.cardSN),
  func: (answer) => ["sign", "pkcs11info", "decrypt"].includes(answer.func),
  // The subject's last part is its serial number.
  subject: (answer) => {
    const certificates = answer.slots.flatMap((slot) => slot.token?.certs ?? []);
    const [one] = certificates.filter((each) => each.usage === "digitalSignature" && each.label === "cert1");
    const last = one.subjectDN.split(",").pop().split("=");
    return last[0] === "serialNumber" && last[1].length === 16;
  },
};

function judge(text, times) {
  const answer = JSON.parse(text);
  const failed = (style.checks ?? []).find((name) => !CHECKS[name](answer));
  tell(failed ? `refused: ${failed}` : "answered", { text, times });
}

// Which requests this click makes: several requests are for several clicks.
function request(slots) {
  const fields = { ...(Array.isArray(style.request) ? style.request[Math.min(clicks, style.request.length) - 1] : style.request) };
  if (style.chooses !== undefined) fields.slotDescription = slots[style.chooses].slotDescription;
  return fields;
}

function accepts(event, popup) {
  if (style.origin === "none") return true;
  if (style.origin === "source" && event.source !== popup) return false;
  return event.origin === SERVER;
}

// The bridge: a window, one message from it, one to it, the answer.
function ask(address, fields, done) {
  const begun = performance.now();
  const popup = window.open(SERVER + address, style.window ?? "簽章中", "height=200, width=200, left=100, top=20");
  if (popup === null) return tell("popup blocked");
  let timer = setTimeout(() => end("not installed"), style.clock ?? 110000);
  let first = null;
  let polling = null;
  function end(verdict, more) {
    clearTimeout(timer);
    clearInterval(polling);
    window.removeEventListener("message", receive);
    popup.close();
    if (verdict !== null) tell(verdict, more);
  }
  function receive(event) {
    if (!accepts(event, popup)) return;
    if (typeof event.data !== "string") return end("not a text");
    const message = JSON.parse(event.data);
    if (message.func === "getTbs" || message.func === "CMCAtn") {
      first = performance.now() - begun;
      if (!style.keepsClock) clearTimeout(timer);
      popup.postMessage(written(fields), style.target ?? "*");
      if (style.leaves) setTimeout(() => end("left"), style.leaves);
      return;
    }
    end(null);
    done(event.data, { first, whole: performance.now() - begun });
  }
  window.addEventListener("message", receive);
  if (style.polls) {
    polling = setInterval(() => {
      if (popup.closed) setTimeout(() => end("window closed"), 500);
    }, 50);
  }
}

function bitmapText(image) {
  const canvas = document.createElement("canvas");
  canvas.width = 2000;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, 2000, 1);
  let text = "";
  for (let place = 0; place < 8000 && data[place + 2] !== 0; place += 4) {
    text += String.fromCharCode(data[place + 2], data[place + 1], data[place]);
  }
  return text;
}

function canvas(done) {
  const image = new Image();
  image.crossOrigin = "Anonymous";
  const late = style.patience && setTimeout(() => tell("waits"), style.patience);
  image.onload = () => {
    clearTimeout(late);
    done(bitmapText(image));
  };
  image.onerror = () => {
    clearTimeout(late);
    tell("blocked");
  };
  image.src = `${SERVER}/p11Image.bmp?_=${Date.now()}`;
}

async function text(done) {
  try {
    const answer = await fetch(`${SERVER}/p11Image.bmp?${Date.now()}`);
    const raw = new TextDecoder("latin1").decode(await answer.arrayBuffer());
    const end = raw.indexOf("\0", 54);
    done(raw.slice(54, end < 0 || end > 2000 ? 2000 : end));
  } catch {
    tell("blocked");
  }
}

async function direct(done) {
  try {
    const answer = await fetch(`${SERVER}/pkcs11info`, { method: "POST", body: "tbsPackage=" });
    done(await answer.text());
  } catch {
    tell("blocked");
  }
}

const WAYS = { canvas, text, direct };

function go() {
  clicks += 1;
  if (style.way in WAYS) return WAYS[style.way](judge);
  if (style.two) {
    // First which readers there are, then, with the person's next click, the signature.
    if (clicks % 2 === 1) {
      return ask(style.address ?? "/popupForm", { func: "CheckEnvir" }, (found) => {
        window.readers = JSON.parse(found).slots;
        tell("readers", { text: found });
      });
    }
    return ask(style.address ?? "/popupForm", request(window.readers), judge);
  }
  return ask(style.address ?? "/popupForm", request(window.readers ?? []), judge);
}

// The page's offer where the component says that it does not know the site.
function trust() {
  const place = "height=400, width=400, left=100, top=20";
  window.open(`${SERVER}/addDomain?domain=${location.hostname}`, "addDomain", place);
  window.addEventListener("message", function receive(event) {
    const message = JSON.parse(event.data);
    if (event.origin !== SERVER || "func" in message) return;
    window.removeEventListener("message", receive);
    tell(message.ret_code === 0 ? "trusted" : "not trusted", { text: event.data });
  });
}

document.getElementById("go").addEventListener("click", go);
document.getElementById("trust").addEventListener("click", trust);
