// Copy, print and download of codes that are shown once. They stay on the page: nothing is stored and nothing is sent.

const NEWLINE = "\r\n"; // the file is opened by every system's simplest editor

for (const tools of document.querySelectorAll("[data-keep]")) {
  const codes = [...document.getElementById(tools.dataset.keep).querySelectorAll("code")];
  const said = tools.querySelector("[role=status]");
  const text = () => codes.map((code) => code.textContent).join(NEWLINE);
  const say = (which) => (said.textContent = said.dataset[which]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      say("copied");
    } catch {
      getSelection().setBaseAndExtent(codes[0], 0, codes.at(-1), codes.at(-1).childNodes.length);
      say("selected");
    }
  };

  const download = () => {
    const lines = [tools.dataset.heading, window.location.origin, "", text(), ""];
    const address = URL.createObjectURL(new Blob([lines.join(NEWLINE)], { type: "text/plain;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = tools.dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  const doing = { copy, print: () => window.print(), download };
  for (const button of tools.querySelectorAll("button")) button.addEventListener("click", doing[button.dataset.do]);
  tools.hidden = false;
}
