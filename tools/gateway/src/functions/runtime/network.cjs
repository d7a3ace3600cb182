// Redirects connections of a function to AWS hosts to the gateway, so that code that builds the public address of the API
// reaches it, and nothing reaches AWS by accident. Loaded into every Node.js process of a function (`--require`).

'use strict';

const net = require('node:net');

const [host, port] = (process.env.GATEWAY_AWS_ADDRESS ?? '').split(':');
// With --allow-aws, only the services that the gateway emulates are redirected, in any region.
const services = process.env.GATEWAY_AWS_SERVICES?.split(',');

function isAws(name) {
  if (typeof name !== 'string' || !host) return false;
  if (services) {
    const [, service] = /^(.+)\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/i.exec(name) ?? [];
    return services.includes(service?.toLowerCase());
  }
  return /(^|\.)(amazonaws\.com|amazonaws\.com\.cn|aws\.amazon\.com|api\.aws|on\.aws)\.?$/i.test(name);
}

const { connect } = net.Socket.prototype;

// Arguments are (options, callback), (port, host, callback), or an array of the former from `net.connect`.
net.Socket.prototype.connect = function redirectedConnect(...args) {
  const list = Array.isArray(args[0]) ? args[0] : args;
  if (isAws(list[0]?.host)) list[0] = { ...list[0], host, port: Number(port) };
  else if (isAws(list[1])) [list[0], list[1]] = [Number(port), host];
  return connect.apply(this, args);
};
