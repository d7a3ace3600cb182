// The inspector of Node.js, which speaks the Chrome DevTools Protocol.
const inspector = require("node:inspector");
inspector.open(0, "127.0.0.1");
const { port, pathname } = new URL(inspector.url());
console.log(`${port} target=${pathname.slice(1)}`);
setInterval(() => {}, 1000);
