// What the pages share that send an answer to the return address of a site, which the fragment of our address names.
const RETURN = "/.well-known/cardlogin-return"; // the one path of a site that takes answers
const PATIENCE_OF_SITE = 10000; // ms for the site to say that it does

function originOf(address) {
  try {
    const { origin } = new URL(address);
    return /^https?:/.test(address) && address === origin + RETURN ? origin : "";
  } catch {
    return "";
  }
}

// A site says itself that it takes answers, and where it redirects, nothing is sent: a form would follow. What is true of
// GET need not be true of POST, so that is tried with nothing in it.
async function takesAnswers(address) {
  try {
    const signal = AbortSignal.timeout(PATIENCE_OF_SITE);
    const fixed = { credentials: "omit", cache: "no-store", redirect: "error", signal };
    const [said, taken] = [await fetch(address, fixed), await fetch(address, { ...fixed, method: "POST" })];
    return said.status === 200 && taken.status === 200 && (await said.json()).cardlogin_return === 1;
  } catch {
    return false;
  }
}

// The site's own text, which it gets back as it was.
const stateField = (asked) => ["state", (asked.get("state") ?? "").slice(0, 1000)];

// Leaves this page by a form post to an address of one origin, and from now on no form of this page reaches another.
function postTo(target, address, fields) {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `form-action ${target}`;
  document.head.append(policy);
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  for (const [name, text] of fields) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = text;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}
