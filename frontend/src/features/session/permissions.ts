/** Roles, permissions and scopes in words. The API knows them by code: `calls.read`. */
import { humanize } from '@/ui/format'

const PERMISSIONS: Record<string, string> = {
  'audit.read': 'See the audit log',
  'calls.manage': 'Edit and undo their team’s calls',
  'calls.read': 'See logged calls',
  'calls.configure': 'Change the capacity and the quotas of call lists',
  'calls.write': 'Log calls and snooze customers',
  'company.manage': 'Change company settings',
  'contacts.export': 'Export contact details',
  'contacts.reveal': 'Show contact details',
  'customers.assign': 'Assign customers',
  'customers.export': 'Export customer lists',
  'customers.names': 'See customers’ names',
  'customers.read': 'See customers',
  'enrichment.manage': 'Set what is accepted from directories by rule',
  'enrichment.review': 'Decide on proposals of directories',
  'events.all': 'See events of unknown visitors',
  'events.manage': 'Manage the write keys of sites',
  'events.read': 'See events of customers',
  'events.write': 'Send events',
  'identity.manage': 'Change how records are matched',
  'identity.review': 'Merge and split customers',
  'imports.undo': 'Undo imports',
  'imports.write': 'Import files',
  'keys.manage': 'Manage encryption and API keys',
  'model.read': 'See model accuracy',
  'models.manage': 'Go back to earlier models',
  'privacy.erase': 'Erase personal data',
  'quality.read': 'See imports and rejected lines',
  'runs.read': 'See updates',
  'runs.write': 'Start updates and choose which is shown',
  'sales.annotate': 'Add notes to the sales charts',
  'sales.read': 'See sales and forecasts',
  'segments.movement': 'See movement between segments',
  'segments.read': 'See segments',
  'segments.write': 'Change segment rules',
  'sources.manage': 'Connect sources',
  'sources.read': 'View connected sources',
  'status.read': 'See how the system is running',
  'users.manage': 'Manage users, roles and teams',
  'views.write': 'Save views',
}

const ROLES: Record<string, string> = {
  rep: 'Sales rep',
  manager: 'Sales manager',
  analyst: 'Analyst',
  marketer: 'Marketer',
  steward: 'Data steward',
  admin: 'Administrator',
}

const SCOPES: Record<string, string> = {
  own: 'Their own customers',
  team: 'Their team’s customers',
  all: 'All customers',
}

/** A code without a name of its own is written as words: `reports.read` as "Reports read". */
export const permissionName = (code: string) => PERMISSIONS[code] ?? humanize(code.replaceAll('.', ' '))
export const roleName = (role: string) => ROLES[role] ?? humanize(role)
export const scopeName = (scope: string) => SCOPES[scope] ?? humanize(scope)

/** Codes by the order of their names, as a reader looks for them. */
export function byPermissionName(codes: Iterable<string>): string[] {
  return [...codes].sort((one, other) => permissionName(one).localeCompare(permissionName(other)))
}
