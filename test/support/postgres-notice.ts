// Says once per run that the Postgres suites are left out. A global setup of vitest.

export function setup(): void {
  if (process.env.TEST_DATABASE_URL) return
  process.stdout.write('The Postgres suites are not run, because TEST_DATABASE_URL is not set.\n')
}
