// Between a page written for the old component and us: one message to it, one from it, one answer (hipki.md, 1.10).
const WIDTH = 230;
const HEIGHT = 250;
// What a page may ask for: our text, whom we ask, and the name of the answer.
const FUNCTIONS = new Map([
  ["MakeSignature", ["signing", "/sign", "sign"]],
  ["GetUserCert", ["certificates", "/pkcs11info?withcert=true", "pkcs11info"]],
  ["CheckEnvir", ["readers", "/pkcs11info", "pkcs11info"]],
  ["DecryptData", ["decrypting", "/decrypt", "decrypt"]],
]);
const opener = window.opener;
let caller = null;
let leaves = false;

function routeOf(text) {
  const func = funcOf(text);
  return FUNCTIONS.get(func) ?? ["other", "/CardManagement/sendCardCommand", func];
}

// What a page gets when nobody answers us; some count the readers before they look for an error (hipki.md, 1.3).
function noAnswer(func) {
  const readers = func === "pkcs11info" ? { slots: [] } : {};
  return JSON.stringify({ ...JSON.parse(meta("no-answer")), func, ...readers });
}

// As the daemon reads it: JSON, or what is JSON once it has been decoded.
function funcOf(text) {
  for (const read of [String, decodeURIComponent]) {
    try {
      return String(JSON.parse(read(text)).func);
    } catch {
      // We ask all the same, and the daemon says what is wrong with it.
    }
  }
  return "";
}

// The text goes on as it is; the daemon decodes it. Null: this window is being left, so nobody is to be answered.
async function answerTo(text, path, func) {
  try {
    const answer = await fetch(meta("prefix") + path, {
      method: "POST",
      headers: {
        "content-type": "text/plain;charset=UTF-8",
        "x-cardlogin-page": meta("page-token"),
        "x-cardlogin-origin": caller,
        "x-cardlogin-language": language,
      },
      body: `tbsPackage=${text}`,
    });
    return answer.ok ? await answer.text() : noAnswer(func);
  } catch {
    // Firefox ends our request before it takes us away; the page that comes here instead asks for itself.
    return leaves ? null : noAnswer(func);
  }
}

async function serve(text) {
  const [name, path, func] = routeOf(text);
  await actOfAPerson();
  say("state", texts[name]);
  say("remedy", texts.look);
  const answer = await answerTo(text, path, func);
  if (answer === null) return;
  opener.postMessage(answer, caller);
  window.close();
}

function receive(event) {
  if (event.source !== opener || typeof event.data !== "string" || caller !== null) return;
  caller = event.origin;
  if (caller === "null") return refuse({ meaning: texts.nameless, remedy: texts.go_back });
  sayAsked(caller);
  serve(event.data);
}

if (opener === null) {
  refuse({ meaning: texts.stranger, remedy: texts.tell });
} else {
  window.addEventListener("message", receive);
  // A portal that opens its window again, under the same name, has another page put in our place.
  window.addEventListener("beforeunload", () => {
    leaves = true;
  });
  // Holds nothing secret, so any opener may see it.
  opener.postMessage(JSON.stringify({ func: meta("greeting") }), "*");
  if (meta("resized") === "true") window.resizeTo(WIDTH, HEIGHT);
}
