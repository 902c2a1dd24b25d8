// An app that starts slowly, and knows nothing of signals, so that it ends in the middle of its requests.
import { createServer } from 'node:http';

const server = createServer((req, res) => {
  req.resume();
  setTimeout(() => res.end(), 400);
});
setTimeout(() => server.listen(Number(process.env.PORT), '127.0.0.1'), 500);
