import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { MAJORS, serverOn } from './server.ts';

for (const [major, express] of MAJORS) defineAdapterSuite(`express ${major}`, serverOn(express));
