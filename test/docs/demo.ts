// What the programs of the pages change at the emulators, so that there is something to hear of.

/** The sandbox that a program runs against. */
export const { GATEWAY = 'http://localhost:4000' } = process.env

const KIRA = '/emulators/sila/_emulator/validations/0071fdf8-4fbe-4d94-871b-8376a355aef2'

/** Sila changes its mind about Kira. */
export async function changeKira(change: { status: string; kyc_action?: string }): Promise<void> {
  await control(KIRA, change)
}

export async function control(path: string, body: object): Promise<void> {
  const request = {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  const response = await fetch(`${GATEWAY}${path}`, request)
  if (!response.ok) throw new Error(`the emulator answered ${response.status} to ${path}`)
}
