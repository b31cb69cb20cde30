// Sila's settings: what is refused, and what each way to authenticate needs.
import { describe, expect, it } from 'vitest'
import { KEYS } from './ecdsa-vectors.ts'
import { checkSilaSettings, createSilaConfig, SILA_SETTINGS } from './settings.ts'

const accepts = (name: keyof typeof SILA_SETTINGS, value: unknown) =>
  SILA_SETTINGS[name].schema.safeParse(value).success

describe('settings', () => {
  it.each([
    [
      'SILA_BASE_URL',
      ['https://sandbox.silamoney.com/0.2', 'http://127.0.0.1:8080/0.2/'],
      [
        'sandbox',
        'ftp://x',
        'https://a@b.example/0.2',
        'https://b.example/0.2?a',
        'https://b.example/#0.2',
        undefined,
      ],
    ],
    ['SILA_APP_HANDLE', ['demo_app'], ['', ' ', undefined]],
    ['SILA_AUTH', ['token', 'ecdsa', undefined], ['jwt', '']],
    ['SILA_TOKEN_ENCODING', ['unchanged', 'base64', undefined], ['hex']],
    [
      'SILA_PRIVATE_KEY',
      [KEYS.app.privateKey, `0x${KEYS.app.privateKey}`, KEYS.app.privateKey.toUpperCase(), undefined],
      ['', 'abc', '0'.repeat(64), 'f'.repeat(64), `${KEYS.app.privateKey}00`],
    ],
    [
      'SILA_WEBHOOK_SECRET',
      ['a-Secret_of.16~c', 'x'.repeat(200), 'first-secret-of-all, next-secret-of-all,', undefined],
      [
        '',
        ' , ',
        'only-15-letters',
        'with a blank in it',
        'with-a/slash-in-it',
        'with-é-in-the-path',
        'long-enough-secret,short',
      ],
    ],
    ['SILA_APPROVAL_VALIDITY_DAYS', ['1', '3650', 30, undefined], ['0', '3651', '1.5', 'year']],
  ] as const)('%s takes the right and refuses the wrong', (name, right, wrong) => {
    expect(right.filter((value) => !accepts(name, value))).toEqual([])
    expect(wrong.filter((value) => accepts(name, value))).toEqual([])
  })

  it('reads the secrets of the webhook address as a list, and says what is right', () => {
    const { schema } = SILA_SETTINGS.SILA_WEBHOOK_SECRET
    expect(schema.parse(' first-secret-of-all,next-secret-of-all,')).toEqual([
      'first-secret-of-all',
      'next-secret-of-all',
    ])
    expect(schema.safeParse('short').error?.issues[0]?.message).toBe(
      'must be at least 16 characters, each of A-Z a-z 0-9 . _ ~ -',
    )
  })

  it('marks what must never be shown', () => {
    const secrets = Object.entries(SILA_SETTINGS).filter(([, setting]) => setting.secret)
    expect(secrets.map(([name]) => name)).toEqual([
      'SILA_CLIENT_SECRET',
      'SILA_PRIVATE_KEY',
      'SILA_WEBHOOK_SECRET',
    ])
  })

  it('names every variable that the chosen way to authenticate lacks', () => {
    expect(checkSilaSettings({ SILA_AUTH: 'token' })).toEqual([
      'SILA_CLIENT_ID is required when SILA_AUTH is token.',
      'SILA_CLIENT_SECRET is required when SILA_AUTH is token.',
    ])
    expect(checkSilaSettings({ SILA_AUTH: 'ecdsa', SILA_CLIENT_ID: 'a', SILA_CLIENT_SECRET: 'b' })).toEqual([
      'SILA_PRIVATE_KEY is required when SILA_AUTH is ecdsa.',
    ])
    expect(checkSilaSettings({ SILA_CLIENT_ID: 'a', SILA_CLIENT_SECRET: 'b' })).toEqual([])
  })

  it('tolerates a slash at the end of the address', () => {
    const settings = {
      SILA_BASE_URL: 'https://sandbox.silamoney.com/0.2//',
      SILA_APP_HANDLE: 'demo_app',
      // As it was parsed: what is no part of calling is left alone.
      SILA_WEBHOOK_SECRET: ['first-secret-of-all'],
    }
    expect(createSilaConfig(settings)).toMatchObject({
      baseUrl: 'https://sandbox.silamoney.com/0.2',
      approvalValidityDays: 365,
      auth: { kind: 'token', encoding: 'unchanged' },
    })
  })

  it('never quotes a value in what it says is wrong', () => {
    for (const setting of Object.values(SILA_SETTINGS)) {
      const { error } = setting.schema.safeParse('canary value')
      expect(error?.message ?? '').not.toContain('canary')
    }
  })
})
