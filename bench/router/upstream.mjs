// What all routers stand before: answers each request with the same 1 KB. Prints its port.
import { createServer } from 'node:http';

const body = Buffer.alloc(1_024, 'x');
const head = { 'content-type': 'text/plain', 'content-length': String(body.length) };

const server = createServer((_request, response) => {
  response.writeHead(200, head);
  response.end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
