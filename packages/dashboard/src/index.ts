export type { AuditAction, AuditLine, DashboardUser } from './audit.ts';
export { createDashboard, type Dashboard } from './create-dashboard.ts';
export type { Authorization, DashboardOptions } from './options.ts';
