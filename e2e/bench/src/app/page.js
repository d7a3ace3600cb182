// Runs in each measured page before its own scripts. Moments are in milliseconds since 1970, which the benchmark compares
// with its own clock on the same machine.
globalThis.bench = (() => {
  const now = () => performance.timeOrigin + performance.now();

  // A task that is posted in an animation frame runs after that frame has been painted.
  const post = (task) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = task;
    port2.postMessage(null);
  };

  // Whether the callbacks of an animation frame run, or what they have caused. What a page changes then is painted with that
  // frame and not with the next one.
  let isInFrame = false;
  const request = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (callback) =>
    request((time) => {
      isInFrame = true;
      post(() => (isInFrame = false));
      callback(time);
    });

  // Calls back once what the page has changed is painted.
  const afterPaint = (callback) => {
    const painted = () => post(() => callback(now()));
    if (isInFrame) painted();
    else requestAnimationFrame(painted);
  };

  // Whether one of the last elements of the list, which may be a marker of its end, contains the text.
  const isLast = (list, text) => {
    let element = list.lastElementChild;
    for (let n = 0; n < 3 && element; n += 1, element = element.previousElementSibling) {
      if (element.textContent.includes(text)) return true;
    }
    return false;
  };

  let painted;
  const keys = [];

  addEventListener(
    "keydown",
    ({ timeStamp }) => afterPaint((end) => keys.push(end - performance.timeOrigin - timeStamp)),
    { capture: true },
  );

  return {
    keys,
    // Observes the list until it ends with the text.
    expect(list, text) {
      painted = new Promise((resolve) => {
        const element = document.querySelector(list);
        const observer = new MutationObserver(() => {
          if (isLast(element, text)) {
            observer.disconnect();
            afterPaint(resolve);
          }
        });
        observer.observe(element, { childList: true, subtree: true, characterData: true });
      });
    },
    // The moment when the expected text was painted.
    painted: () => painted,
    // The times between frames, for a while.
    frames: (duration) =>
      new Promise((resolve) => {
        const start = performance.now();
        const times = [];
        let before = start;
        const frame = (time) => {
          times.push(time - before);
          before = time;
          if (performance.now() - start < duration) requestAnimationFrame(frame);
          else resolve(times.slice(1));
        };
        requestAnimationFrame(frame);
      }),
  };
})();
