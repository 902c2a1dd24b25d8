import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { MAJORS, serverOn } from './server.ts';

for (const [major, express] of MAJORS) defineHostileSuite(`express ${major}`, serverOn(express));
