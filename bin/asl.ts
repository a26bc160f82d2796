// Runs one case of the ASL conformance suite: JSON on standard input, the outcome on standard output.
import { text } from 'node:stream/consumers';
import { runConformanceCase } from '../lib/local/asl/conformance-case.ts';

process.stdout.write(`${JSON.stringify(await runConformanceCase(JSON.parse(await text(process.stdin))))}\n`);
process.exit(0);
