// The exit codes of every command.

export const EXIT = {
  OK: 0,
  /** Settings, database, port or provider are not as they must be; the message says what to do. */
  FAILED: 1,
  /** The command line itself is wrong. */
  USAGE: 2,
} as const
