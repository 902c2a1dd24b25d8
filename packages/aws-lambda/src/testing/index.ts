export * from '@showpad-webhooks/core/testing';
