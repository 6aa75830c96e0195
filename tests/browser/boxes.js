// Returns what is wrong with the pictures of a page as the browser has drawn them.
() => {
  const faults = [];
  const middle = box => box.top + box.height / 2;
  for (const svg of document.querySelectorAll("svg.way")) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const labels = [...svg.querySelectorAll("text")].map(each => [each.textContent, each.getBoundingClientRect()]);
    for (const [text, box] of labels) {
      const inside = box.left >= frame.left - 0.5 && box.right <= frame.right + 0.5;
      if (!inside || box.top < frame.top - 0.5 || box.bottom > frame.bottom + 0.5) faults.push("cut off: " + text);
    }
    for (const [number, [text, one]] of labels.entries()) {
      for (const [below, other] of labels.slice(number + 1)) {
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        // A box is as high as the font's tallest letter: those of neighbouring lines may touch by a part of that.
        if (wide > 0 && high > Math.min(one.height, other.height) * 0.25) faults.push("overlap: " + text + " | " + below);
      }
    }
    const drawn = svg.querySelectorAll("g.point > circle, g.point > path.cross");
    const marks = [...drawn].map(each => middle(each.getBoundingClientRect()));
    for (let number = 1; number < marks.length; number++) {
      if (marks[number] < marks[number - 1] - 0.5) faults.push("point " + number + " lies above the one before it");
    }
    const crosses = svg.querySelectorAll("path.cross").length;
    const ends = svg.querySelectorAll("g.point.missed").length;
    if (crosses !== ends || crosses > 1) faults.push(crosses + " red ends");
  }
  return faults;
}
