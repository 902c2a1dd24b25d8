export type { AuditAction, AuditLine, DashboardUser } from './audit.ts';
export { createDashboard, type Dashboard } from './create-dashboard.ts';
export type { DashboardAuthorization, DashboardOptions } from './options.ts';
