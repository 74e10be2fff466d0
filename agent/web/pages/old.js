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

function routeOf(text) {
  let func = "";
  try {
    func = String(JSON.parse(text).func);
  } catch {
    // We ask all the same, and the daemon says what is wrong with it.
  }
  return FUNCTIONS.get(func) ?? ["other", "/CardManagement/sendCardCommand", func];
}

// What a page gets when nobody answers us; some count the readers before they look for an error (hipki.md, 1.3).
function noAnswer(func) {
  const readers = func === "pkcs11info" ? { slots: [] } : {};
  return JSON.stringify({ ...JSON.parse(meta("no-answer")), func, ...readers });
}

// The text goes on as it is; the daemon decodes it.
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
    return noAnswer(func);
  }
}

async function serve(text) {
  const [name, path, func] = routeOf(text);
  await actOfAPerson();
  say("state", texts[name]);
  say("remedy", texts.look);
  opener.postMessage(await answerTo(text, path, func), caller);
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
  // Holds nothing secret, so any opener may see it.
  opener.postMessage(JSON.stringify({ func: meta("greeting") }), "*");
  if (meta("resized") === "true") window.resizeTo(WIDTH, HEIGHT);
}
