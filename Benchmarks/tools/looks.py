"""From the write of an order to its bar in a browser: looks.py FILE URL COUNT

Adds orders to the file at random moments, one at a time; nobody else may write there. Reads from the page when the number of shown orders changed. Prints p50_ms and p95_ms.
"""

import random
import sys
import time

from browser import Browser

LINE = ('{"branch":"%s","customerAgeGrade":"3040","paymentMethod":"Cash","orders":["Americano"]}\n')
WATCH = """(() => {
  window.changes = [];
  const figures = [...document.querySelectorAll("figure")];
  new MutationObserver((records) => {
    for (const { target } of records) changes.push([Date.now(), target.dataset.branch, +target.dataset.total]);
  }).observe(document.querySelector("main"), { subtree: true, attributeFilter: ["data-total"] });
  return figures.length;
})()"""


def main():
    path, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    times = []
    with Browser() as browser:
        browser.open(url)
        browser.wait("document.getElementById('status')?.dataset.state === 'live'")
        with open(path, "ab") as file:
            file.write((LINE % "sunae").encode())
        browser.wait("document.querySelectorAll('.bar rect').length > 0")
        browser.eval(WATCH)
        for _ in range(count):
            time.sleep(random.uniform(0.3, 0.8))
            branch = random.choice(["jeongja", "seohyeon", "sunae", "migeum"])
            before = len(browser.eval("changes"))
            total = browser.eval(f"+document.querySelector('[data-branch={branch}]').dataset.total")
            written = time.time() * 1000
            with open(path, "ab") as file:
                file.write((LINE % branch).encode())
            browser.wait(f"+document.querySelector('[data-branch={branch}]').dataset.total > {total}")
            changes = [c for c in browser.eval("changes")[before:] if c[1] == branch and c[2] > total]
            if changes:
                times.append(max(0, changes[0][0] - written))
    times.sort()
    print(f"p50_ms={times[len(times) // 2]:.0f} p95_ms={times[int(len(times) * 0.95)]:.0f}")


main()
