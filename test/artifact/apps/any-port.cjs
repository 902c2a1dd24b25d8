// The apps of the READMEs listen on port 3000, which may be in use. This gives them a free port, and tells which.
const { Server } = require('node:net');

const { listen } = Server.prototype;
const servers = [];
Server.prototype.listen = function (...args) {
  servers.push(this);
  this.once('listening', () => {
    if (process.env.TELL_PORT) console.log(`Listening on port ${this.address().port}`);
  });
  const free = (value) => (value === 3000 ? 0 : value?.port === 3000 ? { ...value, port: 0 } : value);
  return listen.apply(this, args.map(free));
};

module.exports = { servers };
