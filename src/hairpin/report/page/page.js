"use strict";
for (const button of document.querySelectorAll("button.copy")) {
  const block = button.parentElement.querySelector("pre");
  const said = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(block.textContent);
    } catch {
      // Without a secure context only a selection can be copied.
      const range = document.createRange();
      range.selectNodeContents(block);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
      selection.removeAllRanges();
    }
    button.textContent = "✓ " + said;
    setTimeout(() => { button.textContent = said; }, 1500);
  });
}
