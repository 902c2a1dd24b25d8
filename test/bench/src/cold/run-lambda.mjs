// Calls a function once, as AWS does in a new process, and prints its answer and how long after the start of the process it came.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [file, eventFile] = process.argv.slice(2);
const { handler } = await import(pathToFileURL(file));
const { statusCode } = await handler(JSON.parse(readFileSync(eventFile, 'utf8')));
console.log(JSON.stringify({ status: statusCode, ms: performance.now() }));
process.exit();
