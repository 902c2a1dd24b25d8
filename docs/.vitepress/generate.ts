import { rmSync } from 'node:fs';
import { writeApiReference } from './api-reference.ts';
import { writeCliReference } from './cli-reference.ts';
import { DOCS, GENERATED } from './paths.ts';
import { writeVersions } from './versions.ts';

rmSync(GENERATED, { recursive: true, force: true });
rmSync(`${DOCS}api`, { recursive: true, force: true });
writeCliReference();
writeVersions();
await writeApiReference();
