// A small app to try the hooks on: it takes a moment to start, serves on port 8080, drains and saves when it is asked to.
import { createServer } from 'node:http';

const STARTS_AFTER_MS = 400;
const SAVE_MS = 600;
const port = Number(process.env.PORT ?? 8080);
let draining = false;

const answer = (response, status, text) => {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' });
  response.end(`${text}\n`);
};

const server = createServer((request, response) => {
  switch (`${request.method} ${request.url}`) {
    case 'GET /healthz':
      return draining ? answer(response, 503, 'draining') : answer(response, 200, 'ok');
    case 'POST /admin/drain':
      draining = true;
      return answer(response, 200, 'no new work from now on');
    case 'POST /admin/save':
      return setTimeout(() => answer(response, 200, 'saved'), SAVE_MS);
    default:
      return answer(response, 404, 'there is /healthz, and POST /admin/drain and /admin/save');
  }
});

setTimeout(() => server.listen(port), STARTS_AFTER_MS);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
